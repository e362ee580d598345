import { expect, it } from "vitest";
import { balancerStage, leadsOf, reach } from "../../lab/balancer/changeover.js";
import { formerOf } from "../../modules/derived/agreement.js";
import { domainsAtEdge } from "../../lab/environment.js";
import { layout } from "../../lab/layout.js";
import { exampleConfig, exampleMove } from "../support/config.js";
import { temporaryFolder } from "../support/payload-files.js";

const there = exampleConfig({
  tls: "passthrough",
  network: { balancerIp: "10.0.1.6" },
  loadBalancer: { number: 2, formerly: { tls: "terminate", balancerIp: "10.0.1.5" } },
});
const back = exampleConfig({ loadBalancer: { number: 1, formerly: { tls: "passthrough", balancerIp: "10.0.1.6" } } });

it("the lab has a single load balancer if the configuration has no previous load balancer", async () => {
  const lab = { ...layout, state: temporaryFolder() };
  expect(await balancerStage(lab, exampleConfig())).toEqual({ used: 1 });
});

it("during a load balancer migration in either direction, the lab has two load balancers until only the new one is recorded", async () => {
  const lab = { ...layout, state: temporaryFolder() };
  const stage = async (config: typeof there) => {
    const { used, former } = await balancerStage(lab, config);
    return [used, former?.loadBalancer.number, former?.tls, former?.network.balancerIp];
  };
  expect(await stage(there)).toEqual([1, 1, "terminate", "10.0.1.5"]);
  await reach(lab, { used: 2 });
  expect(await stage(there)).toEqual([2, 1, "terminate", "10.0.1.5"]);
  // The configuration is reverted in the middle of the migration.
  expect(await stage(back)).toEqual([2, 2, "passthrough", "10.0.1.6"]);
  await reach(lab, { only: 2 });
  expect(await stage(there)).toEqual([2, undefined, undefined, undefined]);
  expect(await stage(back)).toEqual([2, 2, "passthrough", "10.0.1.6"]);
  await reach(lab, { used: 1, only: 1 });
  expect(await stage(back)).toEqual([1, undefined, undefined, undefined]);
});

const number = (used: 0 | 1 | 2) => ({ used });
const moved = exampleConfig(exampleMove);
const former = formerOf(moved);

it("host names on the lab's edge lead to the load balancer that the state records as used", () => {
  expect(leadsOf(exampleConfig(), number(1))).toEqual({ "www.foobar.com": "balancer", "foobar.com": "balancer" });
  expect(leadsOf(there, { used: 1, former: formerOf(there) })["www.foobar.com"]).toBe("balancer");
  expect(leadsOf(there, { used: 2, former: formerOf(there) })["www.foobar.com"]).toBe("balancer-2");
});

it("during a change of the domain, the emulated edge redirects first the new name, later the old name, and finally the old name permanently", () => {
  const both = (old: string, now: string) => ({
    "www.foobar.com": old,
    "foobar.com": old,
    "www.foobar.net": now,
    "foobar.net": now,
  });
  expect(leadsOf(moved, { used: 1, former })).toEqual(both("balancer", "307|https://www.foobar.com"));
  expect(leadsOf(moved, { used: 0, former })).toEqual(both("balancer", "balancer-2"));
  expect(leadsOf(moved, { used: 2, former })).toEqual(both("307|https://www.foobar.net", "balancer-2"));
  expect(leadsOf(moved, { used: 2 })).toEqual(both("308|https://www.foobar.net", "balancer-2"));
});

it("the lab's edge serves both domains before, during and after a change of the domain", () => {
  const now = { domain: "foobar.net", certificate: { generation: 2 } };
  const formerly = { domain: "foobar.com", tls: "terminate", balancerIp: "10.0.1.6" } as const;
  const all = [exampleConfig(), exampleConfig({ ...now, loadBalancer: { number: 2, formerly } }), exampleConfig(now)];
  expect(all.map(domainsAtEdge)).toEqual(all.map(() => ["foobar.com", "foobar.net"]));
});
