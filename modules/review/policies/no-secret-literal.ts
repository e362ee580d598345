import { TerraformElement, Token } from "cdktf";
import type { IConstruct } from "constructs";
import memoize from "memoize";
import type { Config } from "../../config/schema.js";
import { plainFilesOf, type PlainFile } from "../../machine/compose/index.js";
import { PlatformServer } from "../../hetzner/server/index.js";
import { secretName, secretWords } from "../../platform/secret-words.js";
import type { Policy } from "./policy.js";

/** What a secret looks like in the text of a file or an address: `password = x`, `"api_key": "x"`, `?token=x`. Paths and variables are no secrets. */
const secretAssignment = new RegExp(`(?:${secretWords.join("|")})["']?\\s*[:=]\\s*["']?(?!/)[\\w+/-]{8}`, "i");

/** Texts that are secrets wherever they stand: private keys, Amazon-style access keys. */
const secretText = /-----BEGIN [A-Z ]*PRIVATE KEY-----|\bAKIA[0-9A-Z]{16}\b/;

/** Paths of the literal secrets in a synthesized value. References are not literal. */
function literalSecrets(value: unknown, path: string, key = ""): readonly string[] {
  if (typeof value === "string") {
    const isLiteral = value !== "" && !Token.isUnresolved(value) && !value.includes("${");
    return secretText.test(value) || (isLiteral && secretName.test(key)) ? [path] : [];
  }
  if (typeof value !== "object" || value === null || Token.isUnresolved(value)) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    // `{ "x-token": { "value": … } }`: the outer name says what it is.
    literalSecrets(inner, `${path}.${name}`, name === "value" ? key : name),
  );
}

/** A sensitive variable's default would be a secret in the JSON, whatever it is called. */
const defaultOfSensitive = (value: unknown): readonly string[] => {
  const variables = (value as { variable?: Record<string, { sensitive?: boolean; default?: unknown }> }).variable ?? {};
  return Object.entries(variables)
    .filter(([, { sensitive, default: preset }]) => sensitive && preset !== undefined && preset !== "")
    .map(([name]) => `variable.${name}.default`);
};

/** Whether a file holds a secret; each is read once, those that servers share too. */
const holdsSecret = memoize(
  ({ content }: PlainFile): boolean => secretText.test(content) || secretAssignment.test(content),
  { cache: new WeakMap() },
);

/** Files of a server's payload that hold a secret. In the JSON they are compressed, so they are looked at here. */
function payloadSecrets({ config: server }: PlatformServer, config: Config): readonly string[] {
  return plainFilesOf(config, server)
    .filter(holdsSecret)
    .map(({ path }) => `payload/${path}`);
}

/** Places of literal secrets in what is written for a construct. */
function secretsIn(node: IConstruct, config: Config): readonly string[] {
  if (node instanceof PlatformServer) return payloadSecrets(node, config);
  if (!(node instanceof TerraformElement)) return [];
  const synthesized: unknown = node.toTerraform();
  return [...literalSecrets(synthesized, "").map((path) => path.slice(1)), ...defaultOfSensitive(synthesized)];
}

/** Secrets are references in the JSON, and in no file of a payload. */
export const noSecretLiteral: Policy = {
  id: "no-secret-literal",
  description: "the synthesized files contain no secret",
  check: (node, config) =>
    secretsIn(node, config).map((place) => ({
      what: `${place} holds a secret as plain text`,
      why: "synthesized files end up in logs, artifacts and repositories",
      fix: "let the credentials stack make it, or read it from a sensitive variable without default",
    })),
};
