import { describe, expect, it } from "vitest";
import { agreement, formerOf } from "../../modules/config/agreement.js";
import type { Config } from "../../modules/config/schema.js";
import { changingOver } from "../../ops/commands/changeover.js";
import type { Context } from "../../ops/core/maintain.js";
import { Progress } from "../../ops/core/progress.js";
import type { Balancers } from "../../ops/core/site.js";
import { exampleConfig } from "../support/config.js";
import { cloudServer } from "./support/snapshot.js";

const names = ["alpha", "bravo", "charlie"] as const;
type Name = (typeof names)[number];

/** Passthrough takes over from terminate. */
const takesOver = exampleConfig({
  tls: "passthrough",
  network: { balancerIp: "10.0.1.6" },
  loadBalancer: { number: 2, formerly: { tls: "terminate", balancerIp: "10.0.1.5" } },
});
/** The way back, also from the middle of it. */
const goesBack = exampleConfig({
  loadBalancer: { number: 1, formerly: { tls: "passthrough", balancerIp: "10.0.1.6" } },
});
const plain = exampleConfig();

/** Somebody ended the program at this moment. */
const killed = new Error("killed");

/**
 * A site whose servers serve whom they were made for, and that notes where visitors would find nobody.
 * @param web how many of the three servers there are
 */
class World {
  readonly done: string[] = [];
  readonly outages: string[] = [];
  madeFor: Partial<Record<Name, string>>;
  balancers = new Set([1]);
  used = 1;
  only = 0;
  inHand: string | undefined;

  constructor(readonly web = 3) {
    this.madeFor = Object.fromEntries(names.slice(0, web).map((name) => [name, agreement(plain)]));
  }

  /** Runs a rollout. @param moments of those at which it can be killed it is at the last one */
  async rollout(config: Config, moments = Infinity): Promise<void> {
    let left = moments;
    const moment = (what: string): void => {
      this.done.push(what);
      this.lookAtVisitors(config, what);
      if (--left < 0) throw killed;
    };
    const former = formerOf(config);
    const { number } = config.loadBalancer;
    const healthy = (): Name[] => names.filter((name) => this.madeFor[name] === agreement(config));
    const balancers: Balancers = {
      changeover: () =>
        Promise.resolve({ pointed: this.used === number, over: this.only === number && this.balancers.size === 1 }),
      healthy: () => Promise.resolve(healthy()),
      open: () => {
        moment("opens");
        this.only = 0;
        this.balancers.add(number);
        moment("opened");
        return Promise.resolve();
      },
      point: () => {
        moment("points");
        this.used = number;
        moment("pointed");
        return Promise.resolve();
      },
      close: () => {
        moment("closes");
        this.balancers = new Set([number]);
        moment("is alone");
        this.only = number;
        return Promise.resolve();
      },
    };
    const context = {
      site: {
        config: { ...config, servers: config.servers.slice(0, this.web) },
        cloud: {
          servers: () =>
            Promise.resolve(
              names.flatMap((name) =>
                this.madeFor[name] ? [cloudServer(name, { agreement: this.madeFor[name] })] : [],
              ),
            ),
        },
        ...(former && { balancers }),
        secrets: { spreadSeconds: 0 },
      },
      lock: { inHand: this.inHand },
      progress: new Progress(() => undefined),
    };
    const takeNext = (): Promise<boolean> => {
      const next = this.inHand ?? names.slice(0, this.web).find((name) => this.madeFor[name] !== agreement(config));
      if (next === undefined) return Promise.resolve(false);
      this.inHand = context.lock.inHand = next;
      delete this.madeFor[next as Name];
      moment(`${next} is off`);
      this.madeFor[next as Name] = agreement(config);
      moment(`${next} is made`);
      this.inHand = context.lock.inHand = undefined;
      return Promise.resolve(true);
    };
    // A throw in takeNext is a rejection, as that of an asynchronous one.
    await changingOver(context as unknown as Context, async () => takeNext());
  }

  private lookAtVisitors(config: Config, what: string): void {
    const all = [config, formerOf(config) ?? config];
    const serving = all.find(({ loadBalancer }) => loadBalancer.number === this.used);
    const serves =
      serving !== undefined &&
      this.balancers.has(this.used) &&
      names.some((name) => this.madeFor[name] === agreement(serving));
    if (!serves) this.outages.push(what);
  }
}

const wholeChange = [
  ...["opens", "opened", "alpha is off", "alpha is made", "bravo is off", "bravo is made", "points", "pointed"],
  ...["charlie is off", "charlie is made", "closes", "is alone"],
];

describe("a change of the balancer", () => {
  it("makes the second one first, points at it when half are there, and takes the other one last", async () => {
    const world = new World();
    await world.rollout(takesOver);
    expect(world).toMatchObject({ done: wholeChange, outages: [], balancers: new Set([2]), used: 2, only: 2 });
  });

  it("points at the new one before the last of two servers is taken; one alone cannot do without a gap", async () => {
    const two = new World(2);
    await two.rollout(takesOver);
    expect(two.done.indexOf("pointed")).toBeLessThan(two.done.indexOf("bravo is off"));
    expect(two.outages).toEqual([]);
    const one = new World(1);
    await one.rollout(takesOver);
    expect(one).toMatchObject({ outages: ["alpha is off", "alpha is made", "points"], used: 2, only: 2 });
  });

  it("does nothing when it is over, though the configuration still names it", async () => {
    const world = new World();
    await world.rollout(takesOver);
    world.done.length = 0;
    await world.rollout(takesOver);
    expect(world.done).toEqual([]);
  });

  it.each(wholeChange.map((what, index) => [what, index] as const))(
    "goes on where it was killed, without an outage: %s",
    async (_, index) => {
      const world = new World();
      await expect(world.rollout(takesOver, index)).rejects.toBe(killed);
      await world.rollout(takesOver);
      expect(world).toMatchObject({ outages: [], balancers: new Set([2]), used: 2, only: 2, inHand: undefined });
    },
  );

  it.each(wholeChange.map((what, index) => [what, index] as const))(
    "is taken back from wherever it was killed, without an outage: %s",
    async (_, index) => {
      const world = new World();
      await expect(world.rollout(takesOver, index)).rejects.toBe(killed);
      await world.rollout(goesBack);
      expect(world).toMatchObject({ outages: [], balancers: new Set([1]), used: 1, only: 1, inHand: undefined });
      await world.rollout(takesOver, index).catch(() => undefined);
      await world.rollout(takesOver);
      expect(world).toMatchObject({ outages: [], balancers: new Set([2]), used: 2, only: 2 });
    },
  );
});

describe("servers that were made for another balancer", () => {
  it("are refused with what differs, and with the lines that make the change possible", async () => {
    const world = new World();
    await expect(world.rollout(exampleConfig({ tls: "passthrough" }))).rejects.toThrow(
      [
        "refused, for a balancer speaks one agreement at a time:",
        '  alpha: tls is "passthrough", it was made for "terminate"',
        '  bravo: tls is "passthrough", it was made for "terminate"',
        '  charlie: tls is "passthrough", it was made for "terminate"',
        "nothing was changed. To roll out something else, set the old value again. To change it, write into environments/production.ts, and run this again:",
        '  loadBalancer: { number: 2, formerly: { tls: "terminate", balancerIp: "10.0.1.5" } }',
        "  network.balancerIp: another address than the one before, for both balancers stand side by side",
      ].join("\n"),
    );
    expect(world.done).toEqual([]);
  });

  it("are refused with the lines of what they were made for, where the configuration names something else", async () => {
    const wrong = exampleConfig({
      tls: "passthrough",
      network: { balancerIp: "10.0.1.6" },
      loadBalancer: { number: 2, formerly: { tls: "terminate", balancerIp: "10.0.1.7" } },
    });
    await expect(new World().rollout(wrong)).rejects.toThrow(
      'loadBalancer: { number: 2, formerly: { tls: "terminate", balancerIp: "10.0.1.5" } }',
    );
  });

  it("are refused with the way by hand where the domain is another", async () => {
    await expect(new World().rollout(exampleConfig({ domain: "other.example.org" }))).rejects.toThrow(
      /alpha: domain is other\.example\.org, it was made for another\n[^]*docs\/changes\.md, "Change the domain"$/,
    );
  });

  it("are refused where nobody knows what they were made for", async () => {
    const world = new World();
    world.madeFor.bravo = "none";
    await expect(world.rollout(plain)).rejects.toThrow(/bravo: .*\n[^]*by hand/);
  });

  it("and for the balancer before are refused when that is gone", async () => {
    const world = new World();
    await world.rollout(takesOver);
    world.madeFor.charlie = agreement(plain);
    await expect(world.rollout(takesOver)).rejects.toThrow(/charlie: tls is/);
  });
});
