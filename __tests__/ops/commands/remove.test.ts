import { beforeEach, expect, it } from "vitest";
import { removalRefusals, remove } from "../../../ops/commands/remove.js";
import { type Difference, snapshot } from "../support/snapshot.js";
import { instantly } from "../support/instantly.js";
import { World } from "../support/world.js";

beforeEach(instantly);

const four = ["10.0.1.11", "10.0.1.12", "10.0.1.13", "10.0.1.14"];
const refusals = (differences: Parameters<typeof snapshot>[0]) => removalRefusals(snapshot(differences), "charlie");

it("npm run ops remove allows the removal of a server if the other servers keep the database majority and serve visitors", () => {
  expect(refusals({})).toEqual([]);
  expect(refusals({ alpha: { member: { view: four, remembered: four } } })).toEqual([]);
  // One member is already lost, but the group still counts this member.
  expect(refusals({ alpha: { member: { view: four.slice(0, 2), remembered: four.slice(0, 3) } } })).toEqual([]);
});

it("npm run ops remove rejects the removal of a server if the MySQL group would lose its majority", () => {
  expect(refusals({ alpha: { member: { view: four.slice(0, 3), remembered: four } } })).toEqual([
    "without charlie, 2 of the 4 counted members would be left, which is not a majority",
  ]);
  const silent = { observation: null };
  expect(refusals({ alpha: silent, bravo: silent, charlie: silent })[1]).toMatch(/does not report its members/);
});

it("npm run ops remove rejects the removal of the only web server in service", () => {
  const out = { observation: { inService: false } };
  for (const others of [out, { healthy: false }, { healthy: null }, { observation: { serves: false } }])
    expect(refusals({ alpha: others, bravo: others })).toEqual(["charlie is the only web server that serves visitors"]);
  expect(
    refusals({ alpha: { healthy: false }, bravo: { roles: ["database"] }, charlie: { roles: ["database"] } }),
  ).toEqual([]);
});

it("npm run ops remove rejects a server whose volume may have quarantined transactions, unless an option discards the transactions", () => {
  const holding = { member: { kept: ["/var/lib/mysql/kept-aside-1"] } };
  expect(refusals({ charlie: holding })).toEqual([
    "charlie has quarantined transactions, which no other member has: /var/lib/mysql/kept-aside-1; if they are not needed, add --discard-quarantined",
  ]);
  expect(refusals({ charlie: { observation: null } })).toEqual([
    "charlie does not report whether its volume contains quarantined transactions; if they are not needed, add --discard-quarantined",
  ]);
  const discards = (charlie: Difference) =>
    removalRefusals(snapshot({ charlie }), "charlie", { discardQuarantined: true });
  expect([...discards(holding), ...discards({ observation: null })]).toEqual([]);
  expect(refusals({ charlie: { roles: ["web"], observation: null } })).toEqual([]);
});

const withDelta = (): World => {
  const world = new World();
  world.add("delta", "10.0.1.14");
  world.primary = "delta";
  return world;
};

it("npm run ops remove shuts down and deletes the server, then makes the remaining members forget the server", async () => {
  const world = withDelta();
  world.remembered = ["10.0.1.14"];
  await remove(await world.context("remove"), "delta");
  expect(world.steps).toEqual([
    "provider: prepare removal of delta",
    "lock: delta",
    "delta: mysql-group step-down",
    "delta: systemctl poweroff",
    "lock: delta",
    "provider: remove delta",
    ...["alpha", "bravo", "charlie"].map((name) => `${name}: mysql-group forget delta`),
    "lock: no server",
  ]);
});

it("npm run ops remove continues after an interruption if the server is already off or deleted", async () => {
  const off = withDelta();
  off.machine("delta").running = false;
  off.primary = "alpha";
  await remove(await off.context("remove", "delta"), "delta");
  expect(off.steps).toEqual([
    "provider: prepare removal of delta",
    "lock: delta",
    "lock: delta",
    "provider: remove delta",
    "lock: no server",
  ]);
  const gone = new World();
  gone.remembered = ["10.0.1.14"];
  gone.failing.add("bravo: mysql-group forget delta");
  await remove(await gone.context("remove", "delta"), "delta");
  expect(gone.steps.slice(-5)).toEqual([
    "alpha: mysql-group forget delta",
    "bravo: mysql-group forget delta",
    "bravo: mysql-group forget 10.0.1.14",
    "charlie: mysql-group forget delta",
    "lock: no server",
  ]);
});

it("npm run ops remove changes nothing and fails if the server is still configured or is needed for the database majority", async () => {
  const world = new World();
  await expect(remove(await world.context("remove"), "alpha")).rejects.toThrow(
    /^refused: alpha is in the configuration/,
  );
  expect(world.steps).toEqual([]);
  const needed = withDelta();
  needed.remembered = ["10.0.1.15", "10.0.1.8", "10.0.1.9"].slice(0, 2);
  await expect(remove(await needed.context("remove"), "delta")).rejects.toThrow(/^refused: without delta, 3 of the 6 /);
  expect(needed.steps).toEqual(["provider: prepare removal of delta"]);
});
