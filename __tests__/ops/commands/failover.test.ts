import { beforeEach, expect, it } from "vitest";
import { succession, failover } from "../../../ops/commands/failover.js";
import { snapshot } from "../support/snapshot.js";
import { instantly } from "../support/instantly.js";
import { World } from "../support/world.js";

beforeEach(instantly);

const decided = (differences: Parameters<typeof snapshot>[0], wanted?: string) => {
  const found = succession(snapshot(differences), wanted);
  return "refusal" in found ? found.refusal : `${found.from.name} to ${found.to.name}`;
};

it("npm run ops failover promotes the given member, or else the member with the least replication lag", () => {
  expect(decided({ bravo: { member: { lagSeconds: 2 } } })).toBe("alpha to charlie");
  expect(decided({}, "charlie")).toBe("alpha to charlie");
  expect(decided({ bravo: { member: { lagSeconds: 5 } } }, "bravo")).toBe("alpha to bravo");
});

it("npm run ops failover promotes a member in a remote location only if no member nearby can accept writes immediately", () => {
  expect(decided({ bravo: { isFar: true }, charlie: { member: { lagSeconds: 3 } } })).toBe("alpha to charlie");
  expect(decided({ bravo: { isFar: true }, charlie: { member: { lagSeconds: 6 } } })).toBe("alpha to bravo");
  expect(decided({ bravo: { isFar: true }, charlie: { observation: null } })).toBe("alpha to bravo");
  expect(decided({ bravo: { isFar: true } }, "bravo")).toBe("alpha to bravo");
});

it("npm run ops failover promotes no member that cannot accept writes immediately, and no member at all if the group has no primary", () => {
  expect(decided({}, "alpha")).toBe("alpha is already the primary");
  expect(decided({ bravo: { observation: null } }, "bravo")).toBe("bravo is not an online member");
  expect(decided({ bravo: { member: { lagSeconds: 6 } } }, "bravo")).toMatch(/^bravo is 6 s behind/);
  expect(decided({ bravo: { observation: null }, charlie: { observation: null } })).toBe("no other member is online");
  expect(decided({ alpha: { observation: null } })).toBe("no member is the primary");
});

it("npm run ops failover makes MySQL on the primary transfer the primary role to the given member", async () => {
  const world = new World();
  await failover(await world.context("failover"), "charlie");
  expect(world.steps).toEqual([expect.stringMatching(/^alpha: mysql SELECT/)]);
  expect(world.primary).toBe("charlie");
});

it("npm run ops failover fails if MySQL does not transfer the primary role", async () => {
  const world = new World();
  world.failing.add("alpha: mysql SELECT group_replication_set_as_primary(@successor,");
  await expect(failover(await world.context("failover"), "charlie")).rejects.toThrow("alpha: it failed");
});
