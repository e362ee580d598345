import { TerraformElement, Token } from "cdktf";
import type { IConstruct } from "constructs";
import memoize from "memoize";
import type { Config } from "../../config/schema.js";
import { maximumBytes, payloadSize, type PlainFile, plainFilesOf } from "../../machine/compose/index.js";
import { PlatformServer } from "../../hetzner/server/index.js";
import { secretName, secretText, secretWords } from "../../platform/secret-words.js";
import type { Policy } from "./policy.js";

/**
 * Matches an assignment of a secret in a file or an address: `password = x`, `"api_key": "x"`, `?token=x`. Values that
 * are paths or variables do not match, because they are not secret.
 */
const secretAssignment = new RegExp(`(?:${secretWords.join("|")})["']?\\s*[:=]\\s*["']?(?!/)[\\w+/-]{8}`, "i");

/** Returns the paths of all literal secrets in a synthesized value. Terraform references are not literal. */
function literalSecrets(value: unknown, path: string, key = ""): readonly string[] {
  if (typeof value === "string") {
    const isLiteral = value !== "" && !Token.isUnresolved(value) && !value.includes("${");
    return secretText.test(value) || (isLiteral && secretName.test(key)) ? [path] : [];
  }
  if (typeof value !== "object" || value === null || Token.isUnresolved(value)) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    // Passes the outer name for the key `value`, because in `{ "x-token": { "value": … } }` only the outer name shows
    // that the value is a secret.
    literalSecrets(inner, `${path}.${name}`, name === "value" ? key : name),
  );
}

/**
 * Returns the paths of sensitive Terraform variables that have a default, because the JSON would contain the default.
 */
const defaultOfSensitive = (value: unknown): readonly string[] => {
  const variables = (value as { variable?: Record<string, { sensitive?: boolean; default?: unknown }> }).variable ?? {};
  return Object.entries(variables)
    .filter(([, { sensitive, default: preset }]) => sensitive && preset !== undefined && preset !== "")
    .map(([name]) => `variable.${name}.default`);
};

/**
 * Returns true if a payload file contains a secret. The result is cached, because several servers share the same files.
 */
const holdsSecret = memoize(
  ({ content }: PlainFile): boolean => secretText.test(content) || secretAssignment.test(content),
  { cache: new WeakMap() },
);

/**
 * Returns the payload files of a server that contain a secret. This function reads the files themselves, because the
 * JSON contains them only in compressed form.
 */
function payloadSecrets({ config: server }: PlatformServer, config: Config): readonly string[] {
  return plainFilesOf(config, server)
    .filter(holdsSecret)
    .map(({ path }) => `payload/${path}`);
}

/** Returns the paths of literal secrets in the JSON of a construct. */
function secretsIn(node: IConstruct, config: Config): readonly string[] {
  if (node instanceof PlatformServer) return payloadSecrets(node, config);
  if (!(node instanceof TerraformElement)) return [];
  const synthesized: unknown = node.toTerraform();
  return [...literalSecrets(synthesized, "").map((path) => path.slice(1)), ...defaultOfSensitive(synthesized)];
}

/** Policy that the JSON contains secrets only as references, and that no payload file contains a secret. */
const noSecretLiteral: Policy = {
  id: "no-secret-literal",
  description: "the synthesized files contain no secret",
  check: (node, config) =>
    secretsIn(node, config).map((place) => ({
      what: `${place} contains a secret in plain text`,
      why: "synthesized files end up in logs, artifacts and repositories",
      fix: "create the secret in the credentials stack, or use a sensitive variable without default",
    })),
};

/** Policy that the size of user data is within Hetzner's limit. */
const payloadFits: Policy = {
  id: "payload-fits",
  description: `the user data of every server has at most ${maximumBytes / 1024} KiB`,
  check: (node, config) => {
    if (!(node instanceof PlatformServer)) return [];
    const size = payloadSize(config, node.config);
    if (size <= maximumBytes) return [];
    return [
      {
        what: `user data has ${size} bytes, more than the limit of ${maximumBytes}`,
        why: "Hetzner rejects larger user data, but only when the server is created",
        fix: "shorten the longest files of the server's payload",
      },
    ];
  },
};

/** Policies about secrets, and about the user data of servers. */
export const payloadPolicies: readonly Policy[] = [noSecretLiteral, payloadFits];
