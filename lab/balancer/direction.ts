import { readFile } from "node:fs/promises";
import path from "node:path";
import type { Layout } from "../layout.js";
import { writeWhole } from "../system/write-whole.js";

/** How the edge uses two active balancers. It replaces the records at Cloudflare. */
export interface Direction {
  /** Balancers with an A record. */
  readonly to: "both" | "first" | "second";
  /** Whether the edge retries a failed connection once on the other balancer, as Cloudflare does in some plans. */
  readonly retry: boolean;
}

const fileOf = (layout: Layout): string => path.join(layout.state, "direction.json");

/** The current direction. A new lab directs visitors to the first balancer. */
export async function directionOf(layout: Layout): Promise<Direction> {
  const stored = JSON.parse(await readFile(fileOf(layout), "utf8").catch(() => "{}")) as Partial<Direction>;
  return { to: "first", retry: true, ...stored };
}

/** Stores a changed direction. The edge uses it after `startEdgeOf`. */
export const setDirection = async (layout: Layout, changes: Partial<Direction>): Promise<void> =>
  writeWhole(fileOf(layout), JSON.stringify({ ...(await directionOf(layout)), ...changes }));

/** Target at the edge that stands for an origin and the second origin, one of them for each request. @param retry whether a failed connection is retried once on the other origin */
export const poolOf = (origin: string, retry: boolean): string => `both-${retry ? "" : "once-"}${origin}`;

/** Target of the site's host names at the edge. Pure. @param ids the first and the second balancer */
export const leadFor = ({ to, retry }: Direction, [first, second]: readonly [string, string]): string =>
  ({ both: poolOf(first, retry), first, second })[to];
