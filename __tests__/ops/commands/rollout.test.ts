import { beforeEach, expect, it } from "vitest";
import { isWanted, mustReplace, rollout } from "../../../ops/commands/rollout.js";
import { nextOf } from "../../../ops/core/maintain.js";
import type { ServerState } from "../../../ops/core/snapshot.js";
import { exampleConfig } from "../../support/config.js";
import { type Difference, snapshot, release as named } from "../support/snapshot.js";
import { instantly } from "../support/instantly.js";
import { World } from "../support/world.js";

beforeEach(instantly);

const outdated = { cloud: { current: false } };

const all = snapshot({ alpha: outdated, bravo: outdated, charlie: outdated });

it("npm run ops rollout also creates a configured server that does not exist", () => {
  expect(nextOf(snapshot({ bravo: { cloud: null } }), isWanted({}))?.name).toBe("bravo");
});

it("npm run ops rollout with server names replaces only the named servers, and replaces an up-to-date server only with --even-current", () => {
  expect(nextOf(all, isWanted({ only: ["charlie"] }))?.name).toBe("charlie");
  expect(nextOf(snapshot(), isWanted({ only: ["charlie"] }))).toBeUndefined();
  expect(nextOf(snapshot(), isWanted({ only: ["charlie"], evenCurrent: true }))?.name).toBe("charlie");
});

it.each<[string, Difference, boolean]>([
  ["is healthy", {}, false],
  ["is still booting", { observation: { firstBoot: "running" } }, false],
  ["does not answer", { observation: null }, false],
  ["does not exist", { cloud: null }, true],
  ["is off", { cloud: { running: false } }, true],
  ["is outdated", outdated, true],
  ["is not healthy yet", { healthy: false }, false],
  ["is not yet registered with the load balancer", { healthy: null }, false],
  ["has failed its first boot", { observation: { firstBoot: "runcmd failed" } }, true],
])(
  "npm run ops rollout replaces an unfinished server again only if waiting cannot help: the server %s",
  (_, bravo, anew) => {
    expect(mustReplace(snapshot({ bravo }).servers[1] as ServerState, true)).toBe(anew);
  },
);

it("npm run ops rollout replaces a server again if the creation of the server was incomplete, even if the server seems up to date", () => {
  expect(mustReplace(snapshot().servers[1] as ServerState, false)).toBe(true);
});

const replaced = (name: string, ...before: readonly string[]): readonly string[] => [
  `provider: prepare ${name}`,
  `lock: ${name}`,
  ...before,
  `${name}: systemctl poweroff`,
  `provider: replace ${name}`,
  "lock: no server",
];

it("npm run ops rollout replaces outdated servers one at a time, and replaces the primary last, after a transfer of the primary role", async () => {
  const world = new World();
  for (const name of ["alpha", "charlie"]) world.machine(name).current = false;
  await rollout(await world.context("rollout"), {});
  expect(world.steps).toEqual([...replaced("charlie"), ...replaced("alpha", "alpha: mysql-group step-down")]);
  expect(world.said.at(-1)).toMatch(/^charlie, alpha replaced in /);
});

it("npm run ops rollout transfers the primary role to a member nearby before it replaces the primary", async () => {
  const config = exampleConfig({ servers: { bravo: { location: "hel1" }, charlie: { location: "fsn1" } } });
  const world = new World(config);
  world.machine("alpha").current = false;
  await rollout(await world.context("rollout"), {});
  expect(world.steps).toEqual(replaced("alpha", "alpha: mysql SELECT group_replication_set_as_primary(@successor,"));
  expect(world.primary).toBe("charlie");
});

it("npm run ops rollout makes the MySQL members forget the old address of a replaced server before it replaces the next server", async () => {
  const world = new World();
  world.machine("charlie").current = false;
  world.remembered = ["10.0.1.19"];
  await rollout(await world.context("rollout"), {});
  const forgets = ["alpha", "bravo", "charlie"].map((name) => `${name}: mysql-group forget 10.0.1.19`);
  expect(world.steps).toEqual([...replaced("charlie").slice(0, -1), ...forgets, "lock: no server"]);
});

it("npm run ops rollout makes the MySQL members forget an unknown address even if no server is outdated", async () => {
  const world = new World();
  world.remembered = ["10.0.1.19"];
  await rollout(await world.context("rollout"), {});
  expect(world.steps).toEqual(["alpha", "bravo", "charlie"].map((name) => `${name}: mysql-group forget 10.0.1.19`));
});

it("npm run ops rollout promotes the first replaced member if only a primary with the new payload creates the required database accounts", async () => {
  const world = new World();
  for (const name of ["alpha", "bravo", "charlie"]) world.machine(name).current = false;
  world.grants = "and one for migrations";
  await rollout(await world.context("rollout"), {});
  expect(world.steps.filter((step) => /replace|mysql/.test(step))).toEqual([
    "provider: replace bravo",
    expect.stringMatching(/^alpha: mysql SELECT group_replication_set_as_primary/),
    "provider: replace alpha",
    "provider: replace charlie",
  ]);
  expect(world.primary).toBe("bravo");
});

it("npm run ops rollout continues to wait and reports the error if MySQL does not promote the replaced member", async () => {
  const world = new World();
  world.machine("bravo").current = false;
  world.grants = "and one for migrations";
  world.failing.add("alpha: mysql SELECT group_replication_set_as_primary(@successor,");
  await expect(rollout(await world.context("rollout"), { patienceMinutes: 1 })).rejects.toThrow(
    /its application is not ready/,
  );
  expect(world.steps.filter((step) => step.includes("set_as_primary"))).toHaveLength(1);
  expect(world.said.join("\n")).toContain("it failed");
});

it("npm run ops rollout does not replace the next server while an application is not ready", async () => {
  const world = new World();
  for (const name of ["bravo", "charlie"]) world.machine(name).current = false;
  const context = await world.context("rollout");
  world.sick = named("2").sha256;
  await expect(rollout(context, {})).rejects.toThrow(
    /^stopped before the next server: .*its application is not ready/s,
  );
  expect(world.steps).toEqual([]);
});

/** Creates an environment in which bravo is outdated. `happens` runs directly after bravo is replaced. */
const withReplaced = async (happens: (world: World) => void) => {
  const world = new World();
  world.machine("bravo").current = false;
  const context = await world.context("rollout");
  const comesUp = context.site.cloud.replace.bind(context.site.cloud);
  context.site.cloud.replace = async (...server) => {
    await comesUp(...server);
    happens(world);
  };
  return { world, context };
};
const isSick = (world: World): void => void (world.sick = named("2").sha256);

it.each([
  ["15 minutes by default", {}, 900],
  ["for the given time", { patienceMinutes: 40 }, 2400],
])("npm run ops rollout waits %s for a replaced server to become ready", async (_, props, seconds) => {
  const { world, context } = await withReplaced(isSick);
  await expect(rollout(context, props)).rejects.toThrow(`bravo is back: timed out after ${seconds} s`);
  // All accounts exist, so the replaced server does not have to become the primary.
  expect(world.primary).toBe("alpha");
});

it("npm run ops rollout reports the reason if a replaced server does not answer", async () => {
  const { context } = await withReplaced((world) => void (world.machine("bravo").isStunned = true));
  await expect(rollout(context, {})).rejects.toThrow("bravo: does not answer: timed out after 20 s");
});

it("npm run ops rollout observes a recovered server for a while and stops if the server becomes unhealthy again", async () => {
  const { context } = await withReplaced(() => undefined);
  const began = Date.now();
  await rollout(context, {});
  expect(Date.now() - began).toBe(15_000);
  const late = await withReplaced((world) => {
    const since = Date.now();
    Object.defineProperty(world, "sick", {
      get: () => (Date.now() - since < 15_000 ? undefined : named("2").sha256),
    });
  });
  await expect(rollout(late.context, {})).rejects.toThrow("bravo stays healthy: timed out after 30 s");
});

it("npm run ops rollout completes the server that an interrupted run left unfinished, and replaces a server whose creation was incomplete", async () => {
  for (const [whole, steps] of [
    [true, ["provider: prepare bravo", "provider: complete bravo", "lock: no server"]],
    [false, replaced("bravo")],
  ] as const) {
    const world = new World();
    world.machine("bravo").whole = whole;
    await rollout(await world.context("rollout", "bravo"), {});
    expect(world.steps).toEqual(steps);
  }
});

it("npm run ops rollout replaces an up-to-date server only once, and only if the operator gives the name of the server", async () => {
  const world = new World();
  await expect(rollout(await world.context("rollout"), { evenCurrent: true })).rejects.toThrow(
    "requires the servers' names",
  );
  await expect(rollout(await world.context("rollout"), { only: ["zulu"] })).rejects.toThrow("no server zulu");
  await rollout(await world.context("rollout"), { only: ["bravo"], evenCurrent: true });
  expect(world.steps).toEqual(replaced("bravo"));
});
