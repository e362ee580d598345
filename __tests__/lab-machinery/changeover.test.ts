import { describe, expect, it } from "vitest";
import { balancerStage, reach } from "../../lab/balancer/changeover.js";
import { layout } from "../../lab/layout.js";
import { exampleConfig } from "../support/config.js";
import { temporaryFolder } from "../support/payload-files.js";

const there = exampleConfig({
  tls: "passthrough",
  network: { balancerIp: "10.0.1.6" },
  loadBalancer: { number: 2, formerly: { tls: "terminate", balancerIp: "10.0.1.5" } },
});
const back = exampleConfig({ loadBalancer: { number: 1, formerly: { tls: "passthrough", balancerIp: "10.0.1.6" } } });

describe("the lab's balancers", () => {
  it("are one where the configuration names no other", async () => {
    const lab = { ...layout, state: temporaryFolder() };
    expect(await balancerStage(lab, exampleConfig())).toEqual({ used: 1 });
  });

  it("are two until the new one is noted as the only one, there and back, as in Terraform's state", async () => {
    const lab = { ...layout, state: temporaryFolder() };
    const stage = async (config: typeof there) => {
      const { used, former } = await balancerStage(lab, config);
      return [used, former?.loadBalancer.number, former?.tls, former?.network.balancerIp];
    };
    expect(await stage(there)).toEqual([1, 1, "terminate", "10.0.1.5"]);
    await reach(lab, { used: 2 });
    expect(await stage(there)).toEqual([2, 1, "terminate", "10.0.1.5"]);
    // taken back from the middle
    expect(await stage(back)).toEqual([2, 2, "passthrough", "10.0.1.6"]);
    await reach(lab, { only: 2 });
    expect(await stage(there)).toEqual([2, undefined, undefined, undefined]);
    expect(await stage(back)).toEqual([2, 2, "passthrough", "10.0.1.6"]);
    await reach(lab, { used: 1, only: 1 });
    expect(await stage(back)).toEqual([1, undefined, undefined, undefined]);
  });
});
