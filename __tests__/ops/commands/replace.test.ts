import { beforeEach, describe, expect, it } from "vitest";
import { destroyed, replace, replacementRefusals } from "../../../ops/commands/replace.js";
import { agreement } from "../../../ops/core/agreement.js";
import { exampleConfig, exampleSshKey } from "../../support/config.js";
import { instantly } from "../support/instantly.js";
import { type Difference, snapshot } from "../support/snapshot.js";
import { World } from "../support/world.js";

beforeEach(instantly);

const down = { cloud: { running: false }, observation: null, healthy: false } satisfies Difference;

describe("the precondition check of a replacement", () => {
  it.each<[string, Difference]>([
    ["is missing", { cloud: null, observation: null, healthy: null }],
    ["is off", down],
    ["answers neither SSH nor the load balancer", { observation: null, healthy: false }],
    ["serves visitors but cannot be reached over SSH", { observation: null }],
    ["is partially set up", { observation: { firstBoot: "running" }, member: { state: "OFFLINE" }, healthy: false }],
    ["has failed its first boot", { observation: { firstBoot: "runcmd failed" } }],
    ["has a full disk", { observation: { diskPercent: { "/": 100 } } }],
    ["has damaged data", { member: { state: "DOWN", majority: false } }],
    ["is healthy but possibly compromised", {}],
  ])("npm run ops replace allows the replacement of a server if the server %s", (_, bravo) => {
    expect(replacementRefusals(snapshot({ bravo }), "bravo")).toEqual([]);
  });

  it("npm run ops replace allows the replacement of a server if the primary is read-only or unreachable", () => {
    expect(replacementRefusals(snapshot({ alpha: { member: { writable: false } } }), "alpha")).toEqual([]);
    expect(replacementRefusals(snapshot({ alpha: { observation: null } }), "alpha")).toEqual([]);
  });

  it.each<[string, Difference]>([
    ["is off", down],
    ["is not online", { member: { state: "RECOVERING" } }],
    ["sees no majority", { member: { majority: false } }],
  ])(
    "npm run ops replace rejects the replacement of a member while another member %s, because acknowledged writes could be lost",
    (_, charlie) => {
      expect(replacementRefusals(snapshot({ charlie }), "bravo")).toEqual([
        expect.stringMatching(/^without bravo, 1 of 3 members are healthy, which is not a majority/),
      ]);
    },
  );

  it("npm run ops replace counts all members that the MySQL group remembers before it replaces a server", () => {
    const remembered = ["10.0.1.11", "10.0.1.12", "10.0.1.13", "10.0.1.19"];
    expect(replacementRefusals(snapshot({ alpha: { member: { remembered } } }), "bravo")).toEqual([
      expect.stringMatching(/^without bravo, 2 of 4 members are healthy/),
    ]);
  });

  it("npm run ops replace replaces no server while the MySQL group has two primaries", () => {
    const two = snapshot({ bravo: { member: { role: "PRIMARY", writable: true } } });
    expect(replacementRefusals(two, "charlie")).toEqual(["alpha and bravo is the primary"]);
  });

  it("npm run ops replace allows the replacement of a web server without a database regardless of the members' health", () => {
    const web = { roles: ["web"], observation: { member: null } } satisfies Difference;
    expect(replacementRefusals(snapshot({ alpha: down, bravo: down, charlie: web }), "charlie")).toEqual([]);
  });

  it("if SSH logins fail, npm run ops replace requires that all other servers pass the load balancer's health check", () => {
    const silent = { observation: null } satisfies Difference;
    const all = { alpha: silent, bravo: silent, charlie: silent };
    expect(replacementRefusals(snapshot(all), "bravo", true)).toEqual([]);
    expect(replacementRefusals(snapshot({ ...all, alpha: { ...silent, healthy: false } }), "bravo", true)).toEqual([
      "alpha: the load balancer considers it unhealthy, and without a login its data cannot be checked",
    ]);
  });
});

it("npm run ops replace announces that the server is destroyed, and lists the data volume only if the volume is also deleted", () => {
  expect(destroyed(snapshot(), "bravo", {})).toEqual([
    expect.stringMatching(/^bravo: the server and its system disk/),
    "bravo: keeps its data volume",
  ]);
  const bravo = { member: { kept: ["/var/lib/mysql/aside"] } };
  expect(destroyed(snapshot({ bravo }), "bravo", { newVolume: true }).slice(1)).toEqual([
    "bravo: its data volume; the data are copied from the other members",
    "bravo: quarantined transactions in /var/lib/mysql/aside, which no other member has",
  ]);
});

it("npm run ops replace announces an outage if no other server serves visitors", () => {
  expect(destroyed(snapshot({ alpha: down, charlie: down }), "bravo", {}).at(-1)).toMatch(/the site is down until/);
});

const administrators = { cidrs: ["192.0.2.0/24"], sshKeys: { jane: exampleSshKey } };
const open = (): World => {
  return new World(exampleConfig({ administrators }));
};
const agrees = () => Promise.resolve();
const steps = (name: string, ...stop: readonly string[]) => [
  `provider: prepare ${name}`,
  `lock: ${name}`,
  ...stop,
  `provider: replace ${name}`,
  "lock: no server",
];

it("npm run ops replace also replaces a server that is off", async () => {
  const world = open();
  world.machine("bravo").running = false;
  await replace(await world.context("replace bravo"), "bravo", {}, agrees);
  expect(world.steps).toEqual(steps("bravo"));
});

it("npm run ops replace transfers the role of the primary before it shuts the primary down, if the primary answers", async () => {
  const world = open();
  await replace(await world.context("replace alpha"), "alpha", {}, agrees);
  expect(world.steps).toEqual(steps("alpha", "alpha: mysql-group step-down", "alpha: systemctl poweroff"));
});

it("npm run ops replace cuts the power of a server that does not shut down", async () => {
  const world = open();
  world.failing.add("bravo: systemctl poweroff");
  await replace(await world.context("replace bravo"), "bravo", {}, agrees);
  expect(world.steps).toEqual(steps("bravo", "bravo: systemctl poweroff", "provider: cut bravo"));
});

it("npm run ops replace replaces a dead server although every server runs a broken release", async () => {
  const world = open();
  world.machine("bravo").running = false;
  world.sick = world.machine("alpha").releases[0]?.sha256;
  await replace(await world.context("replace bravo"), "bravo", {}, agrees);
  expect(world.steps).toEqual(steps("bravo"));
});

it("npm run ops replace deletes the data volume of the server only if an option requests the deletion", async () => {
  const world = open();
  await replace(await world.context("replace bravo"), "bravo", { newVolume: true }, agrees);
  expect(world.steps).toContain("provider: replace bravo with a new volume");
});

it("npm run ops replace restarts from the beginning after an interruption", async () => {
  const world = open();
  await replace(await world.context("replace bravo", "bravo"), "bravo", {}, agrees);
  expect(world.steps).toContain("provider: replace bravo");
});

it("npm run ops replace changes nothing until the operator confirms the replacement", async () => {
  const world = open();
  const disagrees = () => Promise.reject(new Error("no"));
  await expect(replace(await world.context("replace bravo"), "bravo", {}, disagrees)).rejects.toThrow("no");
  expect(world.steps).toEqual(["provider: prepare bravo"]);
});

it("npm run ops replace changes nothing if the precondition check fails", async () => {
  const world = open();
  world.machine("charlie").running = false;
  await expect(replace(await world.context("replace bravo"), "bravo", {}, agrees)).rejects.toThrow(
    /^refused, nothing was changed:\n {2}without bravo, 1 of 3/,
  );
  expect(world.steps).toEqual([]);
});

it("npm run ops replace uses the health checks of the load balancer if SSH logins fail", async () => {
  const world = new World();
  for (const machine of world.machines.values()) machine.isStunned = true;
  world.failing.add("bravo: systemctl poweroff");
  await replace(await world.context("replace bravo"), "bravo", {}, agrees);
  expect(world.steps.slice(-2)).toEqual(["provider: replace bravo", "lock: no server"]);
  expect(world.said.join("\n")).toContain("check in the database dashboard");
});

it("npm run ops replace requires --yes if no terminal is available for the confirmation", async () => {
  const streams = { ...process, stdin: { isTTY: false } } as unknown as NodeJS.Process;
  await expect(agreement("bravo", false, streams)(["bravo"])).rejects.toThrow(/to confirm without one, add --yes/);
  await expect(agreement("bravo", true, streams)(["bravo"])).resolves.toBeUndefined();
});
