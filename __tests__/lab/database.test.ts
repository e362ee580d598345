import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import type { Lab } from "../../lab/lab.js";
import type { Machine } from "../../lab/machine/machine.js";
import { sleep, waitFor } from "../../lab/system/shell.js";
import { ports } from "../../modules/platform/ports.js";
import { labInAnyMode } from "./support/lab-in-mode.js";
import {
  errantTransactions,
  knownReportOf,
  reportOf,
  settled,
  takenOut,
  type WholeGroup,
  wholeGroup,
} from "../../lab/group.js";
import { failures, figure, seconds, secondsOf, timed } from "./support/figures.js";
import { lostWrites, startWriting } from "../../lab/load/writes.js";
import { query } from "../../lab/machine/sql.js";

/** Number of power cuts of the primary that this file tests. */
const rounds = Number(process.env["LAB_ROUNDS"] ?? 10);
if (!(Number.isInteger(rounds) && rounds > 0))
  throw new Error(`LAB_ROUNDS must be an integer greater than 0, got ${process.env["LAB_ROUNDS"]}`);
const longestGapSeconds = 10;

let lab: Lab;
let group: WholeGroup;

beforeAll(async () => {
  lab = await labInAnyMode();
});
beforeEach(async () => {
  group = await settled(lab);
});

/** Stops the primary under write load, starts the primary again, and checks that no write is lost. @returns the measurements */
async function losePrimary(lose: (primary: Machine) => Promise<void>) {
  const before = group.primary;
  const over = new AbortController();
  onTestFinished(() => over.abort());
  const writing = await startWriting(lab, group, { seconds: 60 }, over.signal);
  await lose(before);
  // The load must continue until the load balancer has drained the lost server and the other members have a primary.
  await takenOut(lab, before);
  await wholeGroup(lab, group.replicas);
  await sleep(2);
  over.abort();
  const written = await writing.end;
  await before.start();
  const { result: after, seconds: rejoined } = await timed(() => wholeGroup(lab));
  expect(after.primary.name).not.toBe(before.name);
  expect(await errantTransactions(after)).toEqual({});
  expect(written.kept.length).toBeGreaterThan(0);
  expect(await lostWrites(after, written)).toEqual({});
  expect(written.worksAgain).toBe(true);
  expect(written.longestGap).toBeLessThanOrEqual(longestGapSeconds);
  return { ...written, rejoined };
}

describe("the database group", () => {
  it("the database group forms automatically, with every member online, one primary and read-only replicas", async () => {
    const reports = await Promise.all(lab.machines.map(knownReportOf));
    expect(reports.map((report) => report.state)).toEqual(lab.machines.map(() => "ONLINE"));
    expect(reports.map((report) => `${report.role} ${report.writable}`).sort()).toEqual([
      "PRIMARY true",
      ...group.replicas.map(() => "SECONDARY false"),
    ]);
  });
});

describe("a primary that steps down under write load", () => {
  it("the command `mysql-group step-down` transfers the primary's role to another member without a failed write", async () => {
    const over = new AbortController();
    onTestFinished(() => over.abort());
    const writing = await startWriting(lab, group, { seconds: 60 }, over.signal);
    await sleep(3);
    const output = await group.primary.exec(["mysql-group", "step-down"]);
    await sleep(5);
    over.abort();
    const written = await writing.end;
    const after = await wholeGroup(lab);
    expect(after.primary).not.toBe(group.primary);
    expect(output).toBe(`${after.primary.host.privateIpv4} is the primary`);
    expect(await group.primary.exec(["mysql-group", "step-down"])).toBe("not the primary: nothing to do");
    expect(written.failures).toEqual([]);
    expect(await lostWrites(after, written)).toEqual({});
    expect(await errantTransactions(after)).toEqual({});
    figure("primary steps down", `${seconds(written.longestGap)} without a write, 0 of ${written.sent} failed`);
  });
});

describe("two members that are stopped one after the other", () => {
  it("the last running member of three is read-only and receives no requests until another member returns", async () => {
    const stop = (machine: Machine) => machine.exec(["systemctl", "stop", "mysql.service"], { timeoutSeconds: 90 });
    for (const replica of group.replicas) await stop(replica);
    const alone = await waitFor("a view of one", async (see) => {
      const report = see(await reportOf(group.primary));
      return report?.view.length === 1 && report;
    });
    expect(alone).toMatchObject({ state: "ONLINE", majority: true, quorum: false });
    const role = (name: string) =>
      group.primary.exec(["curl", "--silent", `http://${group.primary.host.privateIpv4}:${ports.memberRole}/${name}`]);
    expect(await role("primary")).toBe("the group has no majority of the members: 1 of 3");
    // Only the read-only mode also rejects writes in existing sessions and writes that bypass HAProxy.
    const readOnly = async () => (await query(group.primary, "SELECT @@super_read_only"))[0] === "1";
    await waitFor("a read-only mysqld", readOnly, { timeoutSeconds: 10 });
    for (const replica of group.replicas)
      await replica.exec(["systemctl", "start", "mysql.service"], { timeoutSeconds: 90 });
    expect((await wholeGroup(lab)).primary.name).toBe(group.primary.name);
  });
});

describe("a power cut of the primary under write load", () => {
  const gaps: number[] = [];
  const rejoins: number[] = [];
  afterAll(() => {
    figure(`time without a successful write, ${gaps.length} power cuts of the primary`, secondsOf(gaps));
    figure("from power on to online again", secondsOf(rejoins));
  });

  it.each(Array.from({ length: rounds }, (_, round) => round + 1))(
    `a power cut of the primary loses no acknowledged write and stops writes for at most ${longestGapSeconds} s; the old primary rejoins without errant transactions (round %i)`,
    async (round) => {
      const lost = await losePrimary((primary) => primary.kill());
      gaps.push(lost.longestGap);
      rejoins.push(lost.rejoined);
      figure(
        `power cut ${round}`,
        `${seconds(lost.longestGap)} without a write, ${lost.kept.length} acknowledged, none lost, ${failures(lost)}`,
      );
    },
  );
});

describe("a crash of the primary under write load", () => {
  it("a crash of the primary loses no acknowledged write, and the old primary rejoins without errant transactions", async () => {
    const lost = await losePrimary((primary) => primary.crash());
    figure(
      "crash of the primary",
      `${seconds(lost.longestGap)} without a write, ${lost.kept.length} acknowledged, none lost, ${failures(lost)}`,
    );
  });
});
