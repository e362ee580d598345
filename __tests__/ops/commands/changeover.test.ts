import { describe, expect, it } from "vitest";
import { agreement, formerOf } from "../../../modules/derived/agreement.js";
import type { Config } from "../../../modules/config/schema.js";
import { changingOver, sayChangeover } from "../../../ops/commands/changeover.js";
import type { Context } from "../../../ops/core/maintain.js";
import { Progress } from "../../../ops/core/progress.js";
import type { Balancers, Site } from "../../../ops/core/site.js";
import { exampleConfig, exampleMove } from "../../support/config.js";
import { cloudServer } from "../support/snapshot.js";

const names = ["alpha", "bravo", "charlie"] as const;
type Name = (typeof names)[number];

/** Configurations of a load balancer migration and of its reversal. The reversal may start before the migration is complete. */
interface Change {
  readonly takesOver: Config;
  readonly goesBack: Config;
}

const tls: Change = {
  takesOver: exampleConfig({
    tls: "passthrough",
    network: { balancerIp: "10.0.1.6" },
    loadBalancer: { number: 2, formerly: { tls: "terminate", balancerIp: "10.0.1.5" } },
  }),
  goesBack: exampleConfig({
    loadBalancer: { number: 1, formerly: { tls: "passthrough", balancerIp: "10.0.1.6" } },
  }),
};
const domain: Change = {
  takesOver: exampleConfig(exampleMove),
  goesBack: exampleConfig({
    certificate: { generation: 2 },
    loadBalancer: { number: 1, formerly: { domain: "foobar.net", tls: "terminate", balancerIp: "10.0.1.6" } },
  }),
};
const plain = exampleConfig();

/** Error that simulates the end of a killed program. */
const killed = new Error("killed");

/**
 * A site in which each server works only with the load balancer that it was created for. The site records the steps that cause an outage.
 * @param web number of existing servers, at most three
 */
class World {
  readonly done: string[] = [];
  readonly outages: string[] = [];
  /** Domains to which visitors have ever been directed. */
  readonly known = new Set([plain.domain]);
  madeFor: Partial<Record<Name, string>>;
  balancers = new Set([1]);
  used = 1;
  only = 0;
  inHand: string | undefined;

  constructor(readonly web = 3) {
    this.madeFor = Object.fromEntries(names.slice(0, web).map((name) => [name, agreement(plain)]));
  }

  /** Creates the context of a command. @param moment function that is called at each step at which the command could be killed */
  context(config: Config, moment: (what: string) => void) {
    const former = formerOf(config);
    const { number } = config.loadBalancer;
    const healthy = (): Name[] =>
      names.filter((name) => this.madeFor[name] === agreement(config) && name !== this.inHand);
    const balancers: Balancers = {
      changeover: () =>
        Promise.resolve({ pointed: this.used === number, over: this.only === number && this.balancers.size === 1 }),
      healthy: () => Promise.resolve(healthy()),
      part: () => {
        moment("parts");
        this.used = 0;
        moment("parted");
        return Promise.resolve();
      },
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
    return {
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
        secrets: {
          spreadSeconds: 0,
          make: (what: string) => {
            moment(`makes ${what}`);
            return Promise.resolve();
          },
        },
      },
      lock: { inHand: this.inHand },
      progress: new Progress(() => undefined),
    };
  }

  /**
   * Runs a rollout.
   * @param moments number of steps after which the rollout is killed
   * @param only names of the servers that the rollout may replace
   */
  async rollout(config: Config, moments = Infinity, only: readonly Name[] = names.slice(0, this.web)): Promise<void> {
    let left = moments;
    const moment = (what: string): void => {
      this.done.push(what);
      this.lookAtVisitors(config, what);
      if (--left < 0) throw killed;
    };
    const context = this.context(config, moment);
    const takeNext = (): Promise<boolean> => {
      const next = this.inHand ?? only.find((name) => this.madeFor[name] !== agreement(config));
      if (next === undefined) return Promise.resolve(false);
      this.inHand = context.lock.inHand = next;
      delete this.madeFor[next as Name];
      moment(`${next} is off`);
      this.madeFor[next as Name] = agreement(config);
      moment(`${next} is made`);
      this.inHand = context.lock.inHand = undefined;
      return Promise.resolve(true);
    };
    // The async function turns an exception of takeNext into a rejected promise.
    await changingOver(context as unknown as Context, async () => takeNext());
  }

  /**
   * Requests each domain that visitors know, and records an outage if a request fails. The domain of the unused load balancer redirects to
   * the used load balancer.
   */
  private lookAtVisitors(config: Config, what: string): void {
    const all = [config, formerOf(config) ?? config];
    const used = all.find(({ loadBalancer }) => loadBalancer.number === this.used);
    if (used) this.known.add(used.domain);
    const asked = used ? [used] : all.filter(({ domain }) => this.known.has(domain));
    const serves = ({ loadBalancer, ...side }: Config): boolean =>
      this.balancers.has(loadBalancer.number) && names.some((name) => this.madeFor[name] === agreement(side));
    if (!asked.every(serves)) this.outages.push(what);
  }
}

const servers = {
  first: ["alpha is off", "alpha is made", "bravo is off", "bravo is made"],
  last: ["charlie is off", "charlie is made"],
};
const changes = {
  "of tls": {
    ...tls,
    led: "Cloudflare's DNS records point to the new load balancer",
    whole: ["opens", "opened", ...servers.first, "points", "pointed", ...servers.last, "closes", "is alone"],
  },
  "of the domain": {
    ...domain,
    led: "www.foobar.com and foobar.com redirect to www.foobar.net",
    whole: [
      "makes origin-certificate",
      ...["opens", "opened", ...servers.first, "parts", "parted", "points", "pointed"],
      ...[...servers.last, "closes", "is alone"],
    ],
  },
};

describe.each(Object.entries(changes))("a load balancer migration %s", (_, { takesOver, goesBack, led, whole }) => {
  it("a load balancer migration creates the new load balancer, changes DNS when half of the servers have moved, and deletes the old load balancer last", async () => {
    const world = new World();
    await world.rollout(takesOver);
    expect(world).toMatchObject({ done: whole, outages: [], balancers: new Set([2]), used: 2, only: 2 });
  });

  it("a load balancer migration causes no outage with two servers, and causes an outage with one server", async () => {
    const two = new World(2);
    await two.rollout(takesOver);
    expect(two.done.indexOf("pointed")).toBeLessThan(two.done.indexOf("bravo is off"));
    expect(two.outages).toEqual([]);
    const one = new World(1);
    await one.rollout(takesOver);
    expect(one.outages.at(-1)).toBe("points");
    expect(one).toMatchObject({ used: 2, only: 2 });
  });

  it("a load balancer migration keeps the old load balancer while a server that --only excluded from the rollout is its target", async () => {
    const world = new World();
    await world.rollout(takesOver, Infinity, ["alpha", "bravo"]);
    expect(world).toMatchObject({ done: whole.slice(0, whole.indexOf("charlie is off")), balancers: new Set([1, 2]) });
    await world.rollout(takesOver);
    expect(world).toMatchObject({ outages: [], balancers: new Set([2]), used: 2, only: 2 });
  });

  it("a dry run of a load balancer migration lists the remaining steps and executes no step", async () => {
    const world = new World();
    await expect(world.rollout(takesOver, whole.indexOf("bravo is off"))).rejects.toBe(killed);
    world.done.length = 0;
    const said: string[] = [];
    const { site } = world.context(takesOver, (what) => world.done.push(what));
    await sayChangeover(site as unknown as Site, (line) => said.push(line));
    expect(said).toEqual([
      "migrates to a second load balancer: 1 of 3 web servers are configured for it",
      `${led}, as soon as it considers half of them healthy`,
      "the previous load balancer is removed at the end",
    ]);
    expect(world.done).toEqual([]);
  });

  it("a completed load balancer migration does not run again while the configuration still contains the previous load balancer", async () => {
    const world = new World();
    await world.rollout(takesOver);
    world.done.length = 0;
    await world.rollout(takesOver);
    expect(world.done).toEqual([]);
  });

  it.each(whole.map((what, index) => [what, index] as const))(
    "if a load balancer migration is killed at this step, the next run completes the migration without an outage: %s",
    async (_, index) => {
      const world = new World();
      await expect(world.rollout(takesOver, index)).rejects.toBe(killed);
      await world.rollout(takesOver);
      expect(world).toMatchObject({ outages: [], balancers: new Set([2]), used: 2, only: 2, inHand: undefined });
    },
  );

  it.each(whole.map((what, index) => [what, index] as const))(
    "if a load balancer migration is killed at this step, an operator can reverse the migration without an outage: %s",
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

const { takesOver } = tls;

it("a rollout stops if servers were created for another load balancer, and prints each difference and the settings for a migration", async () => {
  const world = new World();
  await expect(world.rollout(exampleConfig({ tls: "passthrough" }))).rejects.toThrow(
    [
      "refused, because these servers do not match the settings of the load balancer:",
      '  alpha: tls is "passthrough", but the server was created for "terminate"',
      '  bravo: tls is "passthrough", but the server was created for "terminate"',
      '  charlie: tls is "passthrough", but the server was created for "terminate"',
      "Nothing was changed. To roll out other changes, restore the old value. To change the value, write this line into environments/production.ts, and run this command again. The line:",
      '  loadBalancer: { number: 2, formerly: { tls: "terminate", balancerIp: "10.0.1.5" } }',
      "  network.balancerIp: choose another address than the previous one, because both load balancers exist at the same time",
      'see docs/changes.md, "Change the domain, TLS mode or the balancer\'s address"',
    ].join("\n"),
  );
  expect(world.done).toEqual([]);
});

it("a rollout stops if the configured previous load balancer is wrong, and prints the settings with which the servers were created", async () => {
  const wrong = exampleConfig({
    tls: "passthrough",
    network: { balancerIp: "10.0.1.6" },
    loadBalancer: { number: 2, formerly: { tls: "terminate", balancerIp: "10.0.1.7" } },
  });
  await expect(new World().rollout(wrong)).rejects.toThrow(
    'loadBalancer: { number: 2, formerly: { tls: "terminate", balancerIp: "10.0.1.5" } }',
  );
});

it("a rollout stops if servers were created for another domain, and prints the next zone number and the next certificate number", async () => {
  await expect(new World().rollout(exampleConfig({ domain: "foobar.net" }))).rejects.toThrow(
    [
      "  charlie: domain is foobar.net, but the server was created for another domain",
      "Nothing was changed. To roll out other changes, restore the old value. To change the value, write this line into environments/production.ts, and run this command again. The line:",
      '  loadBalancer: { number: 2, formerly: { domain: "THE ONE UNTIL NOW", tls: "terminate", balancerIp: "10.0.1.5" } }',
      "  network.balancerIp: choose another address than the previous one, because both load balancers exist at the same time",
      "  cloudflare.number: 2",
      "  certificate.generation: 2",
      'see docs/changes.md, "Change the domain, TLS mode or the balancer\'s address"',
    ].join("\n"),
  );
});

it("a rollout stops if the configured previous domain is wrong, and repeats the zone and certificate numbers of the configuration", async () => {
  const wrong = exampleConfig({
    ...exampleMove,
    loadBalancer: { number: 2, formerly: { domain: "foobar.org", tls: "terminate", balancerIp: "10.0.1.5" } },
  });
  await expect(new World().rollout(wrong)).rejects.toThrow(
    /loadBalancer: \{ number: 2, [^]*cloudflare\.number: 2\n {2}certificate\.generation: 2\n/,
  );
});

it("a rollout stops if the configured previous load balancer no longer exists, and prints new numbers for another migration", async () => {
  const world = new World();
  await world.rollout(takesOver);
  const next = exampleConfig({
    domain: "foobar.net",
    tls: "passthrough",
    network: { balancerIp: "10.0.1.6" },
    loadBalancer: { number: 2, formerly: { tls: "terminate", balancerIp: "10.0.1.5" } },
  });
  await expect(world.rollout(next)).rejects.toThrow(/loadBalancer: \{ number: 1, [^]*cloudflare\.number: 2\n/);
});

it("a rollout stops if the load balancer for which a server was created is unknown, and prints a manual procedure", async () => {
  const world = new World();
  world.madeFor.bravo = "none";
  await expect(world.rollout(plain)).rejects.toThrow(/bravo: .*\n[^]*manually: docs\/operations\.md/);
});

it("a rollout stops if a server still needs the previous load balancer and that load balancer was deleted", async () => {
  const world = new World();
  await world.rollout(takesOver);
  world.madeFor.charlie = agreement(plain);
  await expect(world.rollout(takesOver)).rejects.toThrow(/charlie: tls is/);
});
