import { mkdir, readFile } from "node:fs/promises";
import path from "node:path";
import { formerOf } from "../../modules/derived/agreement.js";
import { balancerId } from "../../modules/derived/balancer.js";
import type { Config } from "../../modules/config/schema.js";
import { siteHosts } from "../../modules/platform/names.js";
import type { Layout } from "../layout.js";
import { writeWhole } from "../system/write-whole.js";

/** Progress of a load balancer migration. It replaces the numbers in Terraform's state. */
interface MigrationState {
  /** Number of the visitors' balancer, or 0 if each domain uses its own balancer. @default - absent: the previous balancer */
  readonly used?: number;
  /** Number of the only balancer. @default - absent: there are two balancers */
  readonly only?: number;
}

const fileOf = (layout: Layout): string => path.join(layout.state, "changeover.json");

const read = async (layout: Layout): Promise<MigrationState> =>
  JSON.parse(await readFile(fileOf(layout), "utf8").catch(() => "{}")) as MigrationState;

/** Stores one or both numbers. */
export async function reach(layout: Layout, reached: MigrationState): Promise<void> {
  await mkdir(layout.state, { recursive: true });
  await writeWhole(fileOf(layout), JSON.stringify({ ...(await read(layout)), ...reached }));
}

/** The existing balancers and the number of the visitors' balancer. */
export interface BalancerStage {
  readonly used: number;
  /** The environment of the previous balancer. @default - absent: there is only one balancer */
  readonly former?: Config;
}

/** Computes the stage from the configuration and the stored numbers, like modules/hetzner/load-balancer/changeover.ts with Terraform. */
export async function balancerStage(layout: Layout, config: Config): Promise<BalancerStage> {
  const { number } = config.loadBalancer;
  const former = formerOf(config);
  if (former === undefined) return { used: number };
  const { used = former.loadBalancer.number, only } = await read(layout);
  return only === number ? { used } : { used, former };
}

/** Target of each host name at the edge: a balancer, or a redirect status with the target address. */
export function leadsOf(config: Config, { used, former: isThere }: BalancerStage): Readonly<Record<string, string>> {
  const former = formerOf(config) ?? config;
  const served = [config, former].find(({ loadBalancer }) => loadBalancer.number === used);
  const leadOf = (as: Config): string => {
    if (as.domain === served?.domain || served === undefined) return balancerId(served ?? as);
    return `${isThere ? 307 : 308}|https://${siteHosts(served)[0]}`;
  };
  return Object.fromEntries([former, config].flatMap((as) => siteHosts(as).map((host) => [host, leadOf(as)])));
}
