import { expect, it, onTestFinished, vi } from "vitest";
import { drift } from "../../../ops/commands/drift.js";
import { status } from "../../../ops/commands/status.js";
import type { Site } from "../../../ops/core/site.js";
import type { Plan } from "../../../ops/terraform/plan.js";
import { exampleConfig } from "../../support/config.js";
import { spread } from "../../support/servers.js";
import { release } from "../support/snapshot.js";
import { change, recordedTerraform } from "../support/terraform.js";
import { World } from "../support/world.js";

/** Creates healthy servers that run the configured release. */
const wellWorld = (): World => new World(exampleConfig({ application: release("2") }));

/** Creates healthy servers in three locations that run the configured release. */
const spreadWorld = (): World => new World(exampleConfig({ ...spread, application: release("2") }));

interface Shown {
  /** Name of the server that an interrupted run left unfinished. @default - the lock is free */
  readonly inHand?: string;
  readonly more?: Partial<Site>;
  readonly json?: boolean;
}

/** Runs the command `status`. Returns the printed text and the exit code. */
async function shown(world: World, { inHand, more, json }: Shown = {}) {
  const said = vi.spyOn(console, "log").mockReturnValue(undefined);
  onTestFinished(() => said.mockRestore());
  const { site, lock } = await world.context("rollout", inHand);
  await lock.release();
  const code = await status({ ...site, ...more }, { json });
  const text = said.mock.calls.flat().join("\n");
  const cells = (name: string): string =>
    text
      .split("\n")
      .filter((line) => line.includes(` ${name} `))
      .join()
      .replaceAll(/[│\s]+/g, " ")
      .trim();
  return { code, text, cells };
}

it("npm run ops status exits with 0 if the servers have no fault and no maintenance is due", async () => {
  const { code, text, cells } = await shown(wellWorld());
  expect([code, text.split("\n").at(-1)]).toEqual([0, "nothing needs attention"]);
  expect(cells("bravo")).toBe("bravo web database current 22222222 online secondary 0.0 s healthy in 0 upd 20%");
});

it("npm run ops status exits with 1 and lists the outdated server if a server is outdated", async () => {
  const world = wellWorld();
  world.machine("charlie").current = false;
  const { code, text, cells } = await shown(world);
  expect([code, text.split("\n").slice(-2)]).toEqual([
    1,
    ["needs attention:", "  charlie: is outdated; npm run ops rollout"],
  ]);
  expect(cells("charlie")).toMatch(/^charlie web database outdated /);
});

it("npm run ops status shows the effect that the loss of each location would have, if the servers are in several locations", async () => {
  const world = spreadWorld();
  world.machine("bravo").running = false;
  const { text, cells } = await shown(world);
  expect(cells("alpha")).toMatch(/^alpha nbg1 web database /);
  expect(text).toContain("if nbg1 is lost: the site stops: no web server, no majority of the database members left\n");
  expect(text).toContain("if fsn1 is lost: the site continues; ");
});

it("npm run ops status shows no effect of a lost location if all servers are in the same location", async () => {
  const { text } = await shown(wellWorld());
  expect(text).not.toMatch(/location|is lost/);
});

it.each([
  ["reports a primary in a remote location while a healthy member nearby could be the primary", true],
  ["reports no remote primary if no healthy member is nearby", false],
])("npm run ops status %s", async (_, isNearHealthy) => {
  const world = spreadWorld();
  world.primary = "charlie";
  for (const name of ["alpha", "bravo"]) world.machine(name).running = isNearHealthy;
  const { text } = await shown(world);
  const line = "charlie: is the primary but far from the other members; npm run ops failover";
  expect(text.includes(line)).toBe(isNearHealthy);
});

it("npm run ops status shows the server that an interrupted run left unfinished, and an incomplete load balancer migration", async () => {
  const held = await shown(wellWorld(), { inHand: "bravo" });
  expect(held.code).toBe(1);
  expect(held.text).toMatch(/\n {2}ops rollout has held the lock since \S+, processing bravo$/);
  for (const over of [true, false]) {
    const balancers = { changeover: () => Promise.resolve({ pointed: true, over }) } as Site["balancers"];
    const { code, text } = await shown(wellWorld(), { more: { balancers } });
    expect([code, text.includes("the load balancer migration is unfinished")]).toEqual([over ? 0 : 1, !over]);
  }
});

it("npm run ops status shows question marks instead of unknown values if a server is off or does not answer", async () => {
  const world = wellWorld();
  world.machine("bravo").isStunned = true;
  world.machine("charlie").running = false;
  const { cells } = await shown(world);
  expect(cells("bravo")).toMatch(/^bravo web database current \? \? \? healthy \? \? \?/);
  expect(cells("charlie")).toMatch(/^charlie web database off \? \? \? sick \? \? \?/);
});

it("npm run ops status --json prints exactly one JSON object", async () => {
  const { code, text } = await shown(wellWorld(), { json: true });
  expect(code).toBe(0);
  expect(JSON.parse(text)).toMatchObject({ environment: "production", lock: null, needsHand: [] });
});

const drifted: Plan = {
  resource_drift: [change("hcloud_server.alpha", "update", { name: "alpha" }, { name: "other" })],
  resource_changes: [change("hcloud_server.alpha", "update", { name: "other" }, { name: "alpha" })],
};
const waits: Plan = { resource_changes: [change("hcloud_volume.new", "create")] };

it.each([
  ["2 if any stack has drifted", [drifted, {}], 2],
  ["0 if a change only waits for a deployment", [waits, {}], 0],
])("npm run ops drift changes nothing and exits with %s", async (_, plans, code) => {
  const { servers, edge, calls } = recordedTerraform("production", plans);
  expect(await drift([servers, edge], () => undefined)).toBe(code);
  expect(calls().filter((call) => / (plan|apply) /.test(call))).toEqual(
    ["servers", "edge"].map((stack) => `-chdir=production-${stack} plan -lock=false`),
  );
});
