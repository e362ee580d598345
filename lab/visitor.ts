import { cleanEnvironment } from "./system/overlay.js";
import { namespaceOf } from "./layout.js";
import { client } from "./network/addresses.js";
import { run, tryRun, type RunOptions, type RunResult } from "./system/shell.js";

/**
 * An external visitor. The methods run commands of this host with the client's network, the lab's name server and the lab's certificate
 * authority.
 */
export class Visitor {
  constructor(private readonly trustedCa: string) {}

  /**
   * Runs `curl` with these arguments and returns the output. @throws if curl fails; with `--fail`, also if the response is an HTTP error
   */
  curl(...args: readonly string[]): Promise<string> {
    return run(...this.command("curl", this.curlArgs(args)));
  }

  /** Runs `curl` and returns the result even if curl fails. */
  tryCurl(...args: readonly string[]): Promise<RunResult> {
    return tryRun(...this.command("curl", this.curlArgs(args)));
  }

  /** Returns the command that runs `curl` with these arguments as the visitor. */
  curlCommand(...args: readonly string[]): [string, ...string[]] {
    const [program, words] = this.command("curl", this.curlArgs(args));
    return [program, ...words];
  }

  /** Runs a program of this host with the visitor's network and returns the result even if the program fails. */
  tryExec(program: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
    return tryRun(...this.command(program, args), options);
  }

  private curlArgs(args: readonly string[]): string[] {
    return ["--silent", "--show-error", "--max-time", "30", "--cacert", this.trustedCa, ...args];
  }

  private command(program: string, args: readonly string[]): [string, string[]] {
    return ["ip", ["netns", "exec", namespaceOf(client.name), "env", "-i", ...cleanEnvironment, program, ...args]];
  }
}
