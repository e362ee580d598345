import { cleanEnvironment } from "./system/overlay.js";
import { namespaceOf } from "./layout.js";
import { client } from "./network/addresses.js";
import { run, tryRun, type RunOptions, type RunResult } from "./system/shell.js";

/** An external visitor: runs commands with the client's network, the lab's name server and the lab's certificate authority. */
export class Visitor {
  constructor(private readonly trustedCa: string) {}

  /** Runs `curl` with these arguments and prints only errors. @throws if curl fails (add `--fail` for HTTP errors) */
  curl(...args: readonly string[]): Promise<string> {
    return run(...this.command("curl", this.curlArgs(args)));
  }

  /** Runs `curl` and returns its result even if it fails. */
  tryCurl(...args: readonly string[]): Promise<RunResult> {
    return tryRun(...this.command("curl", this.curlArgs(args)));
  }

  /** Command that runs `curl` with these arguments from this host. */
  curlCommand(...args: readonly string[]): [string, ...string[]] {
    const [program, words] = this.command("curl", this.curlArgs(args));
    return [program, ...words];
  }

  /** Runs any program of this host with the visitor's network. */
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
