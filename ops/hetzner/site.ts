import { existsSync } from "node:fs";
import { chmod, readdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Config } from "../../modules/config/schema.js";
import { serverImage } from "../../modules/platform/hetzner-offers.js";
import { LockStore } from "../core/lock.js";
import type { OpenProps, Site } from "../core/site.js";
import { FileStore, privateFolder } from "../core/store.js";
import { Ssh, type Login } from "../core/ssh.js";
import { ownFolder } from "../terraform/own-folder.js";
import { Stack } from "../terraform/terraform.js";
import { HetznerApi, type HetznerApiProps } from "./api.js";
import { requireOrderable } from "./availability.js";
import { HetznerBalancers } from "./balancers.js";
import { BucketStore } from "./bucket-store.js";
import { HetznerCloud } from "./cloud.js";
import { CloudflareApi } from "./cloudflare.js";
import { HetznerDirection } from "./direction.js";
import { identify } from "./identify.js";
import type { Identity } from "./identity.js";
import { TerraformSecretStore } from "./secrets.js";

/** Options of {@link stacksOf}. */
export interface StacksProps {
  /** Resources outside the state that the command itself handles. @default - none */
  readonly handles?: Identity["handles"];
  /** Whether the monitoring stack is included, if it exists. @default true */
  readonly withMonitoring?: boolean;
}

/** Returns the stacks of an environment in the order of a deploy, and a function that synthesizes them into the folder of this process. */
export function stacksOf(
  config: Config,
  terraform: string,
  { handles, withMonitoring = true }: StacksProps = {},
): { readonly stacks: readonly Stack[]; readonly synthesize: () => Promise<void> } {
  const own = ownFolder();
  let identified: Promise<void> | undefined;
  const identifyOnce = (): Promise<void> =>
    (identified ??= identify({
      config,
      stacks,
      api: apiFrom(process.env),
      variables: process.env,
      ...(handles && { handles }),
    }));
  const isMonitored = withMonitoring && config.monitoring.enabled;
  const names = ["foundation", "credentials", "servers", "edge", ...(isMonitored ? ["monitoring"] : [])];
  const stacks: readonly Stack[] = names.map(
    (name) =>
      new Stack(terraform, `cdktf.out/stacks/${config.environment}-${name}`, { ...own, identify: identifyOnce }),
  );
  return { stacks, synthesize: own.synthesize };
}

const apiFrom = (variables: NodeJS.ProcessEnv, limits: Partial<HetznerApiProps> = {}): HetznerApi =>
  new HetznerApi({ ...limits, token: tokenFrom(variables), endpoint: variables["HCLOUD_ENDPOINT"] });

/** Returns the object that directs visitors. It uses only the vendors' APIs. @throws Error if a token is missing */
export function directionOf(config: Config, variables: NodeJS.ProcessEnv): HetznerDirection {
  const { CLOUDFLARE_API_TOKEN: token, CLOUDFLARE_BASE_URL: endpoint } = variables;
  if (!token) throw new Error("CLOUDFLARE_API_TOKEN is not set; set it to the token of deployments");
  return new HetznerDirection({
    config,
    // The time limits are short, because the site fails for visitors until this command has changed the DNS records.
    api: apiFrom(variables, { repetitions: 1, answerSeconds: 5 }),
    cloudflare: new CloudflareApi({ token, endpoint }),
  });
}

/** Makes plans and states unreadable for other users of this machine, because they contain secrets. */
export async function keepPrivate({ backend }: Pick<Config, "backend">): Promise<void> {
  process.umask(0o077);
  if (backend.type !== "local" || !existsSync("state")) return;
  await privateFolder("state");
  for (const entry of await readdir("state", { withFileTypes: true }))
    if (entry.isFile()) await chmod(join("state", entry.name), 0o600);
}

/**
 * Connects to an environment at Hetzner. Addresses and host keys come from Terraform's outputs.
 * @throws Error if HCLOUD_TOKEN is not set, if the environment is not deployed, or if no administrator can log in
 */
export async function hetznerSite(
  config: Config,
  terraform: string,
  { needsLogin = true }: OpenProps = {},
): Promise<Site> {
  if (needsLogin && config.administrators.cidrs.length === 0)
    throw new Error(
      `${config.environment}: administrators.cidrs is empty, so no login to its servers is possible; set the administrators' networks and ` +
        "keys, deploy, and replace the servers (servers get keys only when they are created). Commands that need no login: npm run ops plan, deploy, drift and rotate origin-certificate",
    );
  const names = config.servers.map(({ name }) => name);
  const { stacks, synthesize } = stacksOf(config, terraform, {
    withMonitoring: false,
    // An interrupted run may leave a server or a load balancer outside the state. A replacement or a migration removes it.
    handles: ({ type, name }) => (type === "hcloud_server" && names.includes(name)) || type === "hcloud_load_balancer",
  });
  const [foundation, credentials, servers, edge] = stacks as [Stack, Stack, Stack, Stack];
  // Each stack is queried only once, because the first query in a new checkout downloads the providers of the stack.
  const [told, toldKeys] = await Promise.all([servers.outputs(), credentials.outputs()]);
  const logins = loginsOf(
    outputOf(servers, told, "server_addresses"),
    outputOf(credentials, toldKeys, "ssh_host_keys"),
  );
  // This output does not exist before the first deploy with this version.
  const secretDigests = (told["secret_digests"] ?? {}) as Readonly<Record<string, string>>;
  const api = apiFrom(process.env);
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
      synthesize,
      requireOrderable: (server) => requireOrderable(api, server, { location: server.location, image: serverImage }),
    }),
    ...(config.loadBalancer.formerly && {
      balancers: new HetznerBalancers({ config, api, edge, synthesize }),
    }),
    secrets: new TerraformSecretStore({
      config,
      credentials,
      servers,
      edge,
      synthesize,
      variables: process.env,
    }),
    lock: lockOf(config, process.env),
  };
}

/** Returns the logins of all servers. Servers that are no longer configured are included until they are removed. */
const loginsOf = (
  addresses: Readonly<Record<string, { readonly ipv4: string }>>,
  hostKeys: Readonly<Record<string, string>>,
): readonly Login[] =>
  Object.entries(addresses).flatMap(([name, { ipv4: address }]) => {
    const hostKey = hostKeys[name];
    return hostKey === undefined ? [] : [{ name, address, hostKey }];
  });

function tokenFrom({ HCLOUD_TOKEN: token }: NodeJS.ProcessEnv): string {
  if (!token) throw new Error("HCLOUD_TOKEN is not set; set it to the token of deployments");
  return token;
}

function outputOf<T extends object>({ folder }: Stack, outputs: Readonly<Record<string, unknown>>, name: string): T {
  const found = outputs[name];
  if (found === undefined)
    throw new Error(`${folder}: has no output ${name}; run \`npm run synth\`, and deploy with this version first`);
  return found as T;
}

/** Returns the lock, which is stored next to the state. @throws Error if the key of the bucket is not set */
export function lockOf(
  { environment, backend }: Pick<Config, "environment" | "backend">,
  variables: NodeJS.ProcessEnv,
  name = "ops.lock",
): LockStore {
  if (backend.type === "local") return new LockStore(new FileStore(resolve("state", `${environment}-${name}`)));
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = variables;
  if (!accessKeyId || !secretAccessKey)
    throw new Error(
      "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set; set the key of the bucket that stores the state",
    );
  const { endpoint, bucket, region, prefix = environment } = backend;
  return new LockStore(
    new BucketStore({ url: `${endpoint}/${bucket}/${prefix}/${name}`, region, accessKeyId, secretAccessKey }),
  );
}
