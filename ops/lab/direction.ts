import { targetHealthAt, type TargetHealth } from "../../lab/balancer/balancer.js";
import { directionOf } from "../../lab/balancer/direction.js";
import { Lab } from "../../lab/lab.js";
import { administrator } from "../../lab/network/addresses.js";
import { direct } from "../../lab/services.js";
import { balancersOf } from "../../modules/derived/balancer.js";
import type { BalancerState, Directed, Direction, Report } from "../core/site.js";

/** Returns for each target, by server, whether it is healthy. Pure. */
export const healthOf = (targets: readonly TargetHealth[]): ReadonlyMap<string, boolean> =>
  new Map(
    targets.map(({ target }) => [
      target,
      targets.filter((one) => one.target === target).every(({ healthy }) => healthy),
    ]),
  );

/** Directs the visitors of the lab. The configuration of the lab's edge replaces the DNS records at Cloudflare. */
export class LabDirection implements Direction {
  async balancers(): Promise<readonly BalancerState[]> {
    const lab = await Lab.attach();
    const { config, balancer, balancerSecond } = lab.blueprint.environment;
    const { to } = await directionOf(lab.layout);
    return Promise.all(
      balancersOf(config).map(async ({ which, id, name, location }): Promise<BalancerState> => {
        const address = (which === "first" ? balancer : balancerSecond)?.publicIpv4;
        const health = healthOf(await targetHealthAt(lab.layout, id));
        return {
          ...{ which, name, location },
          ...(address !== undefined && { address }),
          healthy: [...health].flatMap(([server, ok]) => (ok ? [server] : [])),
          refusal: address === undefined ? undefined : await refusalOf(lab, address),
          directed: to === "both" || to === which,
        };
      }),
    );
  }

  async direct(wanted: Directed, _: readonly BalancerState[], report: Report): Promise<void> {
    const { layout, blueprint } = await Lab.attach();
    const { to } = await directionOf(layout);
    if (to === wanted) return;
    await direct(layout, blueprint, { to: wanted });
    report(`edge: ${to} -> ${wanted}`);
  }
}

/** Exit codes of curl if the connection is refused or the connection attempt times out. */
const noConnection = [7, 28];

/** Returns the reason why an address accepts no connection from the administrator's host, or `undefined`. */
async function refusalOf(lab: Lab, address: string): Promise<string | undefined> {
  const options = ["--silent", "--show-error", "--insecure", "--connect-timeout", "5", "--output", "/dev/null"];
  const { exitCode, stderr } = await lab.tryExecIn(administrator.name, ["curl", ...options, `https://${address}`]);
  return noConnection.some((code) => code === exitCode) ? stderr.trim() : undefined;
}
