import { beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import type { Lab } from "../../lab/lab.js";
import type { LoadResult } from "../../lab/load/load.js";
import type { Machine } from "../../lab/machine/machine.js";
import { sleep } from "../../lab/system/shell.js";
import { labInAnyMode } from "./support/lab-in-mode.js";
import { failures, figure, seconds, timed } from "./support/figures.js";
import { errantTransactions, settled, takenOut, type WholeGroup, wholeGroup } from "./support/group.js";
import { lostNotes, startWriting } from "./support/writes.js";

let lab: Lab;
let group: WholeGroup;

beforeAll(async () => {
  lab = await labInAnyMode();
});
beforeEach(async () => {
  group = await settled(lab);
});

const now = (): number => Date.now() / 1000;

/** Failed requests by the time they were sent, in Unix seconds. */
const failedBetween = ({ startedAt, failures }: LoadResult, from: number, to: number): number =>
  failures.filter(({ at }) => startedAt + at >= from && startedAt + at < to).length;

/** Seconds until the stand-in has given up a silent target: it pauses for the interval, and waits as long for a connection. */
const slowestNotice = (): number => {
  const { intervalSeconds, retries } = lab.blueprint.environment.config.loadBalancer.healthCheck;
  return 2 * intervalSeconds * retries;
};

/** Visitors who read and write, for some seconds already; `leave` tells what became of their requests. */
async function visitors(seconds: number) {
  const over = new AbortController();
  onTestFinished(() => over.abort());
  const writing = await startWriting(lab, group, { seconds, ratePerSecond: 10 }, over.signal);
  const reading = lab.load({ url: lab.url("/"), ratePerSecond: 20, seconds }, over.signal);
  await sleep(4);
  const leave = () => {
    over.abort();
    return Promise.all([reading, writing.end]);
  };
  return { leave };
}

const victimOf = (role: "replica" | "primary"): Machine =>
  role === "primary" ? group.primary : (group.replicas[0] as Machine);

describe("one of three dies under visitors who read and write", () => {
  it.each(["replica", "primary"] as const)(
    "requests fail only until the balancer has noticed, and writes go on (%s)",
    async (role) => {
      const victim = victimOf(role);
      const survivors = lab.machines.filter((machine) => machine !== victim);
      const { leave } = await visitors(60);
      // what was sent half a second before may still have been on its way
      const died = now();
      await victim.kill();
      const dead = now();
      await takenOut(lab, victim);
      // the balancer is asked ten times a second, and a request may have been on its way
      const noticed = now() + 0.3;
      await wholeGroup(lab, survivors);
      const elected = now() + 0.3;
      await sleep(6);
      const [reads, writes] = await leave();
      for (const [load, from] of [
        [reads, noticed],
        [writes, Math.max(noticed, elected)],
      ] as const)
        expect({ before: failedBetween(load, 0, died - 0.5), after: failedBetween(load, from, Infinity) }).toEqual({
          before: 0,
          after: 0,
        });
      expect(writes.worksAgain).toBe(true);
      expect(await lostNotes(await wholeGroup(lab, survivors), writes)).toEqual({});
      expect(noticed - dead).toBeLessThan(slowestNotice() + 2);
      figure(
        `${role} dies`,
        `balancer notices after ${seconds(noticed - dead)}; until then of reads ${failures(reads)} and of writes ${failures(writes)}, none later; ${seconds(writes.longestGap)} without a write`,
      );
      await victim.start();
      expect(await errantTransactions(await wholeGroup(lab))).toEqual({});
    },
  );
});

describe("one of three is shut down under visitors who read and write", () => {
  it.each(["replica", "primary"] as const)("loses no request, and writes go on (%s)", async (role) => {
    const victim = victimOf(role);
    const survivors = lab.machines.filter((machine) => machine !== victim);
    const { leave } = await visitors(100);
    const { seconds: took } = await timed(() => victim.off());
    await wholeGroup(lab, survivors);
    await sleep(4);
    const [reads, writes] = await leave();
    expect({ reads: reads.failures, writes: writes.failures }).toEqual({ reads: [], writes: [] });
    expect(await lostNotes(await wholeGroup(lab, survivors), writes)).toEqual({});
    figure(
      `${role} is shut down`,
      `off after ${seconds(took)}; 0 of ${reads.sent} reads and 0 of ${writes.sent} writes failed, ${seconds(writes.longestGap)} without a write`,
    );
    await victim.start();
    expect(await errantTransactions(await wholeGroup(lab))).toEqual({});
  });
});
