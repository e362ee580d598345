import { createPrivateKey, createPublicKey, generateKeyPairSync } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { run } from "../system/shell.js";

/** An ed25519 key of a server as the credentials stack makes it: the private half in PEM (PKCS#8), the public one as in known_hosts. */
export interface HostKey {
  readonly privateKey: string;
  readonly publicKey: string;
}

/** Makes or reads a host key of a server; a replaced server keeps it. @param ending of the generation, as in the credentials stack */
export async function hostKey(directory: string, server: string, ending: string): Promise<HostKey> {
  const file = path.join(directory, `ssh-host-${server}${ending}.key`);
  if (!existsSync(file)) {
    const { privateKey } = generateKeyPairSync("ed25519");
    await writeFile(file, privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600 });
  }
  const privateKey = await readFile(file, "utf8");
  return { privateKey, publicKey: opensshPublicKey(privateKey) };
}

/** "ssh-ed25519 AAAA…" of a private key in PEM. */
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

/** Makes the key that an administrator logs in with, once. @returns the public key; the private one is in the file */
export async function loginKey(file: string): Promise<string> {
  if (!existsSync(file)) {
    await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
    await run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "lab", "-f", file]);
  }
  return (await readFile(`${file}.pub`, "utf8")).trim();
}
