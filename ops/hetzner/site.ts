import { resolve } from "node:path";
import type { Config } from "../../modules/config/schema.js";
import { FileLock, type LockStore } from "../core/lock.js";
import { runToEnd } from "../core/shell.js";
import type { OpenProps, Site } from "../core/site.js";
import { Ssh, type Login } from "../core/ssh.js";
import { Stack } from "../terraform/terraform.js";
import { BucketLock } from "./bucket-lock.js";
import { HetznerApi } from "./api.js";
import { HetznerBalancers } from "./balancers.js";
import { HetznerCloud } from "./cloud.js";
import { TerraformSecrets } from "./secrets.js";

/** A synthesized stack of an environment. */
const stackOf = ({ environment }: Pick<Config, "environment">, name: string, terraform: string): Stack =>
  new Stack(terraform, `cdktf.out/stacks/${environment}-${name}`);

/** The stacks of an environment, in the order of a deploy. */
export const stacksOf = (config: Config, terraform: string): readonly Stack[] =>
  ["foundation", "credentials", "servers", "edge", ...(config.monitoring.enabled ? ["monitoring"] : [])].map((name) =>
    stackOf(config, name, terraform),
  );

/**
 * An environment at Hetzner: addresses and host keys from the outputs, servers by API and Terraform.
 * @throws Error without HCLOUD_TOKEN, for an environment that is not deployed, and for one that lets no administrator in
 */
export async function hetznerSite(
  config: Config,
  terraform: string,
  { needsLogin = true }: OpenProps = {},
): Promise<Site> {
  if (needsLogin && config.administrators.cidrs.length === 0)
    throw new Error(
      `${config.environment}: administrators.cidrs is empty, so nobody can log in to its servers; name the administrators' networks and ` +
        "keys, deploy, and replace the servers (they take keys when they are made). Without a login there are: npm run ops plan, deploy, drift and rotate origin-certificate",
    );
  const [foundation, credentials, servers, edge] = stacksOf(config, terraform) as [Stack, Stack, Stack, Stack];
  // Each stack is asked once: in a fresh checkout that is when its providers are fetched.
  const [told, toldKeys] = await Promise.all([servers.outputs(), credentials.outputs()]);
  const logins = loginsOf(
    outputOf(servers, told, "server_addresses"),
    outputOf(credentials, toldKeys, "ssh_host_keys"),
  );
  // Not there before the first deploy with this version.
  const secretDigests = (told["secret_digests"] ?? {}) as Readonly<Record<string, string>>;
  // Once for all that one command does.
  let passed: Promise<void> | undefined;
  const synthesizeOnce = (): Promise<void> => (passed ??= synthesize());
  const api = new HetznerApi({ token: tokenFrom(process.env), endpoint: process.env["HCLOUD_ENDPOINT"] });
  return {
    config,
    logins: new Map(logins.map((login) => [login.name, login])),
    ssh: new Ssh(logins),
    cloud: new HetznerCloud({
      config,
      api,
      foundation,
      credentials,
      servers,
      edge,
      secretDigests,
      synthesize: synthesizeOnce,
    }),
    ...(config.loadBalancer.formerly && {
      balancers: new HetznerBalancers({ config, api, edge, synthesize: synthesizeOnce }),
    }),
    secrets: new TerraformSecrets({
      config,
      credentials,
      servers,
      edge,
      synthesize: synthesizeOnce,
      variables: process.env,
    }),
    lock: lockOf(config, process.env),
  };
}

/** Also of a server that the configuration no longer has, until it is removed. */
const loginsOf = (
  addresses: Readonly<Record<string, { readonly ipv4: string }>>,
  hostKeys: Readonly<Record<string, string>>,
): readonly Login[] =>
  Object.entries(addresses).flatMap(([name, { ipv4: address }]) => {
    const hostKey = hostKeys[name];
    return hostKey === undefined ? [] : [{ name, address, hostKey }];
  });

function tokenFrom({ HCLOUD_TOKEN: token }: NodeJS.ProcessEnv): string {
  if (!token) throw new Error("HCLOUD_TOKEN is not set; it is the same token that a deploy needs");
  return token;
}

function outputOf<T extends object>({ folder }: Stack, outputs: Readonly<Record<string, unknown>>, name: string): T {
  const found = outputs[name];
  if (found === undefined)
    throw new Error(`${folder}: has no output ${name}; run \`npm run synth\`, and deploy with this version first`);
  return found as T;
}

/** A lock that lies beside the state. @throws when the bucket's key is not in the environment */
export function lockOf(
  { environment, backend }: Pick<Config, "environment" | "backend">,
  variables: NodeJS.ProcessEnv,
  name = "ops.lock",
): LockStore {
  if (backend.type === "local") return new FileLock(resolve("state", `${environment}-${name}`));
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = variables;
  if (!accessKeyId || !secretAccessKey)
    throw new Error(
      "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set; they are the key of the bucket with the state",
    );
  const { endpoint, bucket, region, prefix = environment } = backend;
  return new BucketLock({ url: `${endpoint}/${bucket}/${prefix}/${name}`, region, accessKeyId, secretAccessKey });
}

/** The configuration as stacks, judged by the policies. */
async function synthesize(): Promise<void> {
  const { ok, stdout, stderr } = await runToEnd(["npm", "run", "--silent", "synth"], { timeoutSeconds: 120 });
  if (!ok) throw new Error(`the configuration does not pass:\n${stderr || stdout}`);
}
