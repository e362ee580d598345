import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { run } from "../system/shell.js";

const identity = "lab package repository <packages@lab.invalid>";

/** Key that signs the lab's copies of vendors' repositories. The lab creates the key once and stores the key in the cache. */
export class RepositoryKey {
  /** Path of the ASCII-armoured public key for apt. */
  readonly publicKey: string;
  private readonly home: string;

  constructor(directory: string) {
    this.publicKey = path.join(directory, "repository-key.asc");
    this.home = path.join(directory, "gnupg");
  }

  /** Creates the key pair if the public key does not exist. */
  async create(): Promise<void> {
    if (existsSync(this.publicKey)) return;
    await mkdir(this.home, { recursive: true, mode: 0o700 });
    await this.gpg("--passphrase", "", "--quick-gen-key", identity, "rsa3072", "sign", "10y");
    await writeFile(this.publicKey, await this.gpg("--armor", "--export", identity));
    await this.endAgent();
  }

  /** Writes a clear-signed copy of `file` to `target`. */
  async clearSign(file: string, target: string): Promise<void> {
    await this.gpg("--clearsign", "--output", target, file);
    await this.endAgent();
  }

  private gpg(...args: string[]): Promise<string> {
    return run("gpg", ["--homedir", this.home, "--batch", "--yes", "--quiet", ...args]);
  }

  /** Stops gpg's agent, which would otherwise keep running after the lab is removed. */
  private async endAgent(): Promise<void> {
    await run("gpgconf", ["--homedir", this.home, "--kill", "all"]);
  }
}
