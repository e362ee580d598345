import { mkdir, readFile } from "node:fs/promises";
import path from "node:path";
import { formerOf } from "../../modules/derived/agreement.js";
import { balancerId } from "../../modules/derived/balancer.js";
import type { Config } from "../../modules/config/schema.js";
import { siteHosts } from "../../modules/platform/names.js";
import type { Layout } from "../layout.js";
import { writeWhole } from "../system/write-whole.js";

/** Stored progress of a load balancer migration. Production stores the same numbers in Terraform's state. */
interface MigrationState {
  /**
   * Number of the load balancer that visitors use; 0 if each domain uses the domain's own load balancer. @default - the previous load
   * balancer
   */
  readonly used?: number;
  /** Number of the only load balancer. @default - none: two load balancers exist */
  readonly only?: number;
}

const fileOf = (layout: Layout): string => path.join(layout.state, "changeover.json");

const read = async (layout: Layout): Promise<MigrationState> =>
  JSON.parse(await readFile(fileOf(layout), "utf8").catch(() => "{}")) as MigrationState;

/** Stores the progress of a load balancer migration. Omitted numbers remain unchanged. */
export async function reach(layout: Layout, reached: MigrationState): Promise<void> {
  await mkdir(layout.state, { recursive: true });
  await writeWhole(fileOf(layout), JSON.stringify({ ...(await read(layout)), ...reached }));
}

/** Stage of a load balancer migration: the existing load balancers and the number of the load balancer that visitors use. */
export interface BalancerStage {
  readonly used: number;
  /** Configuration of the previous load balancer. @default - none: only one load balancer exists */
  readonly former?: Config;
}

/**
 * Returns the stage that results from the configuration and the stored numbers. In production, modules/hetzner/load-balancer/changeover.ts
 * does the same.
 */
export async function balancerStage(layout: Layout, config: Config): Promise<BalancerStage> {
  const { number } = config.loadBalancer;
  const former = formerOf(config);
  if (former === undefined) return { used: number };
  const { used = former.loadBalancer.number, only } = await read(layout);
  return only === number ? { used } : { used, former };
}

/** Returns the target of each host name at the edge. A target is a load balancer, or a redirect status with the new URL. */
export function leadsOf(config: Config, { used, former: isThere }: BalancerStage): Readonly<Record<string, string>> {
  const former = formerOf(config) ?? config;
  const served = [config, former].find(({ loadBalancer }) => loadBalancer.number === used);
  const leadOf = (as: Config): string => {
    if (as.domain === served?.domain || served === undefined) return balancerId(served ?? as);
    return `${isThere ? 307 : 308}|https://${siteHosts(served)[0]}`;
  };
  return Object.fromEntries([former, config].flatMap((as) => siteHosts(as).map((host) => [host, leadOf(as)])));
}
