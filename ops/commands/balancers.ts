import { type Fault, verdictOf } from "../core/faults.js";
import type { Progress } from "../core/progress.js";
import { type BalancerState, type Directed, type Direction, directions } from "../core/site.js";

/** Parses the argument `both`, `first` or `second`. @throws Error that lists these values */
export function directedNamed(text: string): Directed {
  const found = directions.find((one) => one === text);
  if (found === undefined) throw new Error(`balancers: must be one of ${directions.join(", ")}, got ${text}`);
  return found;
}

/** Returns the reasons why a load balancer cannot serve visitors. Pure. */
function faultsOf({ name, location, address, healthy, refusal }: BalancerState): readonly Fault[] {
  const texts = [
    ...(address === undefined
      ? [healthy ? "does not exist" : "Hetzner's API does not answer, and the DNS records do not contain its address"]
      : []),
    ...(refusal === undefined ? [] : [`${address} accepts no connections: ${refusal}`]),
    ...(address !== undefined && healthy?.length === 0 ? ["considers no web server healthy"] : []),
  ];
  return texts.map((text) => ({ kind: "balancer-idle", text: `${name} (${location}): ${text}` }));
}

const serves = (wanted: Directed, { which }: Pick<BalancerState, "which">): boolean =>
  wanted === "both" || wanted === which;

/**
 * Directs visitors to one or both load balancers.
 * @throws Error before any change, if a chosen load balancer cannot serve visitors; the message names a load balancer that can
 */
export async function direct(direction: Direction, wanted: Directed, progress: Progress): Promise<void> {
  const balancers = await progress.step("checks the load balancers", async (report) => {
    const found = await direction.balancers();
    for (const balancer of found) report(lineOf(balancer));
    return found;
  });
  const chosen = balancers.filter((balancer) => serves(wanted, balancer));
  if (wanted !== "first" && balancers.length < 2)
    throw new Error("refused: loadBalancer.second is not set, so there is only one load balancer");
  const faults = chosen.flatMap(faultsOf).filter((fault) => verdictOf(fault, "balancers") === "stops");
  if (faults.length > 0) {
    const able = balancers.filter((balancer) => faultsOf(balancer).length === 0);
    throw new Error(
      `refused, nothing was changed:\n  ${faults.map(({ text }) => text).join("\n  ")}\n` +
        (able.length === 0
          ? "no other load balancer can serve visitors either"
          : `a load balancer can serve visitors; run npm run ops balancers ${able[0]?.which}`),
    );
  }
  await progress.step(`directs visitors to ${chosen.map(({ name }) => name).join(" and ")}`, (report) =>
    direction.direct(wanted, balancers, report),
  );
  progress.say("Cloudflare's data centres apply the change within seconds; later deploys do not change it");
}

/**
 * Prints the state of the load balancers. @returns exit code: 1 if visitors are directed to a load balancer that cannot serve them, or are
 * not directed to one that can
 */
export async function showBalancers(direction: Direction, say: (line: string) => void): Promise<number> {
  const balancers = await direction.balancers();
  for (const balancer of balancers) say(lineOf(balancer));
  return balancers.every((balancer) => balancer.directed === (faultsOf(balancer).length === 0)) ? 0 : 1;
}

function lineOf(balancer: BalancerState): string {
  const { which, name, location, address, healthy, directed } = balancer;
  const faults = faultsOf(balancer).map(({ text }) => text.slice(text.indexOf(": ") + 2));
  return [
    `${which}: ${name} in ${location}, ${address ?? "no address"}`,
    directed ? "gets visitors" : "no visitors",
    ...(faults.length > 0 ? faults : [`healthy: ${healthy?.join(", ") ?? "unknown, Hetzner's API does not answer"}`]),
  ].join("; ");
}
