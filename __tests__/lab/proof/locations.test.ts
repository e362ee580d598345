import { beforeAll, describe, expect, it } from "vitest";
import { errantTransactions, settled, type WholeGroup } from "../../../lab/group.js";
import type { Lab } from "../../../lab/lab.js";
import type { LoadResult } from "../../../lab/load/load.js";
import { underLoad } from "../../../lab/load/under-load.js";
import { startWriting } from "../../../lab/load/writes.js";
import { cutLink, locationOf, loseLocations, restoreLocations } from "../../../lab/locations.js";
import { tryQuery } from "../../../lab/machine/sql.js";
import { startDelays } from "../../../lab/network/locations.js";
import { sleep } from "../../../lab/system/shell.js";
import { failedBetween, failures, figure, now, pauses, seconds, timed } from "../support/figures.js";
import { labInThreeLocations } from "../support/lab-in-mode.js";
import { direct, directToBoth, loseForAWhile, movePrimaryTo, returnSeconds } from "../support/locations.js";
import { insertOwn, makeOwnTable } from "../support/own-table.js";
import { primariesAtOnce } from "../support/primaries.js";

/** Maximum additional median latency of a write in milliseconds: with all three locations, and without one German location. */
const slower = { complete: 8, lost: 60 } as const;
/** Maximum time in seconds without a successful write if the primary's location or another location is lost. */
const longestGapSeconds = { primary: 10, other: 3 } as const;
/** Maximum time in seconds with failed requests if the link between two locations is cut. */
const linkSeconds = 5;
/** Time limit in seconds of the edge's connection attempt to an origin. */
const connectSeconds = 19;

let lab: Lab;
beforeAll(async () => {
  lab = await labInThreeLocations();
});

/** Prepares a healthy lab: the primary is in nbg1, and visitors use both load balancers. */
async function prepared(retry: boolean): Promise<WholeGroup> {
  await settled(lab);
  await directToBoth(lab, retry);
  return movePrimaryTo(lab, "nbg1");
}

const visitors = { ratePerSecond: 20, timeoutSeconds: 30 } as const;

/** Returns the seconds between the first and the last failed request of the given loads. */
function failingSeconds(loads: readonly LoadResult[]): number {
  const times = loads.flatMap(({ startedAt, failures: all }) => all.map(({ at }) => startedAt + at));
  return times.length === 0 ? 0 : Math.max(...times) - Math.min(...times);
}

describe("the latency of a write", () => {
  const medianLatency = async (group: WholeGroup): Promise<number> => {
    const written = await (await startWriting(lab, group, { seconds: 20 })).end;
    expect(failures(written)).toBe(`0 of ${written.sent} failed`);
    return written.p50;
  };

  it("in three locations, a write takes a few milliseconds longer, and at most 60 ms longer while a German location is lost", async () => {
    const group = await prepared(true);
    await startDelays(lab.layout, []);
    const without = await medianLatency(group);
    await startDelays(lab.layout, lab.blueprint.environment.located);
    const complete = await medianLatency(group);
    let lost = 0;
    await direct("first");
    await loseForAWhile(lab, "fsn1", {}, async () => {
      lost = await medianLatency(group);
    });
    figure(
      "median latency of a write",
      `${without} ms without distances, ${complete} ms in three locations, ${lost} ms with one German location lost`,
    );
    expect(complete - without).toBeLessThanOrEqual(slower.complete);
    expect(lost - without).toBeLessThanOrEqual(slower.lost);
  });
});

describe("a lost location", () => {
  it.each(["nbg1", "fsn1", "hel1"])(
    "the loss of a location loses no write, stops writes no longer than allowed, and ends with a healthy environment: %s",
    async (location) => {
      const group = await prepared(true);
      const limit = longestGapSeconds[locationOf(lab, group.primary) === location ? "primary" : "other"];
      const { result, reads, writes, lost } = await underLoad(lab, group, visitors, () =>
        loseForAWhile(lab, location, { balancers: "refusing" }),
      );
      const { lostAt, noticedAt, restoredAt, completeAt } = result;
      const later = [reads, writes].map((load) => failedBetween(load, noticedAt, Infinity));
      figure(
        `${location} is lost, its balancer refuses, the edge retries`,
        `noticed after ${seconds(noticedAt - lostAt)}; reads: ${failures(reads)}, writes: ${failures(writes)}, later: ${later.join(" and ")}; ` +
          `without a write ${pauses(writes, lostAt)}; complete ${seconds(completeAt - restoredAt)} after the return`,
      );
      expect({ lost, later, worksAgain: writes.worksAgain }).toEqual({ lost: {}, later: [0, 0], worksAgain: true });
      expect(writes.longestGap).toBeLessThanOrEqual(limit);
      expect(completeAt - restoredAt).toBeLessThanOrEqual(returnSeconds);
      expect(await errantTransactions(await settled(lab))).toEqual({});
    },
  );
});

describe("a dead balancer while all servers are healthy", () => {
  it("if a dead load balancer refuses connections and the emulated edge retries, only requests in flight fail", async () => {
    const group = await prepared(true);
    const { result, reads, writes, lost } = await underLoad(lab, group, visitors, () =>
      loseForAWhile(lab, "fsn1", { balancers: "refusing", machines: "unaffected" }),
    );
    const later = [reads, writes].map((load) => failedBetween(load, result.lostAt + 1, Infinity));
    figure(
      "a dead balancer refuses, the edge retries",
      `reads: ${failures(reads)}, writes: ${failures(writes)}, sent more than 1 s later: ${later.join(" and ")}`,
    );
    expect({ lost, later }).toEqual({ lost: {}, later: [0, 0] });
  });

  it("if a load balancer does not respond and the emulated edge retries, new connections are delayed by 19 s", async () => {
    const group = await prepared(true);
    // The time limit of requests is long, because the edge needs 90 s to end pooled connections to a load balancer that does not respond.
    const patient = { ratePerSecond: 20, timeoutSeconds: 120 };
    let directedAt = 0;
    const { result, reads, writes, lost } = await underLoad(lab, group, patient, () =>
      loseForAWhile(lab, "fsn1", { machines: "unaffected" }, async () => {
        await sleep(20);
        await direct("first");
        directedAt = now();
        await sleep(95);
      }),
    );
    const later = [reads, writes].map((load) => failedBetween(load, directedAt + 0.5, Infinity));
    figure(
      "a dead balancer is silent, the edge retries",
      `new connections: ${failures(reads)}, slowest ${seconds(reads.max / 1000)}; pooled connections: ${failures(writes)}, slowest success ${seconds(writes.max / 1000)}; ` +
        `sent after the command: ${later.join(" and ")}; ${seconds(writes.longestGap)} without a write; directed after ${seconds(directedAt - result.lostAt)}`,
    );
    expect({ lost, later }).toEqual({ lost: {}, later: [0, 0] });
    // The margin of 0.5 s covers connections that already existed when the load balancer stopped responding.
    expect(failedBetween(reads, result.lostAt + 0.5, Infinity)).toBe(0);
    expect(reads.max / 1000).toBeGreaterThan(connectSeconds);
    expect(reads.max / 1000).toBeLessThan(connectSeconds + 2);
  });
});

describe("two lost locations", () => {
  it("the loss of two of three locations stops all writes without a second primary, and the group is complete after their return", async () => {
    const group = await prepared(true);
    await makeOwnTable(group.primary);
    const { result, writes, lost } = await underLoad(lab, group, visitors, async () => {
      const lostAt = now();
      await loseLocations(lab, ["fsn1", "hel1"], { machines: "isolated" });
      const atOnce = primariesAtOnce(lab, 30);
      await sleep(10);
      const text = `without a majority ${Date.now()}`;
      const tries = await Promise.all(
        lab.machines.map((machine) => tryQuery(machine, insertOwn(`'${text} ${machine.name}'`), 5)),
      );
      const accepted = tries.filter(({ ok }) => ok).length;
      const primaries = await atOnce;
      const restoredAt = now();
      await restoreLocations(lab);
      const { seconds: back } = await timed(() => settled(lab));
      await direct("both");
      return { lostAt, restoredAt, accepted, primaries, back };
    });
    const { lostAt, restoredAt, back, ...observed } = result;
    const acknowledged = writes.acknowledgedAt.filter(
      (at) => writes.startedAt + at > lostAt + 1 && writes.startedAt + at < restoredAt,
    ).length;
    figure(
      "two locations are lost for 30 s",
      `${acknowledged} writes acknowledged meanwhile, complete ${seconds(back)} after the return`,
    );
    expect({ ...observed, acknowledged, lost }).toEqual({ accepted: 0, primaries: [], acknowledged: 0, lost: {} });
    expect(back).toBeLessThanOrEqual(returnSeconds);
    expect(await errantTransactions(await settled(lab))).toEqual({});
  });
});

describe("a cut link between two locations that both reach the third", () => {
  it.each([
    ["nbg1", "fsn1"],
    ["nbg1", "hel1"],
    ["fsn1", "hel1"],
  ] as const)(
    "if the link between two locations is cut, the group keeps one primary, and errors last only a few seconds: %s and %s",
    async (one, other) => {
      const group = await prepared(true);
      const { result, reads, writes, lost } = await underLoad(lab, group, visitors, async () => {
        const cutAt = now();
        await cutLink(lab, one, other);
        const primaries = await primariesAtOnce(lab, 20);
        await restoreLocations(lab);
        await settled(lab);
        return { cutAt, primaries };
      });
      const failing = failingSeconds([reads, writes]);
      figure(
        `the link between ${one} and ${other} is cut for 20 s`,
        `errors for ${seconds(failing)}; reads: ${failures(reads)}, writes: ${failures(writes)}, without a write ${pauses(writes, result.cutAt)}`,
      );
      expect({ lost, primaries: result.primaries, worksAgain: writes.worksAgain }).toEqual({
        lost: {},
        primaries: [],
        worksAgain: true,
      });
      expect(failing).toBeLessThanOrEqual(linkSeconds);
    },
  );
});
