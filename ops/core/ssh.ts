import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runToEnd, type Ended } from "./shell.js";

/** Address and host key of a server. SSH trusts no other key. */
export interface Login {
  readonly name: string;
  /** Address for administrators. */
  readonly address: string;
  /** Public key as in known_hosts: "ssh-ed25519 AAAA…"; two lines during a rotation. */
  readonly hostKey: string;
}

/** Options of the connection to servers. */
export interface SshProps {
  /** Words before `ssh` in the command line, for example to run it in a network namespace. @default - none */
  readonly through?: readonly string[];
  /** File with the private key. @default - keys that ssh finds: the agent's, and those in ~/.ssh */
  readonly identityFile?: string;
}

/** Options of a command on a server. */
export interface RemoteProps {
  /** Time limit of the command in seconds, on the server and on this machine. @default 30 */
  readonly timeoutSeconds?: number;
  /** @default - none */
  readonly input?: string;
}

/** Exit code of ssh if it could not run the command. */
const notReached = 255;

/** Quotes the words of a command, so that a shell reads the same words. */
const quoted = (words: readonly string[]): string =>
  words.map((word) => (/^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)).join(" ");

/**
 * Runs commands on servers as root, with OpenSSH. It trusts a server only if the server has the known host key. It rejects any other key,
 * also at the first connection.
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

  /** Replaces the trusted host keys of all servers. */
  know(logins: readonly Pick<Login, "name" | "hostKey">[]): void {
    const lines = logins.flatMap(({ name, hostKey }) => hostKey.split("\n").map((key) => `${name} ${key}\n`));
    writeFileSync(this.knownHosts, lines.join(""));
  }

  /** Runs a command on a server, and returns when it has ended. @returns exit code 255 and a reason in `stderr` if the connection failed */
  async tryRun(
    login: Login,
    command: readonly string[],
    { timeoutSeconds = 30, input }: RemoteProps = {},
  ): Promise<Ended & { readonly reached: boolean }> {
    // A time limit only on this machine would end ssh, but not the command on the server.
    const words = quoted(["timeout", "--kill-after=5", `${timeoutSeconds}`, ...command]);
    const ended = await runToEnd(this.command(login, words), { timeoutSeconds: timeoutSeconds + 15, input });
    return { ...ended, reached: ended.exitCode !== notReached && ended.exitCode !== undefined };
  }

  /**
   * Runs a command on a server. @returns the output of the command @throws Error with the command and its standard error, if the command
   * fails
   */
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
    // Personal settings of the user must not weaken these options.
    const ssh = ["ssh", "-F", "/dev/null", ...options.flatMap((option) => ["-o", option]), `root@${address}`, words];
    return [...through, ...ssh] as [string, ...string[]];
  }
}
