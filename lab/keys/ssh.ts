import { createPrivateKey, createPublicKey, generateKeyPairSync } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { run } from "../system/shell.js";

/** An ed25519 host key in the format of the credentials stack: the private key in PEM (PKCS#8), the public key as in known_hosts. */
export interface HostKey {
  readonly privateKey: string;
  readonly publicKey: string;
}

/** Creates or reads a server's host key. A replaced server keeps its key. @param ending file name suffix of the generation */
export async function hostKey(directory: string, server: string, ending: string): Promise<HostKey> {
  const file = path.join(directory, `ssh-host-${server}${ending}.key`);
  if (!existsSync(file)) {
    const { privateKey } = generateKeyPairSync("ed25519");
    await writeFile(file, privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600 });
  }
  const privateKey = await readFile(file, "utf8");
  return { privateKey, publicKey: opensshPublicKey(privateKey) };
}

/** Returns the public key ("ssh-ed25519 AAAA…") of a private key in PEM. */
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

/** Creates the administrator's login key if it does not exist. @returns the public key; the private key is in the file */
export async function loginKey(file: string): Promise<string> {
  if (!existsSync(file)) {
    await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
    await run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "lab", "-f", file]);
  }
  return (await readFile(`${file}.pub`, "utf8")).trim();
}
