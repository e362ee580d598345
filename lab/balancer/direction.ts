import { readFile } from "node:fs/promises";
import path from "node:path";
import type { Layout } from "../layout.js";
import { writeWhole } from "../system/write-whole.js";

/** How the edge uses two active load balancers. In production, Cloudflare's DNS records define this. */
export interface Direction {
  /** Load balancers to which the A records point. */
  readonly to: "both" | "first" | "second";
  /** If true, the edge retries a failed connection once on the other load balancer, as Cloudflare does in some plans. */
  readonly retry: boolean;
}

const fileOf = (layout: Layout): string => path.join(layout.state, "direction.json");

/** Returns the stored direction. A new lab directs visitors to the first load balancer. */
export async function directionOf(layout: Layout): Promise<Direction> {
  const stored = JSON.parse(await readFile(fileOf(layout), "utf8").catch(() => "{}")) as Partial<Direction>;
  return { to: "first", retry: true, ...stored };
}

/** Stores a changed direction. The edge uses the stored direction after a call of `startEdgeOf`. */
export const setDirection = async (layout: Layout, changes: Partial<Direction>): Promise<void> =>
  writeWhole(fileOf(layout), JSON.stringify({ ...(await directionOf(layout)), ...changes }));

/**
 * Returns the edge's target for two origins, of which the edge selects one for each request. @param retry true if the edge retries a
 * failed connection once on the other origin
 */
export const poolOf = (origin: string, retry: boolean): string => `both-${retry ? "" : "once-"}${origin}`;

/** Returns the edge's target for the site's host names. @param ids ids of the first and the second load balancer */
export const leadFor = ({ to, retry }: Direction, [first, second]: readonly [string, string]): string =>
  ({ both: poolOf(first, retry), first, second })[to];
