import { fileURLToPath } from "node:url";
import { checkEnvironment } from "../../modules/config/load.js";
import type { Config, EnvironmentInput } from "../../modules/config/schema.js";
import { example } from "./example.js";

/** Changes of a value. Objects are merged key by key, lists are replaced, and `undefined` removes a key. */
export type Overrides<T> = T extends readonly unknown[]
  ? T
  : T extends object
    ? { [K in keyof T]?: Overrides<T[K]> }
    : T;

/** An SSH public key whose private key was deleted. If a configuration opens SSH to networks, it needs a public key. */
export const exampleSshKey =
  "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPFZ/roqeaHsTrFUQhiC0SNDQn5N+Y9IuXxUOWlxf+U5 jane@foobar.com";

/** Public keys of age. Their private keys were deleted. */
export const exampleRecipients = [
  "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p",
  "age1lggyhqrw2nlhcxprm67z43rta597azn8gknawjehu9d9dl0jq3yqqvfafg",
] as const;

/** Settings of a backup, as the owner writes them in the environment file. */
export const exampleBackup = {
  endpoint: "https://fsn1.your-objectstorage.com",
  region: "fsn1",
  bucket: "foobar-archive",
  recipients: [...exampleRecipients],
};

/** File with a public key, in the format of `gpg --armor --export`. */
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

/** Returns the example environment with changes, as the owner would write it. The settings are not checked. */
export const exampleInput = (overrides: Overrides<EnvironmentInput> = {}): EnvironmentInput =>
  merge(example, overrides) as EnvironmentInput;

/**
 * Returns the checked configuration of the example environment with changes. An example with a fourth server: `exampleConfig({ servers: {
 * delta: { privateIp: "10.0.1.134", roles: ["web"] } } })`.
 * @throws Error that lists every problem
 */
export const exampleConfig = (overrides: Overrides<EnvironmentInput> = {}, environment = "production"): Config =>
  checkEnvironment(environment, exampleInput(overrides));

/** Changes of the example environment for a change of its domain. */
export const exampleMove = {
  domain: "foobar.net",
  network: { balancerIp: "10.0.1.6" },
  certificate: { generation: 2 },
  cloudflare: { number: 2 },
  loadBalancer: { number: 2, formerly: { domain: "foobar.com", tls: "terminate", balancerIp: "10.0.1.5" } },
} as const satisfies Overrides<EnvironmentInput>;
