import { targetHealthAt } from "../../lab/balancer/balancer.js";
import { balancerStage, reach } from "../../lab/balancer/changeover.js";
import { Lab } from "../../lab/lab.js";
import { layout } from "../../lab/layout.js";
import { startEdgeOf } from "../../lab/services.js";
import { stopService } from "../../lab/system/service.js";
import type { Balancers, BalancerMigration, Report } from "../core/site.js";
import { renewSurroundings } from "./surroundings.js";

/** Two balancers as the lab has them: each a process and addresses of its own, and an edge that is told which of them to use. */
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
    // One of an earlier change may have been noted as the only one.
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
    // Only now is what leads from one name to the other for good.
    await startEdgeOf(layout, blueprint);
  }

  private async blueprint() {
    return (await Lab.attach()).blueprint;
  }
}
