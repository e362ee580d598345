import { targetHealthAt } from "../../lab/balancer/balancer.js";
import { balancerStage, reach } from "../../lab/balancer/changeover.js";
import { Lab } from "../../lab/lab.js";
import { layout } from "../../lab/layout.js";
import { startEdgeOf } from "../../lab/services.js";
import { stopService } from "../../lab/system/service.js";
import type { Balancers, BalancerMigration, Report } from "../core/site.js";
import { renewSurroundings } from "./surroundings.js";

/**
 * Migrates between two load balancers of the lab. Each is a process with its own addresses. The configuration of the edge selects the load
 * balancer.
 */
export class LabBalancers implements Balancers {
  async changeover(): Promise<BalancerMigration> {
    const { config } = (await this.blueprint()).environment;
    const { used, former } = await balancerStage(layout, config);
    return { pointed: used === config.loadBalancer.number, over: former === undefined };
  }

  async healthy(): Promise<readonly string[]> {
    const { balancer } = (await this.blueprint()).environment;
    return (await targetHealthAt(layout, balancer.name)).flatMap(({ target, healthy }) => (healthy ? [target] : []));
  }

  async open(report: Report): Promise<void> {
    // The state may still record a load balancer of an earlier migration as the only one.
    await reach(layout, { only: 0 });
    await renewSurroundings(report);
  }

  async part(): Promise<void> {
    await reach(layout, { used: 0 });
    await startEdgeOf(layout, await this.blueprint());
  }

  async point(): Promise<void> {
    const blueprint = await this.blueprint();
    await reach(layout, { used: blueprint.environment.config.loadBalancer.number });
    await startEdgeOf(layout, blueprint);
  }

  async close(): Promise<void> {
    const blueprint = await this.blueprint();
    const { balancerBefore, config } = blueprint.environment;
    if (balancerBefore) await stopService(balancerBefore.name);
    await reach(layout, { only: config.loadBalancer.number });
    // From now on, the redirect from one domain to the other is permanent.
    await startEdgeOf(layout, blueprint);
  }

  private async blueprint() {
    return (await Lab.attach()).blueprint;
  }
}
