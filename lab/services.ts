import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { buildRelease } from "../release/build.js";
import { agreement } from "../modules/derived/agreement.js";
import { balancerDefinition, balancerId } from "../modules/derived/balancer.js";
import { type Config, serversWithRole } from "../modules/config/schema.js";
import { addresses } from "../modules/platform/addresses.js";
import { edgeTokenHeader, siteHosts } from "../modules/platform/names.js";
import { setTargets, startBalancer } from "./balancer/balancer.js";
import { balancerStage, leadsOf } from "./balancer/changeover.js";
import { type Direction, directionOf, leadFor, setDirection } from "./balancer/direction.js";
import { hostMirror } from "./base/mirror.js";
import { type Blueprint, userDataOf, wantedPackages } from "./blueprint.js";
import { domainsAtEdge } from "./environment.js";
import { issue } from "./keys/certificates.js";
import type { Layout } from "./layout.js";
import {
  administrator,
  balancerAddresses,
  client,
  secondOrigin,
  edge,
  type Host,
  internet,
  openToAll,
} from "./network/addresses.js";
import { fabricHost } from "./network/fabric.js";
import { agreementOf } from "./machine/machine.js";
import { type NameRecord, nameServerCommand } from "./network/names.js";
import { openEveryPort } from "./network/open-ports.js";
import { publish, publishedFiles } from "./releases.js";
import { datadogDomains, datadogHost, startIntake } from "./stand-ins/datadog/intake/intake.js";
import { archivePort, startArchive } from "./stand-ins/archive/archive.js";
import { type Leads, noLead, startEdge } from "./stand-ins/edge/edge.js";
import type { InternetSettings } from "./stand-ins/internet.js";
import type { MetadataSettings } from "./stand-ins/metadata.js";
import { serviceRuns, startedServices, startService } from "./system/service.js";
import { sleep } from "./system/shell.js";

/** Returns all hosts of the lab except the servers. */
export const otherHosts = ({ environment }: Blueprint): readonly Host[] => [
  client,
  administrator,
  internet,
  edge,
  datadogHost,
  environment.balancer,
  ...[environment.balancerBefore, environment.balancerSecond].filter((host) => host !== undefined),
];

/**
 * Starts all services of the lab, except the servers. Restarts a running service only if its settings changed. @param www directory of the
 * package repository
 */
export async function startServices(layout: Layout, blueprint: Blueprint, www: string): Promise<void> {
  for (const directory of [layout.services, layout.logs]) await mkdir(directory, { recursive: true, mode: 0o700 });
  await startNames(layout, blueprint);
  await startMetadata(layout, blueprint);
  await startInternet(layout, blueprint, www);
  const { config } = blueprint.environment;
  if (storageOf(config)) await startArchive(layout, config, await releaseFile(layout, blueprint));
  await startIntake(layout, {
    site: config.monitoring.site,
    apiKeyFile: blueprint.credentials.datadogApiKeyFile,
    authority: blueprint.publicCa,
  });
  await startBalancing(layout, blueprint);
  await startEdgeOf(layout, blueprint);
  await requireServices(layout);
}

/** Checks that all started services are still running. @throws if a service exited; the error contains the end of the service's log */
async function requireServices(layout: Layout): Promise<void> {
  await sleep(0.5);
  for (const name of await startedServices()) {
    if (await serviceRuns(name)) continue;
    const log = await readFile(path.join(layout.logs, `${name}.log`), "utf8");
    throw new Error(
      `lab: service ${name} exited immediately; end of its log:\n${log.trimEnd().split("\n").slice(-5).join("\n")}`,
    );
  }
}

/**
 * Returns the host names that the emulated internet serves: package archives, vendors' repositories, the release's host and the object
 * storage.
 */
async function webHosts(blueprint: Blueprint): Promise<string[]> {
  const mirror = await hostMirror();
  const { config } = blueprint.environment;
  const sources = wantedPackages(blueprint).sources.map(({ url }) => url);
  const urls = [mirror.archive, mirror.security, config.application.url, ...sources, ...(storageOf(config) ?? [])];
  return [...new Set(urls.map((url) => new URL(url).hostname))];
}

/** Returns the endpoint of the object storage, which backups and private releases share; `undefined` if neither is configured. */
const storageOf = ({ backup, application }: Config): readonly [string] | undefined => {
  const { endpoint } = backup ?? application.storage ?? {};
  return endpoint === undefined ? undefined : [endpoint];
};

const hostsAtEdge = (config: Config): readonly string[] =>
  domainsAtEdge(config).flatMap((domain) => siteHosts({ domain }));

async function startNames(layout: Layout, blueprint: Blueprint): Promise<void> {
  const { config } = blueprint.environment;
  const to =
    (host: Host) =>
    (name: string): NameRecord => ({ name, addresses: [host.publicIpv4, host.publicIpv6] });
  const records = [
    ...hostsAtEdge(config).map(to(edge)),
    ...(await webHosts(blueprint)).map(to(internet)),
    ...datadogDomains(config.monitoring.site).map(to(datadogHost)),
  ];
  await startService(layout, { name: "names", host: fabricHost, command: nameServerCommand(records) });
}

async function startMetadata(layout: Layout, blueprint: Blueprint): Promise<void> {
  const settings: MetadataSettings = {
    address: addresses.metadataService,
    servers: blueprint.environment.servers.map((host) => ({
      hostname: host.name,
      instanceId: host.index,
      publicIpv4: host.publicIpv4,
      privateIpv4: host.privateIpv4 ?? "",
      userData: userDataOf(blueprint, host.name),
    })),
  };
  await startStandIn(layout, "metadata", fabricHost, settings);
}

async function startInternet(layout: Layout, blueprint: Blueprint, www: string): Promise<void> {
  const { config } = blueprint.environment;
  const names = await webHosts(blueprint);
  const [storage] = storageOf(config) ?? [];
  const pair = await issue(blueprint.publicCa, layout.secrets, `internet-${digestOf(names)}`, {
    commonName: "internet",
    dnsNames: names,
  });
  const settings: InternetSettings = {
    addresses: [internet.publicIpv4, internet.publicIpv6],
    directories: [await publishRelease(layout, blueprint), www],
    away: layout.away,
    certificate: pair.certificate,
    key: pair.key,
    openPort: 7,
    ...(storage && { storage: { host: new URL(storage).hostname, port: archivePort } }),
  };
  await openEveryPort(internet, [openToAll.ipv4, openToAll.ipv6], settings.openPort);
  await startStandIn(layout, "internet", internet.name, settings);
}

/** Returns the path of the given release's tarball. If no release is given, builds this tree's release. */
const releaseFile = async (layout: Layout, { environment: { release } }: Blueprint): Promise<string> =>
  release ?? (await buildRelease({ folder: layout.services })).path;

/** Publishes the release at the configured URL, except if the release is private. A private release is stored in the object storage. */
async function publishRelease(layout: Layout, blueprint: Blueprint): Promise<string> {
  const { config } = blueprint.environment;
  if (!config.application.storage) await publish(layout, config, await releaseFile(layout, blueprint));
  return publishedFiles(layout);
}

/** Starts all load balancers and registers the web servers. */
export async function startBalancing(layout: Layout, blueprint: Blueprint): Promise<void> {
  const { config, servers } = blueprint.environment;
  const web = serversWithRole(config, "web").map(({ name }) => name);
  const targets = servers.filter(({ name }) => web.includes(name));
  for (const { host, as } of await balancersOf(layout, blueprint))
    await startBalancer(layout, {
      definition: balancerDefinition(as),
      host,
      targets,
      certificate: blueprint.credentials.origin,
    });
  await retarget(layout, blueprint);
}

/** Returns each load balancer with its configuration: the active balancers and, during a load balancer migration, the previous balancer. */
async function balancersOf(layout: Layout, { environment }: Blueprint) {
  const { config, balancer, balancerBefore, balancerSecond } = environment;
  const { former } = await balancerStage(layout, config);
  return [
    ...(former && balancerBefore ? [{ host: balancerBefore, as: former }] : []),
    { host: balancer, as: config },
    ...(balancerSecond ? [{ host: balancerSecond, as: config }] : []),
  ];
}

/**
 * During a load balancer migration, registers each server only with the balancer for which the server was created. Otherwise does nothing.
 */
export async function retarget(layout: Layout, blueprint: Blueprint): Promise<void> {
  const balancers = await balancersOf(layout, blueprint);
  const { config } = blueprint.environment;
  if (balancers.every(({ as }) => as === config)) return;
  const made = serversWithRole(config, "web").map(async ({ name }) => ({
    name,
    label: (await agreementOf(layout, name)) ?? agreement(config),
  }));
  const labels = await Promise.all(made);
  for (const { host, as } of balancers) {
    const its = labels.filter(({ label }) => label === agreement(as));
    await setTargets(
      layout,
      host.name,
      its.map(({ name }) => name),
    );
  }
}

/** Starts the edge. If the edge is already running, only updates the secret header and the targets of host names. */
export async function startEdgeOf(layout: Layout, { environment, credentials, publicCa }: Blueprint): Promise<void> {
  const { config, balancer, balancerSecond } = environment;
  const hosts = hostsAtEdge(config);
  const leads = balancerSecond
    ? await pooledLeads(layout, config, [balancer.name, balancerSecond.name])
    : leadsOf(config, await balancerStage(layout, config));
  const certificate = `edge-${digestOf(hosts)}`;
  await startEdge(layout, {
    certificate: await issue(publicCa, layout.secrets, certificate, { commonName: "edge", dnsNames: hosts }),
    origins: ([1, 2] as const).map((number) => ({
      name: balancerId({ loadBalancer: { number } }),
      ...balancerAddresses[number],
    })),
    second: secondOrigin,
    leads: Object.fromEntries(hosts.map((host) => [host, leads[host] ?? noLead])),
    originCa: credentials.originCa.certificate,
    minimumTlsVersion: config.cloudflare.minimumTlsVersion,
    hsts: config.cloudflare.hsts,
    header: { name: edgeTokenHeader, token: credentials.edgeToken },
    clientCertificate: credentials.originPull,
  });
}

/** Returns the target of each host name for an environment with two active load balancers. */
async function pooledLeads(layout: Layout, config: Config, ids: readonly [string, string]): Promise<Leads> {
  const lead = leadFor(await directionOf(layout), ids);
  return Object.fromEntries(siteHosts(config).map((host) => [host, lead]));
}

/** Directs visitors to one or both load balancers, as `npm run ops balancers` does at Cloudflare. */
export async function direct(layout: Layout, blueprint: Blueprint, changes: Partial<Direction>): Promise<void> {
  await setDirection(layout, changes);
  await startEdgeOf(layout, blueprint);
}

/** Returns a short hash of a list of names, for use in file names. */
const digestOf = (names: readonly string[]): string =>
  createHash("sha256").update(names.join()).digest("hex").slice(0, 8);

/** Writes a settings file and starts a TypeScript program of lab/stand-ins with this file. */
async function startStandIn(
  layout: Layout,
  name: "internet" | "metadata",
  host: string,
  settings: object,
): Promise<void> {
  const file = path.join(layout.services, `${name}.json`);
  const configuration = JSON.stringify(settings);
  await writeFile(file, configuration, { mode: 0o600 });
  const program = fileURLToPath(new URL(`./stand-ins/${name}.ts`, import.meta.url));
  await startService(layout, {
    name,
    host,
    command: [process.execPath, "--import", typescript, program, file],
    configuration,
  });
}

/** Absolute path of the TypeScript loader, so that the loader is found from every working directory. */
const typescript = createRequire(import.meta.url).resolve("tsx");
