import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import type { BalancerDefinition } from "../../modules/config/balancer.js";
import type { Layout } from "../layout.js";
import type { KeyPair } from "../keys/certificates.js";
import type { Host } from "../network/addresses.js";
import { startService } from "../system/service.js";
import { askHaproxy } from "./ask.js";
import { checkPrefix, haproxyConfig } from "./haproxy.js";

const service = "balancer";
const socketOf = (layout: Layout): string => path.join(layout.services, "balancer.sock");

/** What {@link startBalancer} needs. */
export interface BalancerProps {
  /** What the real balancer is made from too. */
  readonly definition: BalancerDefinition;
  /** Host of the lab whose addresses it listens on. */
  readonly host: Host;
  /** Web servers, reached by their private addresses. */
  readonly targets: readonly Host[];
  /** What https services show. */
  readonly certificate: KeyPair;
}

/** Starts the load balancer, or starts it anew when its definition has changed. */
export async function startBalancer(
  layout: Layout,
  { definition, host, targets, certificate }: BalancerProps,
): Promise<void> {
  const bundle = bundleOf(layout);
  const file = path.join(layout.services, "balancer.cfg");
  await writeBundle(bundle, certificate);
  const config = haproxyConfig({ definition, host, targets, certificateBundle: bundle, socket: socketOf(layout) });
  await writeFile(file, config);
  const command = ["haproxy", "-db", "-f", file] as const;
  await startService(layout, { name: service, host: host.name, command, configuration: config });
}

/** Lets the load balancer that runs show another certificate: no connection ends, as with the provider. */
export async function showCertificate(layout: Layout, certificate: KeyPair): Promise<void> {
  const bundle = bundleOf(layout);
  const pem = await writeBundle(bundle, certificate);
  // An empty line ends what comes after <<.
  await askHaproxy(socketOf(layout), `set ssl cert ${bundle} <<\n${pem.trimEnd()}\n`);
  const told = await askHaproxy(socketOf(layout), `commit ssl cert ${bundle}`);
  if (!told.includes("Success")) throw new Error(`lab: the balancer does not take the certificate: ${told.trim()}`);
}

const bundleOf = (layout: Layout): string => path.join(layout.services, "balancer.pem");

async function writeBundle(bundle: string, { certificate, key }: KeyPair): Promise<string> {
  const pem = (await readFile(certificate, "utf8")) + (await readFile(key, "utf8"));
  await writeFile(bundle, pem, { mode: 0o600 });
  return pem;
}

/** What the health check says about one target of one service. */
export interface TargetHealth {
  readonly service: string;
  readonly target: string;
  readonly healthy: boolean;
  /** Result of the last check, for example "L7OK/200". */
  readonly lastCheck: string;
  /** How often it was taken out since the balancer started. */
  readonly removals: number;
}

/** Health of every target, as the balancer sees it now; empty when it does not run. */
export async function targetHealth(layout: Layout): Promise<TargetHealth[]> {
  const answer = await askHaproxy(socketOf(layout), "show stat -1 4 -1").catch(() => "");
  const [header = "", ...rows] = answer.trim().split("\n");
  const columns = header.replace(/^# /, "").split(",");
  return rows.flatMap((row) => {
    const cells = row.split(",");
    const cell = (name: string): string => cells[columns.indexOf(name)] ?? "";
    const section = cell("pxname");
    if (!section.startsWith(checkPrefix) || cell("status") === "MAINT") return [];
    return {
      service: section.slice(checkPrefix.length),
      target: cell("svname"),
      healthy: cell("status").startsWith("UP"),
      removals: Number(cell("chkdown")),
      lastCheck: [cell("check_status"), cell("check_code")].filter((part) => part !== "").join("/"),
    };
  });
}

/** Takes a target off the balancer while it runs, as the provider does; the next change of its definition starts it without. */
export async function removeTarget(layout: Layout, name: string): Promise<void> {
  for (const { service, target } of await targetHealth(layout))
    if (target === name)
      await askHaproxy(socketOf(layout), `set server ${checkPrefix}${service}/${target} state maint`);
}
