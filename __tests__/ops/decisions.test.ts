import { describe, expect, it } from "vitest";
import { succession } from "../../ops/commands/failover.js";
import { changesTo, previousRelease } from "../../ops/commands/release.js";
import { removalRefusals, strangersOf } from "../../ops/commands/remove.js";
import { isWanted, mustReplace } from "../../ops/commands/rollout.js";
import { hasNeverServed, nextOf } from "../../ops/core/maintain.js";
import type { ServerState } from "../../ops/core/snapshot.js";
import { type Difference, release, snapshot } from "./support/snapshot.js";

const outdated = { cloud: { current: false } };

describe("a rollout", () => {
  const all = snapshot({ alpha: outdated, bravo: outdated, charlie: outdated });

  it("takes replicas first and the primary last, and ends when all are current", () => {
    const order: string[] = [];
    for (let next = nextOf(all, isWanted({})); next; next = nextOf(all, isWanted({}, new Set(order))))
      order.push(next.name);
    expect(order).toEqual(["bravo", "charlie", "alpha"]);
    expect(nextOf(snapshot(), isWanted({}))).toBeUndefined();
  });

  it("takes up first what an interrupted run has in hand, current or not", () => {
    expect(nextOf(all, isWanted({}), "alpha")?.name).toBe("alpha");
    expect(nextOf(snapshot(), isWanted({}), "charlie")?.name).toBe("charlie");
  });

  it("takes a server that does not exist, or that nobody knows to be current", () => {
    expect(nextOf(snapshot({ bravo: { cloud: null } }), isWanted({}))?.name).toBe("bravo");
  });

  it("takes only what is named, and current ones only when told so", () => {
    expect(nextOf(all, isWanted({ only: ["charlie"] }))?.name).toBe("charlie");
    expect(nextOf(snapshot(), isWanted({ only: ["charlie"] }))).toBeUndefined();
    expect(nextOf(snapshot(), isWanted({ only: ["charlie"], evenCurrent: true }))?.name).toBe("charlie");
  });

  it.each<[string, Difference, boolean]>([
    ["is well", {}, false],
    ["still boots", { observation: { firstBoot: "running" } }, false],
    ["is silent", { observation: null }, false],
    ["does not exist", { cloud: null }, true],
    ["is off", { cloud: { running: false } }, true],
    ["is outdated", outdated, true],
    ["is not healthy yet", { healthy: false }, false],
    ["is no target of the balancer yet", { healthy: null }, false],
    ["has failed its first boot", { observation: { firstBoot: "runcmd failed" } }, true],
  ])("makes the one in hand anew where waiting would not help: it %s", (_, bravo, anew) => {
    expect(mustReplace(snapshot({ bravo }).servers[1] as ServerState, true)).toBe(anew);
  });

  it("makes the one in hand anew that was not made to its end, though it looks current", () => {
    expect(mustReplace(snapshot().servers[1] as ServerState, false)).toBe(true);
  });
});

describe("the power of a server that does not shut down", () => {
  it.each<[string, Difference, boolean]>([
    ["serves", {}, false],
    ["is silent, so that nobody knows", { observation: null }, false],
    ["is set up but for nginx, its member in the group", { observation: { firstBoot: "running nginx" } }, false],
    ["never came so far", { observation: { firstBoot: "running mysql" }, member: { state: "DOWN" } }, true],
    ["is no member, and not set up", { observation: { firstBoot: "running", member: null } }, true],
  ])("is cut only where nothing is lost: it %s", (_, bravo, cut) => {
    expect(hasNeverServed(snapshot({ bravo }).servers[1] as ServerState)).toBe(cut);
  });
});

describe("a failover", () => {
  const decided = (differences: Parameters<typeof snapshot>[0], wanted?: string) => {
    const found = succession(snapshot(differences), wanted);
    return "refusal" in found ? found.refusal : `${found.from.name} to ${found.to.name}`;
  };

  it("goes to the member that is least behind, or to the named one", () => {
    expect(decided({ bravo: { member: { lagSeconds: 2 } } })).toBe("alpha to charlie");
    expect(decided({}, "charlie")).toBe("alpha to charlie");
    expect(decided({ bravo: { member: { lagSeconds: 5 } } }, "bravo")).toBe("alpha to bravo");
  });

  it("is refused to a member that could not take writes at once, and without a primary", () => {
    expect(decided({}, "alpha")).toBe("alpha is the primary already");
    expect(decided({ bravo: { observation: null } }, "bravo")).toBe("bravo is no member that is online");
    expect(decided({ bravo: { member: { lagSeconds: 6 } } }, "bravo")).toMatch(/^bravo is 6 s behind/);
    expect(decided({ bravo: { observation: null }, charlie: { observation: null } })).toBe("no other member is online");
    expect(decided({ alpha: { observation: null } })).toBe("no member is the primary");
  });
});

describe("a release", () => {
  it("begins with the server that an interrupted run has left in hand", () => {
    const order = (inHand?: string) => changesTo(snapshot(), release("3"), inHand).map(({ server }) => server);
    expect(order("charlie")).toEqual(["charlie", "alpha", "bravo"]);
    expect(order()).toEqual(["alpha", "bravo", "charlie"]);
  });

  it("changes the web servers that do not have it, and knows what each ran", () => {
    const servers = snapshot({ bravo: { observation: { releases: [release("3"), release("2")] } } });
    expect(changesTo(servers, release("3"))).toEqual([
      { server: "alpha", to: release("3"), from: release("2") },
      { server: "charlie", to: release("3"), from: release("2") },
    ]);
    expect(changesTo(snapshot({ bravo: { roles: ["database"] } }), release("9")).map(({ server }) => server)).toEqual([
      "alpha",
      "charlie",
    ]);
  });

  it("is taken back to what most servers ran before", () => {
    expect(previousRelease(snapshot({ alpha: { observation: { releases: [release("2"), release("0")] } } }))).toEqual(
      release("1"),
    );
    const none = { observation: { releases: [release("2")] } };
    expect(() => previousRelease(snapshot({ alpha: none, bravo: none, charlie: none }))).toThrow(
      /no web server keeps an earlier release/,
    );
  });
});

describe("a removal", () => {
  const four = ["10.0.1.11", "10.0.1.12", "10.0.1.13", "10.0.1.14"];
  const refusals = (differences: Parameters<typeof snapshot>[0]) => removalRefusals(snapshot(differences), "charlie");

  it("is allowed where the others are a majority of all whom the group counts, and serve", () => {
    expect(refusals({})).toEqual([]);
    expect(refusals({ alpha: { member: { view: four, remembered: four } } })).toEqual([]);
    // a member that is lost already, and waited for
    expect(refusals({ alpha: { member: { view: four.slice(0, 2), remembered: four.slice(0, 3) } } })).toEqual([]);
  });

  it("is refused where it would cost the majority", () => {
    expect(refusals({ alpha: { member: { view: four.slice(0, 3), remembered: four } } })).toEqual([
      "without charlie, 2 of the 4 members that the group counts would be left, which is no majority",
    ]);
    const silent = { observation: null };
    expect(refusals({ alpha: silent, bravo: silent, charlie: silent })[1]).toMatch(/does not tell/);
  });

  it("is refused where nobody else takes visitors", () => {
    const out = { observation: { inService: false } };
    for (const others of [out, { healthy: false }, { healthy: null }, { observation: { serves: false } }])
      expect(refusals({ alpha: others, bravo: others })).toEqual([
        "charlie is the only web server that takes visitors",
      ]);
    expect(
      refusals({ alpha: { healthy: false }, bravo: { roles: ["database"] }, charlie: { roles: ["database"] } }),
    ).toEqual([]);
  });

  it("has the members that are left forget who is neither configured nor in the group", () => {
    // One that the configuration of another checkout has made is in the group, and stays known.
    const [view, remembered] = [
      [...four.slice(0, 3), "10.0.1.16"],
      [...four, "10.0.1.15", "10.0.1.16"],
    ];
    const servers = snapshot({ alpha: { member: { view, remembered } } });
    expect(servers.servers.map((server) => strangersOf(server, servers))).toEqual([["10.0.1.14", "10.0.1.15"], [], []]);
  });
});
