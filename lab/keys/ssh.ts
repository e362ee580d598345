import { createPrivateKey, createPublicKey, generateKeyPairSync } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { run } from "../system/shell.js";

/**
 * An ed25519 host key. The formats are the same as in the credentials stack: PEM (PKCS#8) for the private key, known_hosts for the public
 * key.
 */
export interface HostKey {
  readonly privateKey: string;
  readonly publicKey: string;
}

/**
 * Creates or reads a server's host key. A replacement server uses the same key. @param ending suffix of the file name for the generation
 */
export async function hostKey(directory: string, server: string, ending: string): Promise<HostKey> {
  const file = path.join(directory, `ssh-host-${server}${ending}.key`);
  if (!existsSync(file)) {
    const { privateKey } = generateKeyPairSync("ed25519");
    await writeFile(file, privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600 });
  }
  const privateKey = await readFile(file, "utf8");
  return { privateKey, publicKey: opensshPublicKey(privateKey) };
}

/** Returns the public key ("ssh-ed25519 AAAA…") that belongs to a private key in PEM. */
function opensshPublicKey(privateKey: string): string {
  const { x = "" } = createPublicKey(createPrivateKey(privateKey)).export({ format: "jwk" });
  const fields = [Buffer.from("ssh-ed25519"), Buffer.from(x, "base64url")];
  const blob = fields.flatMap((field) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(field.length);
    return [length, field];
  });
  return `ssh-ed25519 ${Buffer.concat(blob).toString("base64")}`;
}

/** Creates the administrator's login key if the key does not exist. @param file path of the private key @returns the public key */
export async function loginKey(file: string): Promise<string> {
  if (!existsSync(file)) {
    await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
    await run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "lab", "-f", file]);
  }
  return (await readFile(`${file}.pub`, "utf8")).trim();
}
