import type { Config } from "../../../modules/config/schema.js";
import { applicationSecretName, applicationSecretVariable, type SecretName } from "../../../modules/derived/secrets.js";
import { applicationSecretsLabel, releaseKeyLabel } from "../../../modules/platform/names.js";
import { paths } from "../../../modules/platform/paths.js";
import { outOfReach } from "../../core/judge.js";
import { type Context, lookFor } from "../../core/maintain.js";
import { give, holdersOf, restartApplication, sayLeft } from "../../core/secrets.js";
import { loginOf, type Site } from "../../core/site.js";

/**
 * A secret that the owner sets in variables. It has no generations, so the old and the new value must both be valid until the command
 * ends.
 */
interface FromOutside {
  /** Server label with the digest of the value. */
  readonly label: string;
  /** Name of the variable of each secret, without `TF_VAR_`. */
  readonly variables: (config: Config) => ReadonlyMap<SecretName, string>;
  /** Error message if the environment does not use this secret. */
  readonly none: string;
  readonly takeUp: (site: Site, server: string) => Promise<void>;
}

const all = {
  "application-secrets": {
    label: applicationSecretsLabel,
    variables: ({ application }) =>
      new Map(
        Object.keys(application.secrets).map((name) => [applicationSecretName(name), applicationSecretVariable(name)]),
      ),
    none: "application.secrets is empty: the application has no secrets to rotate",
    takeUp: restartApplication,
  },
  "release-key": {
    label: releaseKeyLabel,
    variables: ({ application }) => new Map(application.storage ? [["releaseKey", "release_key"] as const] : []),
    none: "application.storage is not set: the release is public and needs no key",
    takeUp: requireDownload,
  },
} as const satisfies Readonly<Record<string, FromOutside>>;

type Name = keyof typeof all;

/** Names of these secrets for `npm run ops rotate`. */
export const secretsFromOutside = Object.keys(all) as readonly Name[];

/** Returns true if a name is one of {@link secretsFromOutside}. */
export const isFromOutside = (name: string): name is Name => Object.hasOwn(all, name);

/**
 * Distributes the values of the variables to all servers that need them, one server after the other.
 * @throws Error at the first failure. A rerun continues.
 */
export async function distribute(context: Context, what: Name): Promise<void> {
  const { site, progress } = context;
  const { label, variables, none, takeUp }: FromOutside = all[what];
  const names = variables(site.config);
  if (names.size === 0) throw new Error(none);
  const absent = outOfReach(await lookFor(context, "rotate"));
  const secrets = [...names.keys()];
  const values = await progress.step(`values of ${secrets.join(", ")}`, (report) =>
    site.secrets.fromOutside(names, report),
  );
  const holders = holdersOf(site.config, secrets);
  for (const server of holders.filter(({ name }) => !absent.has(name)))
    await progress.step(`${server.name}: gets ${what}`, async (report) => {
      await give(context, server, { what, secrets, values, takeUp: () => takeUp(site, server.name) }, report);
      await site.cloud.noteSecrets(server, label);
    });
  sayLeft(context, what, holders, absent);
  progress.say(`every reachable server has the new values of ${what}; you may now revoke the old values`);
}

/**
 * Checks that the new key can read the release, on the first server. If it cannot, the rotation stops and the other servers keep the old
 * key.
 */
async function requireDownload(site: Site, server: string): Promise<void> {
  const { url, storage } = site.config.application;
  const request = ["curl", "--silent", "--show-error", "--fail", "--head", "--max-time", "20", "--output", "/dev/null"];
  const signed = ["--aws-sigv4", `aws:amz:${storage?.region}:s3`, "--config", paths.release.key];
  const { ok, stderr } = await site.ssh.tryRun(loginOf(site, server), [...request, ...signed, url]);
  if (!ok)
    throw new Error(
      `${server}: TF_VAR_release_key must be able to read ${url}, got ${stderr.trim()}; correct the variable and run the command again`,
    );
}
