import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Lab } from "../../../lab/lab.js";
import { loadSettings, saveSettings } from "../../../lab/settings.js";
import type { EnvironmentInput } from "../../../modules/config/schema.js";
import { figure } from "../support/figures.js";
import { settled, type WholeGroup, wholeGroup } from "../../../lab/group.js";
import { labInMode } from "../support/lab-in-mode.js";
import { begin, ops, statusNow } from "../support/operator.js";
import { unnoticed } from "../support/under-load.js";

let lab: Lab;
let group: WholeGroup;
beforeAll(async () => {
  lab = await labInMode("terminate");
});
beforeEach(async () => {
  group = await settled(lab);
});

/** Requests of each kind a second, each by a new connection. */
const rate = 20;

/** Asks for the next generation, as a changed line of the environment's file would. @returns its number */
async function raise(setting: keyof NonNullable<EnvironmentInput["generations"]>): Promise<number> {
  const settings = await loadSettings(lab.layout);
  if (settings === undefined) throw new Error("no lab");
  const generations = { ...settings.overrides.generations };
  const raised = (generations[setting] ?? 1) + 1;
  generations[setting] = raised;
  await saveSettings(lab.layout, { ...settings, overrides: { ...settings.overrides, generations } });
  return raised;
}

const rotations = [
  ["edge-token", "edgeToken"],
  ["database-passwords", "databasePasswords"],
  ["database-authority", "databaseAuthority"],
  ["ssh-host-keys", "sshHostKeys"],
] as const;

describe.each(rotations)("a rotation of %s", (what, setting) => {
  it("costs no request, goes on where it was killed, also under another primary, and the old one is refused at its end", async () => {
    const generation = await raise(setting);
    const work = async () => {
      for (const moment of [/bravo: gets/, /is used/, /charlie: gets/, /no longer accepted/]) {
        const run = begin(["rotate", what]);
        run.stdout?.on("data", (chunk: Buffer) => moment.test(chunk.toString()) && run.kill("SIGKILL"));
        const { signal, stderr } = await run;
        expect({ moment, signal, stderr }).toEqual({ moment, signal: "SIGKILL", stderr: "" });
        await (await wholeGroup(lab)).primary.exec(["mysql-group", "step-down"]);
      }
      return ops("rotate", what);
    };
    const { result, told } = await unnoticed(lab, group, work, { ratePerSecond: rate });
    expect(result).toMatchObject({ exitCode: 0, stderr: "" });
    expect(result.stdout).toContain(`${what}: only generation ${generation} is in force`);
    expect(await statusNow()).toMatchObject({ needsHand: [], lock: null });
    figure(`ops rotate ${what}`, told);
  });
});
