import { createPublicKey } from "node:crypto";
import { text } from "./verdict.js";

/** Minimum RSA key size in bits (NIST SP 800-57). */
const leastRsaBits = 2048;

/**
 * Maximum length of an SSH key line in characters. An RSA key of 16384 bits with a comment is shorter than this limit.
 */
const longestLine = 4096;

const base64url = (bytes: Buffer | undefined): string => (bytes ?? Buffer.alloc(0)).toString("base64url");

/**
 * Returns the length-prefixed fields of an OpenSSH key (RFC 4251, "string"), or `undefined` if the last field is
 * incomplete.
 */
function fieldsOf(bytes: Buffer): readonly Buffer[] | undefined {
  const fields: Buffer[] = [];
  let at = 0;
  while (at + 4 <= bytes.length) {
    const end = at + 4 + bytes.readUInt32BE(at);
    if (end > bytes.length) return undefined;
    fields.push(bytes.subarray(at + 4, end));
    at = end;
  }
  return at === bytes.length ? fields : undefined;
}

const ed25519 = (key: Buffer | undefined) => ({ kty: "OKP", crv: "Ed25519", x: base64url(key) });

/** Returns a function that converts an uncompressed elliptic-curve point to a JSON Web Key. The first byte of the point is its format. */
const point = (crv: string, bytes: number) => (key: Buffer | undefined) => ({
  kty: "EC",
  crv,
  x: base64url(key?.subarray(1, 1 + bytes)),
  y: base64url(key?.subarray(1 + bytes)),
});

/**
 * Describes each key algorithm: the number of fields after the algorithm's name, and a function that builds the public
 * key. The last field of a FIDO security key is its application string.
 */
const algorithms: Readonly<Record<string, { fields: number; key: (fields: readonly Buffer[]) => object }>> = {
  "ssh-ed25519": { fields: 1, key: ([key]) => ed25519(key) },
  "ssh-rsa": { fields: 2, key: ([e, n]) => ({ kty: "RSA", e: base64url(e), n: base64url(n) }) },
  "ecdsa-sha2-nistp256": { fields: 2, key: ([, key]) => point("P-256", 32)(key) },
  "ecdsa-sha2-nistp384": { fields: 2, key: ([, key]) => point("P-384", 48)(key) },
  "ecdsa-sha2-nistp521": { fields: 2, key: ([, key]) => point("P-521", 66)(key) },
  "sk-ssh-ed25519@openssh.com": { fields: 2, key: ([key]) => ed25519(key) },
  "sk-ecdsa-sha2-nistp256@openssh.com": { fields: 3, key: ([, key]) => point("P-256", 32)(key) },
};

/** Returns the public key in an SSH key line, or `undefined` if the text is not a complete key. */
function keyOf(algorithm: string, base64: string) {
  const bytes = Buffer.from(base64, "base64");
  const [name, ...fields] = fieldsOf(bytes) ?? [];
  const known = Object.hasOwn(algorithms, algorithm) ? algorithms[algorithm] : undefined;
  const isWhole = bytes.toString("base64") === base64 && name?.toString() === algorithm;
  if (!known || !isWhole || fields.length !== known.fields) return undefined;
  try {
    return createPublicKey({ key: { ...known.key(fields) }, format: "jwk" });
  } catch {
    return undefined;
  }
}

/** SSH public key in the format of ~/.ssh/id_ed25519.pub. */
export const sshPublicKey = text((value) => {
  if (value.includes("PRIVATE KEY"))
    return {
      rule: "must be a public key, but this is a private key",
      fix: "create a new key pair, and paste the content of its .pub file",
    };
  if (/[\r\n]/.test(value)) return { rule: "must be one line", fix: "paste only the key, without a line break" };
  if (value.length > longestLine)
    return { rule: `must have at most ${longestLine} characters`, fix: "shorten the comment after the key" };
  const [algorithm = "", base64 = "", ...comment] = value.split(" ");
  if (comment.some((word) => word.startsWith("AAAA") || Object.hasOwn(algorithms, word)))
    return { rule: "must be one key", fix: "add a separate entry for each key" };
  const key = keyOf(algorithm, base64);
  if (!key)
    return { rule: "must be an OpenSSH public key", fix: "paste one complete line, as in ~/.ssh/id_ed25519.pub" };
  const bits = key.asymmetricKeyDetails?.modulusLength ?? leastRsaBits;
  return bits >= leastRsaBits
    ? undefined
    : {
        rule: `must be an RSA key of ${leastRsaBits} bits or more, but this key has ${bits}`,
        fix: "create a new key with `ssh-keygen -t ed25519`",
      };
});
