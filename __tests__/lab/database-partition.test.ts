import { beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import type { Lab } from "../../lab/lab.js";
import type { Machine } from "../../lab/machine/machine.js";
import { sleep, waitFor } from "../../lab/system/shell.js";
import { labInAnyMode } from "./support/lab-in-mode.js";
import { failures, figure, seconds, timed } from "./support/figures.js";
import { errantTransactions, reportOf, settled, takesWrites, type WholeGroup, wholeGroup } from "../../lab/group.js";
import { query, tryQuery } from "../../lab/machine/sql.js";
import { insertOwn, makeOwnTable, ownTexts } from "./support/own-table.js";
import { lostWrites, startWriting, writesOn } from "../../lab/load/writes.js";
import { answersAsPrimary, primariesAtOnce } from "./support/primaries.js";

/** Maximum time in seconds without a successful write during a failover, the same as in database.test.ts. */
const longestGapSeconds = 10;

let lab: Lab;
let group: WholeGroup;

beforeAll(async () => {
  lab = await labInAnyMode();
});
beforeEach(async () => {
  group = await settled(lab);
});

/** Tries to insert a text on a member as root, without HAProxy. @returns whether the member accepted the write */
async function writeOn(machine: Machine, text: string): Promise<boolean> {
  return (await tryQuery(machine, insertOwn(`'${text}'`))).ok;
}

/** Tries to insert a text on a member once per second. @returns the texts that the member accepted */
async function keepWritingOn(machine: Machine, start: string, attempts: number): Promise<string[]> {
  const tries: Promise<string[]>[] = [];
  for (let n = 0; n < attempts; n++) {
    const text = `${start}${n}`;
    tries.push(writeOn(machine, text).then((accepted) => (accepted ? [text] : [])));
    await sleep(1);
  }
  return (await Promise.all(tries)).flat();
}

/** Isolates a member under write load, tries to write on the isolated member, reconnects the member, and checks that no write is lost. */
async function cutOff(member: Machine) {
  const forbidden = `cut off ${Date.now()} `;
  await makeOwnTable(group.primary);
  // The primary accepts this write, which shows that later rejections are caused by the partition.
  expect(await writeOn(group.primary, `before ${forbidden}`)).toBe(true);
  const writing = await startWriting(lab, group, { seconds: 25 });
  await member.partition();
  const roleLost = timed(() =>
    waitFor(
      `${member.name} not primary`,
      async (see) => {
        const report = see(await reportOf(member));
        return report && !takesWrites(report);
      },
      { timeoutSeconds: 30 },
    ),
  );
  const accepted = await keepWritingOn(member, forbidden, 18);
  const written = await writing.end;
  const during = await reportOf(member);
  await member.heal();
  const { result: after, seconds: rejoined } = await timed(() => wholeGroup(lab));
  expect(accepted).toEqual([]);
  for (const machine of lab.machines) expect(await ownTexts(machine, forbidden)).toEqual([]);
  expect(during).toMatchObject({ writable: false });
  expect(await errantTransactions(after)).toEqual({});
  expect(await lostWrites(after, written)).toEqual({});
  expect(written.worksAgain).toBe(true);
  return { ...written, after, rejoined, roleLost: (await roleLost).seconds };
}

describe("an isolated member", () => {
  it("a replica without a connection to the private network rejects writes, the group continues, and the replica rejoins after the reconnection", async () => {
    const [replica] = group.replicas;
    if (!replica) throw new Error("a replica is needed");
    const { longestGap, rejoined, failed, sent } = await cutOff(replica);
    figure(
      "replica isolated",
      `${seconds(longestGap)} without a write, ${failed} of ${sent} failed, back ${seconds(rejoined)} after the connection was restored`,
    );
  });

  it("a primary without a connection to the private network loses its role and rejects writes, and rejoins without errant transactions after the reconnection", async () => {
    const before = group.primary;
    const { longestGap, rejoined, roleLost, after, failed, sent } = await cutOff(before);
    expect(after.primary.name).not.toBe(before.name);
    figure(
      "primary isolated",
      `role lost after ${seconds(roleLost)}, ${seconds(longestGap)} without a write, ${failed} of ${sent} failed, back ${seconds(rejoined)} after the connection was restored`,
    );
  });
});

describe("an old and a new primary", () => {
  it("two primaries never accept writes at the same time if a network partition ends during the election, and the new primary stays", async () => {
    const writing = await startWriting(lab, group, { seconds: 25 });
    await group.primary.partition();
    const elected = (): Promise<boolean> =>
      Promise.all(group.replicas.map(answersAsPrimary)).then((all) => all.some(Boolean));
    await waitFor("a new primary", elected, { timeoutSeconds: 20, pauseSeconds: 0.1 });
    await group.primary.heal();
    expect(await primariesAtOnce(lab, 8)).toEqual([]);
    const written = await writing.end;
    const { result: after, seconds: rejoined } = await timed(() => wholeGroup(lab));
    expect(after.primary.name).not.toBe(group.primary.name);
    expect(await lostWrites(after, written)).toEqual({});
    figure(
      "primary back while the new one is elected",
      `${seconds(written.longestGap)} without a write, back after ${seconds(rejoined)}`,
    );
  });
});

describe("a primary with a frozen mysqld", () => {
  it("a frozen primary loses its sessions and its role, and rejoins without errant transactions once mysqld runs again", async () => {
    const { primary: frozen, replicas } = group;
    const over = new AbortController();
    onTestFinished(() => over.abort());
    const writing = await startWriting(lab, group, { seconds: 60 }, over.signal);
    const signal = (name: string) =>
      frozen.exec(["systemctl", "kill", "--kill-whom=main", `--signal=${name}`, "mysql"]);
    onTestFinished(async () => void (await signal("CONT")));
    await signal("STOP");
    const { seconds: refused } = await timed(() =>
      waitFor("a role port that rejects the member", async (see) => !see(await answersAsPrimary(frozen)), {
        pauseSeconds: 0.1,
      }),
    );
    await wholeGroup(lab, replicas);
    await sleep(3);
    await signal("CONT");
    const { result: after, seconds: rejoined } = await timed(() => wholeGroup(lab));
    over.abort();
    const written = await writing.end;
    expect(after.primary.name).not.toBe(frozen.name);
    expect(refused).toBeLessThanOrEqual(4);
    expect(written.longestGap).toBeLessThanOrEqual(longestGapSeconds);
    expect(written.worksAgain).toBe(true);
    expect(await errantTransactions(after)).toEqual({});
    expect(await lostWrites(after, written)).toEqual({});
    figure(
      "frozen mysqld of the primary",
      `role port rejects it after ${seconds(refused)}, ${seconds(written.longestGap)} without a write, ${failures(written)}, back ${seconds(rejoined)} after mysqld continued`,
    );
  });
});

describe("a hanging mysql-group on the primary", () => {
  it("if mysql-group hangs on the primary, systemd restarts mysql-group, and the primary keeps its role and accepts writes again", async () => {
    const over = new AbortController();
    onTestFinished(() => over.abort());
    const writing = await startWriting(lab, group, { seconds: 120 }, over.signal);
    const pid = () => group.primary.exec(["systemctl", "show", "--property=MainPID", "--value", "mysql-group"]);
    const before = await pid();
    await group.primary.exec(["systemctl", "kill", "--signal=STOP", "mysql-group"]);
    await waitFor("another process", async (see) => !["0", before].includes(see(await pid())), { timeoutSeconds: 30 });
    const after = await wholeGroup(lab);
    const stored = (await writesOn(after.primary, writing)).size;
    // The time limit is long, because HAProxy accepts the restarted mysql-group only after several checks.
    await waitFor("new writes", async (see) => see((await writesOn(after.primary, writing)).size) >= stored + 40, {
      timeoutSeconds: 40,
    });
    over.abort();
    const written = await writing.end;
    expect(after.primary.name).toBe(group.primary.name);
    expect(written.worksAgain).toBe(true);
    expect(await lostWrites(after, written)).toEqual({});
    figure("mysql-group of the primary hangs", `${seconds(written.longestGap)} without a write, ${failures(written)}`);
  });
});

describe("a lost member that MySQL does not expel", () => {
  it("if MySQL does not expel a lost member, the survivors report the member and ask the group to expel it", async () => {
    const [lost, ...others] = group.replicas;
    if (!lost) throw new Error("a replica is needed");
    const survivors = [group.primary, ...others];
    const patience = (value: number) =>
      Promise.all(
        survivors.map((machine) => query(machine, `SET GLOBAL group_replication_member_expel_timeout = ${value}`)),
      );
    await patience(3600);
    onTestFinished(async () => void (await patience(0)));
    await lost.kill();
    for (const machine of survivors) {
      const named = async (): Promise<boolean> =>
        (await reportOf(machine))?.reason.includes(`still contains ${lost.host.privateIpv4}`) === true;
      await waitFor(`${machine.name} names ${lost.name}`, named, { timeoutSeconds: 20 });
    }
    await sleep(5);
    for (const machine of survivors) {
      const journal = await machine.exec(["journalctl", "--unit", "mysql-group", "--since", "-15s", "--output", "cat"]);
      expect(journal).toContain(`asking the group to let go of ${lost.host.privateIpv4}`);
      expect(journal).not.toContain("refused");
    }
    await patience(0);
    await wholeGroup(lab, survivors);
    await lost.start();
    await wholeGroup(lab);
  });
});
