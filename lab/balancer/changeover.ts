import { mkdir, readFile } from "node:fs/promises";
import path from "node:path";
import { formerOf } from "../../modules/config/agreement.js";
import { balancerId } from "../../modules/config/balancer.js";
import type { Config } from "../../modules/config/schema.js";
import { siteHosts } from "../../modules/platform/names.js";
import type { Layout } from "../layout.js";
import { writeWhole } from "../system/write-whole.js";

/** How far a change from one balancer to another has come: in place of the numbers in Terraform's state. */
interface Reached {
  /** Number of the balancer that visitors are led to, 0 for either by its own name. @default - absent: the one before */
  readonly used?: number;
  /** Number of the balancer beside which there is no other. @default - absent: there are two */
  readonly only?: number;
}

const fileOf = (layout: Layout): string => path.join(layout.state, "changeover.json");

const read = async (layout: Layout): Promise<Reached> =>
  JSON.parse(await readFile(fileOf(layout), "utf8").catch(() => "{}")) as Reached;

/** Writes one of the numbers down, or both. */
export async function reach(layout: Layout, reached: Reached): Promise<void> {
  await mkdir(layout.state, { recursive: true });
  await writeWhole(fileOf(layout), JSON.stringify({ ...(await read(layout)), ...reached }));
}

/** The balancers that there are, and which of them visitors are led to. */
export interface BalancerStage {
  readonly used: number;
  /** The environment as the balancer before knows it. @default - absent: there is one balancer */
  readonly former?: Config;
}

/** What the configuration and the numbers make of each other, as modules/hetzner/load-balancer/changeover.ts lets Terraform do it. */
export async function balancerStage(layout: Layout, config: Config): Promise<BalancerStage> {
  const { number } = config.loadBalancer;
  const former = formerOf(config);
  if (former === undefined) return { used: number };
  const { used = former.loadBalancer.number, only } = await read(layout);
  return only === number ? { used } : { used, former };
}

/** What becomes of visitors at the edge, by the name that they ask for: a balancer, or the status and the name that leads them away. */
export function leadsOf(config: Config, { used, former: isThere }: BalancerStage): Readonly<Record<string, string>> {
  const former = formerOf(config) ?? config;
  const served = [config, former].find(({ loadBalancer }) => loadBalancer.number === used);
  const leadOf = (as: Config): string => {
    if (as.domain === served?.domain || served === undefined) return balancerId(served ?? as);
    return `${isThere ? 307 : 308}|https://${siteHosts(served)[0]}`;
  };
  return Object.fromEntries([former, config].flatMap((as) => siteHosts(as).map((host) => [host, leadOf(as)])));
}
