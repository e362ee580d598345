import { beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import environment from "../../../environments/lab.js";
import type { Lab } from "../../../lab/lab.js";
import { loadSettings, saveSettings } from "../../../lab/settings.js";
import { sleep } from "../../../lab/system/shell.js";
import { figure, seconds, timed } from "../support/figures.js";
import { settled, type WholeGroup, wholeGroup } from "../support/group.js";
import { labInAnyMode } from "../support/lab-in-mode.js";
import { begin, ops, statusNow } from "../support/operator.js";
import { lostNotes, startWriting } from "../support/writes.js";

let lab: Lab;
let group: WholeGroup;
beforeAll(async () => {
  lab = await labInAnyMode();
});
beforeEach(async () => {
  group = await settled(lab);
});

/** Changes what the lab's payload is made from, as a changed line of a file would. */
async function configure(bufferPoolMib: number): Promise<void> {
  const settings = await loadSettings(lab.layout);
  if (settings === undefined) throw new Error("no lab");
  const database = { ...environment.database, bufferPoolMib };
  await saveSettings(lab.layout, { ...settings, overrides: { ...settings.overrides, database } });
}

/** Visitors who read and write, each with new connections, while an operator works. */
async function underLoad<T>(work: () => Promise<T>) {
  const over = new AbortController();
  onTestFinished(() => over.abort());
  const longest = { seconds: 1500, ratePerSecond: 20 };
  const writing = await startWriting(lab, group, longest, over.signal);
  const reading = lab.load({ url: lab.url("/"), ...longest }, over.signal);
  await sleep(2);
  const { result, seconds: took } = await timed(work);
  await sleep(4);
  over.abort();
  const [reads, writes] = await Promise.all([reading, writing.end]);
  expect({ reads: reads.failures, writes: writes.failures }).toEqual({ reads: [], writes: [] });
  expect(await lostNotes(await wholeGroup(lab), writes)).toEqual({});
  return {
    result,
    told: `${seconds(took)}, 0 of ${reads.sent} reads and 0 of ${writes.sent} writes failed, none lost, ${seconds(writes.longestGap)} without a write`,
  };
}

describe("a rollout of a changed payload under load", () => {
  it.each([
    ["forth", 136],
    ["back", 128],
  ])("reaches three servers, one at a time, without a failed request (%s)", async (_, bufferPoolMib) => {
    await configure(bufferPoolMib);
    const before = await statusNow();
    expect(before.needsHand).toHaveLength(3);
    const { result, told } = await underLoad(() => ops("rollout"));
    expect(result).toMatchObject({ exitCode: 0, stderr: "" });
    expect(await statusNow()).toMatchObject({ needsHand: [], lock: null });
    figure("ops rollout", told);
  });
});

/** What a run says when it comes to these moments. */
const moments = [
  /hands over the primary's role/,
  /: shuts down/,
  /: is replaced/,
  /: comes up/,
  /is back, and watched/,
];

describe("a rollout that is killed", () => {
  it("goes on when it is run again, whatever it was doing, and leaves nothing behind", async () => {
    await configure(136);
    const { result, told } = await underLoad(async () => {
      for (const moment of moments) {
        const run = begin(["rollout"]);
        run.stdout?.on("data", (chunk: Buffer) => moment.test(chunk.toString()) && run.kill("SIGKILL"));
        const { signal, stderr } = await run;
        expect({ moment, signal, stderr }).toEqual({ moment, signal: "SIGKILL", stderr: "" });
      }
      return ops("rollout");
    });
    expect(result).toMatchObject({ exitCode: 0, stderr: "" });
    expect(await statusNow()).toMatchObject({ needsHand: [], lock: null });
    figure("ops rollout, killed at five moments", told);
  });
});
