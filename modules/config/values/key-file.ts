import { readFileSync, statSync } from "node:fs";
import * as z from "zod";
import { custom } from "./verdict.js";

/** Maximum size of a public key file in bytes. A key with its signatures is smaller than this limit. */
const mostBytes = 256 * 1024;

/** Returns the content of a regular file below the size limit, or `undefined` if the file is not readable. */
function contentOf(file: string): string | undefined {
  try {
    const facts = statSync(file);
    return facts.isFile() && facts.size <= mostBytes ? readFileSync(file, "utf8") : undefined;
  } catch {
    return undefined;
  }
}

/** Matches one base64 block between two marker lines, with optional headers and checksum (RFC 9580, "Forming ASCII Armor"). */
const armored =
  /^-----BEGIN PGP PUBLIC KEY BLOCK-----\r?\n([\w-]+: .*\r?\n)*\r?\n?(?<body>([A-Za-z0-9+/]+={0,2}\r?\n)+)(=[A-Za-z0-9+/]{4}\r?\n)?-----END PGP PUBLIC KEY BLOCK-----\s*$/;

/**
 * Returns true if a text is a single armored OpenPGP public key. The first packet must have tag 6, in the old or new
 * packet format.
 */
function isPublicKey(content: string): boolean {
  const first = Buffer.from(armored.exec(content)?.groups?.["body"] ?? "", "base64")[0] ?? 0;
  return first === 0xc6 || (first & 0xfc) === 0x98;
}

/**
 * File with an armored public key. The path is relative to the working directory. The validated configuration contains
 * the content of the file instead of the path.
 */
export const publicKeyFile = z.string().transform((file, context) => {
  const refuse = (rule: string, fix: string) => {
    context.addIssue(custom(rule, fix));
    return z.NEVER;
  };
  if (file.includes("-----BEGIN"))
    return refuse(
      "must be the path of a key file, not its content",
      "save the key in a file, and write the path of the file",
    );
  const content = contentOf(file);
  if (content === undefined)
    return refuse(
      "must be the path of a readable file",
      "write an absolute path, or a path relative to the project's folder",
    );
  if (content.includes("PRIVATE KEY"))
    return refuse(
      "must be a file with a public key, but this file contains a private key",
      "replace its content with the output of `gpg --armor --export KEY`, and remove the private key from the project",
    );
  if (isPublicKey(content)) return content;
  return refuse(
    "must be a file with one armored public key",
    "replace its content with the output of `gpg --armor --export KEY`",
  );
});
