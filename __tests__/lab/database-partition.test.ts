import { beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import type { Lab } from "../../lab/lab.js";
import type { Machine } from "../../lab/machine/machine.js";
import { sleep, waitFor } from "../../lab/system/shell.js";
import { ports } from "../../modules/platform/ports.js";
import { labInAnyMode } from "./support/lab-in-mode.js";
import { failures, figure, seconds, timed } from "./support/figures.js";
import { errantTransactions, reportOf, settled, takesWrites, type WholeGroup, wholeGroup } from "../../lab/group.js";
import { query, tryQuery } from "../../lab/machine/sql.js";
import { insertOwn, makeOwnTable, ownTexts } from "./support/own-table.js";
import { lostWrites, startWriting } from "../../lab/load/writes.js";

/** What a failover may take, as in database.test.ts. */
const longestGapSeconds = 10;

let lab: Lab;
let group: WholeGroup;

beforeAll(async () => {
  lab = await labInAnyMode();
});
beforeEach(async () => {
  group = await settled(lab);
});

/** Tries to write on a member itself, as root. @returns whether it was accepted */
async function writeOn(machine: Machine, text: string): Promise<boolean> {
  return (await tryQuery(machine, insertOwn(`'${text}'`))).ok;
}

/** Does so once a second. @returns the attempts that were accepted */
async function keepWritingOn(machine: Machine, start: string, attempts: number): Promise<string[]> {
  const tries: Promise<string[]>[] = [];
  for (let n = 0; n < attempts; n++) {
    const text = `${start}${n}`;
    tries.push(writeOn(machine, text).then((accepted) => (accepted ? [text] : [])));
    await sleep(1);
  }
  return (await Promise.all(tries)).flat();
}

/** Cuts a member off under write load, tries to write on it all the while, and checks what the group kept. */
async function cutOff(member: Machine) {
  const forbidden = `cut off ${Date.now()} `;
  await makeOwnTable(group.primary);
  // what will be refused is refused because of the cut, and would be taken by a primary
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

describe("a member cut off from the others", () => {
  it("accepts no write while the group goes on, and rejoins by itself", async () => {
    const [replica] = group.replicas;
    if (!replica) throw new Error("a replica is needed");
    const { longestGap, rejoined, failed, sent } = await cutOff(replica);
    figure(
      "replica cut off",
      `${seconds(longestGap)} without a write, ${failed} of ${sent} failed, back ${seconds(rejoined)} after the cut was healed`,
    );
  });

  it("loses its role if it was the primary, accepts no write, and rejoins clean", async () => {
    const before = group.primary;
    const { longestGap, rejoined, roleLost, after, failed, sent } = await cutOff(before);
    expect(after.primary.name).not.toBe(before.name);
    figure(
      "primary cut off",
      `role lost after ${seconds(roleLost)}, ${seconds(longestGap)} without a write, ${failed} of ${sent} failed, back ${seconds(rejoined)} after the cut was healed`,
    );
  });
});

/** Whether the member answers HAProxy that it takes writes. */
async function answersAsPrimary(machine: Machine): Promise<boolean> {
  const url = `http://${machine.host.privateIpv4}:${ports.memberRole}/primary`;
  const { ok } = await machine.tryExec(["curl", "--silent", "--fail", "--max-time", "2", url], { timeoutSeconds: 5 });
  return ok;
}

/** Names of those that do so at the same time, if there ever are two in so many seconds. */
async function primariesAtOnce(during: number): Promise<string[]> {
  const end = Date.now() + during * 1000;
  while (Date.now() < end) {
    const answers = await Promise.all(lab.machines.map(answersAsPrimary));
    const found = lab.machines.filter((_, index) => answers[index]).map(({ name }) => name);
    if (found.length > 1) return found;
    await sleep(0.1);
  }
  return [];
}

describe("two primaries", () => {
  it("never get writes both when a partition heals just as the new one is elected, and the new one goes on", async () => {
    const writing = await startWriting(lab, group, { seconds: 25 });
    await group.primary.partition();
    const elected = (): Promise<boolean> =>
      Promise.all(group.replicas.map(answersAsPrimary)).then((all) => all.some(Boolean));
    await waitFor("a new primary", elected, { timeoutSeconds: 20, pauseSeconds: 0.1 });
    await group.primary.heal();
    expect(await primariesAtOnce(8)).toEqual([]);
    const written = await writing.end;
    const { result: after, seconds: rejoined } = await timed(() => wholeGroup(lab));
    expect(after.primary.name).not.toBe(group.primary.name);
    expect(await lostWrites(after, written)).toEqual({});
    figure(
      "primary back as the new one is elected",
      `${seconds(written.longestGap)} without a write, back after ${seconds(rejoined)}`,
    );
  });
});

describe("a primary whose mysqld is frozen", () => {
  it("is found out, loses its sessions and its role, and rejoins clean when it goes on", async () => {
    const { primary: frozen, replicas } = group;
    const over = new AbortController();
    onTestFinished(() => over.abort());
    const writing = await startWriting(lab, group, { seconds: 60 }, over.signal);
    const signal = (name: string) =>
      frozen.exec(["systemctl", "kill", "--kill-whom=main", `--signal=${name}`, "mysql"]);
    onTestFinished(async () => void (await signal("CONT")));
    await signal("STOP");
    const { seconds: refused } = await timed(() =>
      waitFor("a role port that refuses", async (see) => !see(await answersAsPrimary(frozen)), { pauseSeconds: 0.1 }),
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
      `role port refuses after ${seconds(refused)}, ${seconds(written.longestGap)} without a write, ${failures(written)}, back ${seconds(rejoined)} after it went on`,
    );
  });
});

describe("a mysql-group of the primary that hangs", () => {
  it("is started anew by systemd, and writes go on with the same primary", async () => {
    const over = new AbortController();
    onTestFinished(() => over.abort());
    const writing = await startWriting(lab, group, { seconds: 60 }, over.signal);
    const pid = () => group.primary.exec(["systemctl", "show", "--property=MainPID", "--value", "mysql-group"]);
    const before = await pid();
    await group.primary.exec(["systemctl", "kill", "--signal=STOP", "mysql-group"]);
    await waitFor("another process", async (see) => !["0", before].includes(see(await pid())), { timeoutSeconds: 30 });
    const after = await wholeGroup(lab);
    await sleep(4);
    over.abort();
    const written = await writing.end;
    expect(after.primary.name).toBe(group.primary.name);
    expect(written.worksAgain).toBe(true);
    expect(await lostWrites(after, written)).toEqual({});
    figure("mysql-group of the primary hangs", `${seconds(written.longestGap)} without a write, ${failures(written)}`);
  });
});

describe("a lost member that MySQL does not expel", () => {
  it("is named by the survivors, who ask the group to let go of it", async () => {
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
        (await reportOf(machine))?.reason.includes(`still holds ${lost.host.privateIpv4}`) === true;
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
