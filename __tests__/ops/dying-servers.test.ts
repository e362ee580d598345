import { afterAll, describe, expect, it } from "vitest";
import { failover } from "../../ops/commands/failover.js";
import { release } from "../../ops/commands/release.js";
import { replace } from "../../ops/commands/replace.js";
import { rollout } from "../../ops/commands/rollout.js";
import { rotate } from "../../ops/commands/rotate.js";
import { upgrade } from "../../ops/commands/upgrade.js";
import type { Context } from "../../ops/core/maintain.js";
import { exampleConfig, exampleSshKey } from "../support/config.js";
import { instantly } from "./support/instantly.js";
import { release as named } from "./support/snapshot.js";
import { World } from "./support/world.js";

const servers = ["alpha", "bravo", "charlie"];
const upgradable = [{ name: "datadog-agent", from: "1", to: "2" }];
const newRelease = named("3");

interface Command {
  /** Prepares a state in which the command has work to do. */
  readonly prepare?: (world: World) => void;
  readonly run: (context: Context) => Promise<unknown>;
  readonly isDone: (world: World) => boolean;
}

const each = (world: World) => servers.map((name) => world.machine(name));

const commands: Readonly<Record<string, Command>> = {
  rollout: {
    prepare: (world) => each(world).forEach((machine) => Object.assign(machine, { current: false })),
    run: (context) => rollout(context, {}),
    isDone: (world) => each(world).every(({ current, running }) => current && running),
  },
  upgrade: {
    prepare: (world) => each(world).forEach((machine) => Object.assign(machine, { upgradable, rebootFor: ["a"] })),
    run: (context) => upgrade(context, {}),
    isDone: (world) => each(world).every((machine) => machine.upgradable.length + machine.rebootFor.length === 0),
  },
  release: {
    run: (context) => release(context, newRelease),
    isDone: (world) => each(world).every(({ releases }) => releases[0]?.sha256 === newRelease.sha256),
  },
  "release --rollback": {
    run: (context) => release(context, undefined),
    // A second rollback, after an interrupted one, may activate the original release again. All servers must run the same release.
    isDone: (world) => new Set(each(world).map(({ releases }) => releases[0]?.sha256)).size === 1,
  },
  "replace bravo": {
    prepare: (world) => void (world.machine("bravo").current = false),
    run: (context) => replace(context, "bravo", {}, () => Promise.resolve()),
    isDone: (world) => world.machine("bravo").current,
  },
  "failover charlie": {
    run: (context) => failover(context, "charlie"),
    isDone: (world) => world.primary === "charlie",
  },
  "rotate edge-token": {
    prepare: (world) => void (world.stage = { configured: 2, used: 1, oldest: 1 }),
    run: (context) => rotate(context, "edge-token"),
    isDone: ({ stage }) => stage.oldest === 2,
  },
  "rotate database-passwords": {
    prepare: (world) => void (world.stage = { configured: 2, used: 1, oldest: 1 }),
    run: (context) => rotate(context, "database-passwords"),
    isDone: ({ stage }) => stage.oldest === 2,
  },
};

const config = exampleConfig({
  administrators: { cidrs: ["192.0.2.0/24"], sshKeys: { jane: exampleSshKey } },
  generations: { edgeToken: 2, databasePasswords: 2 },
});

const takesDown = /^(?:provider: (?:replace|shut down|cut) (\S+)|(\S+): systemctl (?:poweroff|reboot|stop in-service))/;

/** Runs a command. Before step `at`, a server or the operator's machine dies. Then repeats the command until it is complete. */
async function run({ prepare, run: command, isDone }: Command, at: number, victim?: string) {
  const world = new World(config);
  prepare?.(world);
  const harm: string[] = [];
  let count = Number.NEGATIVE_INFINITY;
  let isDead = false;
  let current: string | undefined;
  let atDeath: string | undefined;
  let isGone = false;
  world.onStep = (step) => {
    const before = current;
    if (step.startsWith("lock: ")) current = step.slice("lock: ".length).replace("no server", "") || undefined;
    const [, byProvider, bySsh] = takesDown.exec(step) ?? [];
    const taken = byProvider ?? bySsh;
    const isVictim = victim !== undefined && servers.includes(victim);
    const mayGoOn = taken === atDeath && !step.endsWith("reboot");
    if (isDead && isVictim && taken !== undefined && taken !== victim && !mayGoOn && !world.machine(victim).running)
      harm.push(`${step} while ${victim} is off`);
    if (isGone || (count++ === at && victim === "operator")) {
      [isGone, current] = [true, before];
      throw new Error("the operator's machine died");
    }
    if (count !== at + 1 || !isVictim) return;
    // The command checks the other servers immediately before a reboot. If a server dies after this check, the command cannot notice it.
    [isDead, atDeath] = [!step.endsWith("reboot"), current];
    world.off(world.machine(victim));
  };
  const attempt = async (): Promise<Error | undefined> => {
    const inHand = current;
    isGone = false;
    const context = await world.context("rollout", inHand);
    current = inHand;
    if (count < 0) count = 0;
    return command(context).then(
      () => undefined,
      (error: Error) => error,
    );
  };
  const first = await attempt();
  const steps = count;
  // The server starts again before the command is repeated.
  if (victim !== undefined && servers.includes(victim)) world.machine(victim).running = true;
  let last = first;
  for (let again = 0; again < 2 && (last !== undefined || !isDone(world)); again++) last = await attempt();
  if (isDone(world) && last?.message.includes("already")) last = undefined;
  return { steps, harm, first, last, isDone: isDone(world) };
}

const outcomes: string[] = [];

describe.each(Object.entries(commands))("the command %s", (name, command) => {
  it.each([...servers, "operator"])(
    "if %s dies before any step of an npm run ops command, a rerun completes, and at most one server stops serving",
    async (victim) => {
      instantly();
      const { steps } = await run(command, -1);
      for (let at = 0; at < steps; at++) {
        const { harm, first, last, isDone } = await run(command, at, victim);
        const where = `${name}, ${victim} dies before step ${at + 1} of ${steps}`;
        expect({ where, harm, last: last?.message, isDone }).toEqual({
          where,
          harm: [],
          last: undefined,
          isDone: true,
        });
        outcomes.push(first ? "stopped, and done after a rerun" : "done");
      }
    },
  );
});

afterAll(() => {
  const count = (outcome: string): string => `${outcomes.filter((one) => one === outcome).length} ${outcome}`;
  console.log(
    `${outcomes.length} cells: ${["done", "stopped, and done after a rerun"].map(count).join(", ")}, 0 HARMED`,
  );
});
