import { readFile } from "node:fs/promises";
import ipaddr from "ipaddr.js";
import type * as LabInput from "./input.js";
import { formerOf } from "../modules/derived/agreement.js";
import { balancersOf } from "../modules/derived/balancer.js";
import { checkEnvironment } from "../modules/config/load.js";
import type { Config, EnvironmentInput } from "../modules/config/schema.js";
import { administrator, balancer, type Host, secondBalancer, server } from "./network/addresses.js";
import type { PrivateNetwork } from "./network/fabric.js";
import type { Located } from "./network/locations.js";
import { writeWhole } from "./system/write-whole.js";

/** Configuration of the lab and addresses of the lab's hosts. */
export interface LabEnvironment {
  readonly config: Config;
  /** Path of the release's tarball. @default - a tarball that is built from this tree */
  readonly release?: string;
  readonly network: PrivateNetwork;
  readonly balancer: Host;
  /** The previous load balancer during a load balancer migration. @default - none */
  readonly balancerBefore?: Host;
  /** The second active load balancer. @default - none */
  readonly balancerSecond?: Host;
  /** The servers in the order of the configuration. */
  readonly servers: readonly Host[];
  /** Location of each server and of each active load balancer. */
  readonly located: readonly Located[];
}

/** A release that replaces the release of lab/input.ts. */
export interface LabRelease {
  /** Path of the tarball. */
  readonly file: string;
  /** SHA-256 of the tarball. */
  readonly sha256: string;
  /** Settings that replace the lab's application settings. @default - the lab's settings */
  readonly settings?: Pick<Partial<EnvironmentInput>, "application" | "database">;
}

/** Domains of the edge's zones: the site's domain, and a second domain for tests of a domain change. */
const zones = ["foobar.com", "foobar.net"] as const;

/** Returns the domains whose names point to the edge. A change of the site's domain does not change this list. */
export const domainsAtEdge = ({ domain, loadBalancer: { formerly } }: Config): readonly string[] =>
  [...new Set([...zones, domain, formerly?.domain ?? domain])].sort();

/** Settings that replace settings of lab/input.ts. */
export type LabOverrides = Pick<
  Partial<EnvironmentInput>,
  | "domain"
  | "tls"
  | "network"
  | "loadBalancer"
  | "servers"
  | "application"
  | "database"
  | "generations"
  | "certificate"
  | "cloudflare"
  | "backup"
  | "restore"
> & {
  /** Release that the lab deploys. @default - the release built from this tree */
  readonly release?: LabRelease;
};

/**
 * Loads lab/input.ts with overrides and assigns addresses to all hosts.
 * @param administratorKey public key of the lab's administrator, who may log in to the machines
 * @param numbersFile file that stores the number of each server
 * @throws if the resulting environment is invalid
 */
export async function loadLabEnvironment(
  overrides: LabOverrides,
  administratorKey: string,
  numbersFile: string,
): Promise<LabEnvironment> {
  const config = await labConfig(overrides, {
    cidrs: [`${administrator.publicIpv4}/32`, `${administrator.publicIpv6}/128`],
    sshKeys: { lab: administratorKey },
  });
  const former = formerOf(config);
  const numbers = await numbersOf(
    numbersFile,
    config.servers.map(({ name }) => name),
  );
  const servers = config.servers.map(({ name, privateIp }) => server(name, numbers.get(name) ?? 0, privateIp));
  const [, second] = balancersOf(config);
  const balancers = [balancerOf(config), ...(second ? [secondBalancer(second.privateIp)] : [])] as const;
  const located = (hosts: readonly Host[], settings: readonly { readonly location: string }[]): Located[] =>
    hosts.map((host, index) => ({ host, location: settings[index]?.location ?? config.location }));
  return {
    config,
    ...(overrides.release && { release: overrides.release.file }),
    network: { range: config.network.cidr, gateway: routerOf(config.network.cidr) },
    balancer: balancers[0],
    ...(former && { balancerBefore: balancerOf(former) }),
    ...(balancers[1] && { balancerSecond: balancers[1] }),
    servers,
    located: [...located(servers, config.servers), ...located(balancers, balancersOf(config))],
  };
}

/**
 * Loads lab/input.ts with overrides, without addresses of hosts.
 * @param administrators networks and SSH keys of administrators @default - none
 * @throws if the configuration is invalid
 */
export async function labConfig(
  { release, ...overrides }: LabOverrides,
  administrators: EnvironmentInput["administrators"] = {},
): Promise<Config> {
  // The dynamic import keeps lab/input.ts out of bundles, because bundles must not contain environment files.
  const file = new URL("input.ts", import.meta.url);
  const { default: lab } = (await import(file.href)) as typeof LabInput;
  return checkEnvironment("lab", { ...(release ? withRelease(lab, release) : lab), ...overrides, administrators });
}

/**
 * Returns the number of each server. A server's number determines the server's addresses and volume, and does not change if other servers
 * are removed.
 */
export async function numbersOf(file: string, names: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const stored = JSON.parse(await readFile(file, "utf8").catch(() => "[]")) as [string, number][];
  const numbers = new Map(stored);
  for (const name of names) numbers.set(name, numbers.get(name) ?? numbers.size);
  if (numbers.size > stored.length) await writeWhole(file, JSON.stringify([...numbers]));
  return numbers;
}

const balancerOf = ({ network, loadBalancer }: Config): Host => balancer(network.balancerIp, loadBalancer.number);

function withRelease(lab: EnvironmentInput, { sha256, settings }: LabRelease): EnvironmentInput {
  const { url, storage } = lab.application;
  return {
    ...lab,
    application: { ...(settings?.application ?? lab.application), url, storage, sha256 },
    database: { ...lab.database, ...settings?.database },
  };
}

/** Returns the first address of a network, because Hetzner's router has this address. */
function routerOf(range: string): string {
  const octets = ipaddr.IPv4.networkAddressFromCIDR(range).octets;
  return [...octets.slice(0, 3), (octets[3] ?? 0) + 1].join(".");
}
