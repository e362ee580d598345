import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runToEnd, type Ended } from "./shell.js";

/** Where a server is, and the one key by which it proves that it is this server. */
export interface Login {
  readonly name: string;
  /** Address that administrators reach it at. */
  readonly address: string;
  /** Public key as in known_hosts: "ssh-ed25519 AAAA…"; two lines while it changes. */
  readonly hostKey: string;
}

/** How this side reaches servers. */
export interface SshProps {
  /** Words before `ssh`, to run it elsewhere. @default - none */
  readonly through?: readonly string[];
  /** File of the private key. @default - what ssh finds: the agent's keys, those in ~/.ssh */
  readonly identityFile?: string;
}

/** What a command on a server may be told. */
export interface RemoteProps {
  /** Seconds after which it is ended, there and here. @default 30 */
  readonly timeoutSeconds?: number;
  /** @default - nothing */
  readonly input?: string;
}

/** Exit code of ssh when it did not get as far as the command. */
const notReached = 255;

/** The words of a command as one text that a shell takes for the same words. */
const quoted = (words: readonly string[]): string =>
  words.map((word) => (/^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)).join(" ");

/**
 * OpenSSH as root. A server is believed by its host key alone, which is known beforehand: one that shows another key is refused, and
 * nothing is ever learned from a first login.
 */
export class Ssh {
  private readonly folder = mkdtempSync(join(tmpdir(), "ops-"));

  constructor(
    logins: readonly Login[],
    private readonly props: SshProps = {},
  ) {
    this.know(logins);
    process.on("exit", () => rmSync(this.folder, { recursive: true, force: true }));
  }

  /** From now on servers are believed by these keys, and by no others. */
  know(logins: readonly Pick<Login, "name" | "hostKey">[]): void {
    const lines = logins.flatMap(({ name, hostKey }) => hostKey.split("\n").map((key) => `${name} ${key}\n`));
    writeFileSync(this.knownHosts, lines.join(""));
  }

  /** Runs a command on a server to its end. @returns exit code 255 when the server was not reached, see `stderr` */
  async tryRun(
    login: Login,
    command: readonly string[],
    { timeoutSeconds = 30, input }: RemoteProps = {},
  ): Promise<Ended & { readonly reached: boolean }> {
    // Ended from here only, ssh would end and not the command.
    const words = quoted(["timeout", "--kill-after=5", `${timeoutSeconds}`, ...command]);
    const ended = await runToEnd(this.command(login, words), { timeoutSeconds: timeoutSeconds + 15, input });
    return { ...ended, reached: ended.exitCode !== notReached && ended.exitCode !== undefined };
  }

  /** Runs a command on a server. @returns its output @throws when it fails; shows the command and its standard error */
  async run(login: Login, command: readonly string[], props: RemoteProps = {}): Promise<string> {
    const { ok, exitCode, stdout, stderr } = await this.tryRun(login, command, props);
    if (ok) return stdout;
    const words = [stderr, stdout].filter((text) => text !== "").join("\n");
    throw new Error(`${login.name}: ${quoted(command.slice(0, 6))} ended with ${exitCode ?? "nothing"}\n${words}`);
  }

  private get knownHosts(): string {
    return join(this.folder, "known_hosts");
  }

  private command({ name, address }: Login, words: string): [string, ...string[]] {
    const { through = [], identityFile } = this.props;
    const options = [
      "BatchMode=yes",
      "StrictHostKeyChecking=yes",
      `UserKnownHostsFile=${this.knownHosts}`,
      "GlobalKnownHostsFile=/dev/null",
      "HostKeyAlgorithms=ssh-ed25519",
      `HostKeyAlias=${name}`,
      "UpdateHostKeys=no",
      "ConnectTimeout=5",
      "ServerAliveInterval=5",
      "ServerAliveCountMax=3",
      "LogLevel=ERROR",
      ...(identityFile === undefined ? [] : [`IdentityFile=${identityFile}`, "IdentitiesOnly=yes"]),
    ];
    // The user's own settings must not weaken these.
    const ssh = ["ssh", "-F", "/dev/null", ...options.flatMap((option) => ["-o", option]), `root@${address}`, words];
    return [...through, ...ssh] as [string, ...string[]];
  }
}
