import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Lab } from "../../../lab/lab.js";
import { loadSettings, saveSettings } from "../../../lab/settings.js";
import type { EnvironmentInput } from "../../../modules/config/schema.js";
import { figure } from "../support/figures.js";
import { settled, type WholeGroup } from "../../../lab/group.js";
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

describe("a rotation of the edge token", () => {
  it("costs no request, refuses the old one at the end, and goes on where it was killed", async () => {
    const generation = await raise("edgeToken");
    const work = async () => {
      for (const moment of [/bravo: accepts/, /is used/]) {
        const run = begin(["rotate", "edge-token"]);
        run.stdout?.on("data", (chunk: Buffer) => moment.test(chunk.toString()) && run.kill("SIGKILL"));
        const { signal, stderr } = await run;
        expect({ moment, signal, stderr }).toEqual({ moment, signal: "SIGKILL", stderr: "" });
      }
      return ops("rotate", "edge-token");
    };
    const { result, told } = await unnoticed(lab, group, work, { ratePerSecond: 20 });
    expect(result).toMatchObject({ exitCode: 0, stderr: "" });
    expect(result.stdout).toContain(`edge-token: only generation ${generation} is in force`);
    expect(await statusNow()).toMatchObject({ needsHand: [], lock: null });
    figure("ops rotate edge-token", told);
  });
});
