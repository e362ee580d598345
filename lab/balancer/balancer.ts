import { readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import type { BalancerDefinition } from "../../modules/derived/balancer.js";
import type { Layout } from "../layout.js";
import type { KeyPair } from "../keys/certificates.js";
import type { Host } from "../network/addresses.js";
import { startService } from "../system/service.js";
import { waitFor } from "../system/shell.js";
import { askHaproxy } from "./ask.js";
import { checkPrefix, haproxyConfig } from "./haproxy.js";

/** Returns the names of all started load balancers. */
async function names(layout: Layout): Promise<readonly string[]> {
  const files = await readdir(layout.services).catch(() => []);
  return files.flatMap((file) => /^(balancer.*)\.sock$/.exec(file)?.[1] ?? []).sort();
}

const socketOf = (layout: Layout, name: string): string => path.join(layout.services, `${name}.sock`);

/** Properties of {@link startBalancer}. */
export interface LabBalancerProps {
  /** Definition of the load balancer, the same as for the load balancer at Hetzner. */
  readonly definition: BalancerDefinition;
  /** Lab host with the load balancer's addresses. */
  readonly host: Host;
  /** Web servers. The load balancer connects to the private addresses of the web servers. */
  readonly targets: readonly Host[];
  /** Certificate of the load balancer's https services. */
  readonly certificate: KeyPair;
}

/** Starts a load balancer. If a running load balancer has another configuration, restarts the load balancer. */
export async function startBalancer(
  layout: Layout,
  { definition, host, targets, certificate }: LabBalancerProps,
): Promise<void> {
  const { name } = host;
  const bundle = bundleOf(layout, name);
  const file = path.join(layout.services, `${name}.cfg`);
  await writeBundle(bundle, certificate);
  const socket = socketOf(layout, name);
  const config = haproxyConfig({ definition, host, targets, certificateBundle: bundle, socket });
  await writeFile(file, config);
  await startService(layout, { name, host: name, command: ["haproxy", "-db", "-f", file], configuration: config });
}

/** Replaces the certificate of a running load balancer without closing connections, as Hetzner does. */
export async function showCertificate(
  layout: Layout,
  { name }: Pick<Host, "name">,
  certificate: KeyPair,
): Promise<void> {
  const bundle = bundleOf(layout, name);
  const pem = await writeBundle(bundle, certificate);
  // In HAProxy's protocol, an empty line ends the value after <<.
  await askHaproxy(socketOf(layout, name), `set ssl cert ${bundle} <<\n${pem.trimEnd()}\n`);
  const told = await askHaproxy(socketOf(layout, name), `commit ssl cert ${bundle}`);
  if (!told.includes("Success")) throw new Error(`lab: the balancer rejected the certificate: ${told.trim()}`);
}

const bundleOf = (layout: Layout, name: string): string => path.join(layout.services, `${name}.pem`);

async function writeBundle(bundle: string, { certificate, key }: KeyPair): Promise<string> {
  const pem = (await readFile(certificate, "utf8")) + (await readFile(key, "utf8"));
  await writeFile(bundle, pem, { mode: 0o600 });
  return pem;
}

/** Health check result for one target of one service. */
export interface TargetHealth {
  readonly service: string;
  readonly target: string;
  readonly healthy: boolean;
  /** Result of the last health check in HAProxy's notation, for example "L7OK/200". */
  readonly lastCheck: string;
  /** How many times the health check has marked the target as down since the start of the load balancer. */
  readonly removals: number;
}

/** Returns the current health of all targets of all load balancers; empty if no load balancer is running. */
export async function targetHealth(layout: Layout): Promise<TargetHealth[]> {
  return (await Promise.all((await names(layout)).map((name) => targetHealthAt(layout, name)))).flat();
}

/** Returns the current health of all targets of one load balancer. */
export async function targetHealthAt(layout: Layout, name: string): Promise<TargetHealth[]> {
  const rows = await serversOf(layout, name);
  return rows.flatMap(({ isTarget, ...health }) => (isTarget ? [health] : []));
}

/** Returns all servers in a load balancer's configuration, including servers that are currently not targets. */
async function serversOf(layout: Layout, name: string): Promise<(TargetHealth & { readonly isTarget: boolean })[]> {
  const answer = await askHaproxy(socketOf(layout, name), "show stat -1 4 -1").catch(() => "");
  const [header = "", ...rows] = answer.trim().split("\n");
  const columns = header.replace(/^# /, "").split(",");
  return rows.flatMap((row) => {
    const cells = row.split(",");
    const cell = (column: string): string => cells[columns.indexOf(column)] ?? "";
    const section = cell("pxname");
    if (!section.startsWith(checkPrefix)) return [];
    return {
      service: section.slice(checkPrefix.length),
      target: cell("svname"),
      healthy: cell("status").startsWith("UP"),
      removals: Number(cell("chkdown")),
      lastCheck: [cell("check_status"), cell("check_code")].filter((part) => part !== "").join("/"),
      isTarget: cell("status") !== "MAINT",
    };
  });
}

/** Sets the targets of a running load balancer. Connections to removed targets stay open, as at Hetzner. */
export async function setTargets(layout: Layout, name: string, targets: readonly string[]): Promise<void> {
  const servers = await waitFor(`targets of ${name}`, async () => {
    const found = await serversOf(layout, name);
    return found.length > 0 ? found : undefined;
  });
  for (const { service, target, isTarget } of servers) {
    const isWanted = targets.includes(target);
    if (isWanted !== isTarget) await setState(layout, name, { service, target }, isWanted ? "new" : "maint");
  }
}

/**
 * Removes a target from the running load balancers, as Hetzner does. The next restart of a load balancer uses the targets in the load
 * balancer's configuration file.
 */
export async function removeTarget(layout: Layout, server: string): Promise<void> {
  for (const name of await names(layout))
    for (const { service, target } of await targetHealthAt(layout, name))
      if (target === server) await setState(layout, name, { service, target }, "maint");
}

/**
 * Functions that return the HAProxy commands to add or remove a target. A new target receives no requests until a health check has
 * succeeded.
 */
const states = {
  new: (server: string) => `set server ${server} state ready; set server ${server} health down`,
  maint: (server: string) => `set server ${server} state maint`,
} as const;

const setState = (
  layout: Layout,
  name: string,
  { service, target }: Pick<TargetHealth, "service" | "target">,
  state: keyof typeof states,
): Promise<string> => askHaproxy(socketOf(layout, name), states[state](`${checkPrefix}${service}/${target}`));
