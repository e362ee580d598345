import { describe, expect, it } from "vitest";
import { succession, failover } from "../../../ops/commands/failover.js";
import { snapshot } from "../support/snapshot.js";
import { instantly } from "../support/instantly.js";
import { World } from "../support/world.js";

describe("the successor of a primary", () => {
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

describe("a failover", () => {
  it("is done by MySQL on the primary, for the member that is named", async () => {
    instantly();
    const world = new World();
    await failover(await world.context("failover"), "charlie");
    expect(world.steps).toEqual([expect.stringMatching(/^alpha: mysql SELECT/)]);
    expect(world.primary).toBe("charlie");
  });

  it("has failed where the member does not take the role", async () => {
    instantly();
    const world = new World();
    world.failing.add("alpha: mysql SELECT group_replication_set_as_primary(@successor,");
    await expect(failover(await world.context("failover"), "charlie")).rejects.toThrow("alpha: it failed");
  });
});
