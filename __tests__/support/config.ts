import { fileURLToPath } from "node:url";
import { checkEnvironment } from "../../modules/config/load.js";
import type { Config, EnvironmentInput } from "../../modules/config/schema.js";
import { example } from "./example.js";

/** Any part of a value: objects are merged key by key, lists replaced, and `undefined` removes a key. */
export type Overrides<T> = T extends readonly unknown[]
  ? T
  : T extends object
    ? { [K in keyof T]?: Overrides<T[K]> }
    : T;

/** A public key whose private key was deleted. Networks that open SSH require a key. */
export const exampleSshKey =
  "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPFZ/roqeaHsTrFUQhiC0SNDQn5N+Y9IuXxUOWlxf+U5 jane@foobar.com";

/** age public keys whose private keys were deleted. */
export const exampleRecipients = [
  "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p",
  "age1lggyhqrw2nlhcxprm67z43rta597azn8gknawjehu9d9dl0jq3yqqvfafg",
] as const;

/** An archive in the owner's notation. */
export const exampleBackup = {
  endpoint: "https://fsn1.your-objectstorage.com",
  region: "fsn1",
  bucket: "foobar-archive",
  recipients: [...exampleRecipients],
};

/** A public key in a file, as `gpg --armor --export` writes it. */
export const exampleKeyFile = fileURLToPath(new URL("./repository-key.asc", import.meta.url));

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;

function merge(base: unknown, changes: unknown): unknown {
  if (!isRecord(base) || !isRecord(changes)) return changes;
  const merged = { ...base };
  for (const [key, value] of Object.entries(changes)) {
    if (value === undefined) delete merged[key];
    else merged[key] = merge(base[key], value);
  }
  return merged;
}

/** The example with changes: unchecked, in the owner's notation. */
export const exampleInput = (overrides: Overrides<EnvironmentInput> = {}): EnvironmentInput =>
  merge(example, overrides) as EnvironmentInput;

/**
 * The example with changes, through the real check.
 * A fourth server: `exampleConfig({ servers: { delta: { privateIp: "10.0.1.134", roles: ["web"] } } })`.
 * @throws Error that lists every problem.
 */
export const exampleConfig = (overrides: Overrides<EnvironmentInput> = {}, environment = "production"): Config =>
  checkEnvironment(environment, exampleInput(overrides));

/** The example during a change of the domain. */
export const exampleMove = {
  domain: "foobar.net",
  network: { balancerIp: "10.0.1.6" },
  certificate: { generation: 2 },
  cloudflare: { number: 2 },
  loadBalancer: { number: 2, formerly: { domain: "foobar.com", tls: "terminate", balancerIp: "10.0.1.5" } },
} as const satisfies Overrides<EnvironmentInput>;
