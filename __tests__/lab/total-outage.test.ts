import { appendFile, readdir, rm } from "node:fs/promises";
import path from "node:path";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Lab } from "../../lab/lab.js";
import type { Machine } from "../../lab/machine/machine.js";
import { sleep, waitFor } from "../../lab/system/shell.js";
import { paths } from "../../modules/platform/paths.js";
import { labInAnyMode } from "./support/lab-in-mode.js";
import { figure, seconds, timed } from "./support/figures.js";
import { errantTransactions, knownReportOf, reportOf, settled, type WholeGroup, wholeGroup } from "../../lab/group.js";
import { query } from "../../lab/machine/sql.js";
import { applicationVisitor } from "../../lab/load/application-visitor.js";
import { lostWrites, startWriting, writesOn } from "../../lab/load/writes.js";

let lab: Lab;
let group: WholeGroup;

beforeAll(async () => {
  lab = await labInAnyMode();
});
beforeEach(async () => {
  group = await settled(lab);
});

const lockHolder = "SELECT ID FROM performance_schema.processlist WHERE INFO = 'DO SLEEP(300)'";

const start = (machines: readonly Machine[]) => Promise.all(machines.map((machine) => machine.start()));
const cutPower = () => Promise.all(lab.machines.map((machine) => machine.kill()));

/** Waits until a member reports that the member is waiting for the given other members. */
const waitingFor = (machine: Machine, names: readonly string[]) =>
  waitFor(
    `${machine.name} waiting for ${names.join(", ")}`,
    async (see) => see(await reportOf(machine))?.reason.endsWith(`waiting for ${names.join(", ")}`),
    { timeoutSeconds: 240, pauseSeconds: 0.5 },
  );

/** Returns the path of MySQL's data in a volume that is mounted at the given directory. */
const dataOn = (directory: string): string =>
  path.join(directory, path.relative(paths.mysql.mountPoint, paths.mysql.dataDirectory));

/** Damages a relay log like a power cut after which the file has its new size, but the disk does not contain the new content. */
const tearRelayLog = (machine: Machine): Promise<void> =>
  machine.withVolume(async (directory) => {
    const data = dataOn(directory);
    const logs = (await readdir(data)).filter((name) => /^relay-group_replication_applier\.\d+$/.test(name)).sort();
    expect(logs).not.toEqual([]);
    await appendFile(path.join(data, logs.at(-1) ?? ""), Buffer.alloc(4000));
  });

describe("a power cut of all members under write load that damages their relay logs", () => {
  it("after a total outage, two members wait for the third; once the third member returns, the group recovers without data loss", async () => {
    const writing = await startWriting(lab, group, { seconds: 8 });
    await cutPower();
    const written = await writing.end;
    expect(written.kept.length).toBeGreaterThan(0);
    for (const machine of lab.machines) await tearRelayLog(machine);

    await start(group.replicas);
    for (const member of group.replicas) await waitingFor(member, [group.primary.name]);
    await sleep(20);
    for (const member of group.replicas)
      expect(await knownReportOf(member)).toMatchObject({ state: "OFFLINE", writable: false });

    await start([group.primary]);
    const { result: after, seconds: back } = await timed(() => wholeGroup(lab));
    expect(await lostWrites(after, written)).toEqual({});
    expect(await errantTransactions(after)).toEqual({});
    const { seconds: site } = await timed(() => settled(lab));
    figure(
      "power cut of all three",
      `group back ${seconds(back)} after the last power on, site ${seconds(site)} later; ${written.kept.length} acknowledged, none lost`,
    );
  });
});

describe("the loss of the primary's disk while one replica is isolated and the other has unapplied transactions", () => {
  it("after the loss of the primary's disk, the replica with the most received transactions applies them and becomes the primary", async () => {
    const [isolated, behind] = group.replicas as [Machine, Machine];
    await isolated.partition();
    await wholeGroup(lab, [group.primary, behind]);
    // This lock prevents the replica from applying transactions until the crash.
    const { table } = applicationVisitor(lab.blueprint.environment.config);
    const lock = behind.tryExec(["mysql", "-e", `FLUSH TABLES app.${table} WITH READ LOCK; DO SLEEP(300)`]);
    await waitFor("the lock", async (see) => see(await query(behind, lockHolder)).length > 0);
    const written = await (await startWriting(lab, group, { seconds: 6 })).end;
    expect(written.kept.length).toBeGreaterThan(0);
    for (const replica of group.replicas) expect((await writesOn(replica, written)).size).toBe(0);

    await group.primary.kill();
    await behind.crash();
    await isolated.kill();
    await lock;
    await group.primary.wipe();
    await isolated.heal();
    await start(lab.machines);
    const { result: after, seconds: back } = await timed(() => wholeGroup(lab));
    expect(after.primary.name).toBe(behind.name);
    expect(await lostWrites(after, written)).toEqual({});
    expect(await errantTransactions(after)).toEqual({});
    figure("lost disk of the primary", `group with it back ${seconds(back)} after the last power on, none lost`);
  });
});

describe("the loss of two of three disks in a total outage", () => {
  it("after the loss of two disks, no group starts until an operator confirms that their data is lost", async () => {
    const [survivor, ...emptied] = [...group.replicas, group.primary] as [Machine, Machine, Machine];
    const written = await (await startWriting(lab, group, { seconds: 3 })).end;
    expect(await lostWrites(group, written)).toEqual({});
    await cutPower();
    for (const machine of emptied) await machine.withVolume((directory) => rm(dataOn(directory), { recursive: true }));

    await start(lab.machines);
    const names = emptied.map(({ name }) => name).sort();
    for (const machine of lab.machines)
      await waitFor(
        `${machine.name} waiting for an operator`,
        async (see) => see(await reportOf(machine))?.reason.includes(`committed transactions: ${names.join(", ")};`),
        { timeoutSeconds: 120, pauseSeconds: 0.5 },
      );
    expect(await knownReportOf(survivor)).toMatchObject({ state: "OFFLINE", writable: false });

    const force = (lost: readonly string[]) =>
      survivor.tryExec(["mysql-group", "force-bootstrap", "--i-have-lost-members", ...lost], { timeoutSeconds: 130 });
    expect((await force([survivor.name])).stdout).toBe(`refused: ${survivor.name} answers`);
    expect(await force(names)).toMatchObject({ ok: true });
    const { result: after, seconds: back } = await timed(() => wholeGroup(lab));
    expect(after.primary.name).toBe(survivor.name);
    expect(await lostWrites(after, written)).toEqual({});
    expect(await errantTransactions(after)).toEqual({});
    figure("two disks of three lost", `group with them back ${seconds(back)} after the operator's confirmation`);
  });
});

describe("an empty first member of the configuration", () => {
  it("an empty member clones the other members' data and never bootstraps a group, even if the configuration lists it first", async () => {
    const [first, ...others] = lab.machines as [Machine, ...Machine[]];
    const written = await (await startWriting(lab, group, { seconds: 8 })).end;
    await cutPower();
    await first.wipe();
    for (const machine of others) await tearRelayLog(machine);

    await start([first]);
    await waitingFor(
      first,
      others.map(({ name }) => name),
    );
    expect(await knownReportOf(first)).toMatchObject({ state: "OFFLINE", writable: false });

    await start(others);
    const { result: after, seconds: back } = await timed(() => wholeGroup(lab));
    expect(after.primary.name).not.toBe(first.name);
    expect(await lostWrites(after, written)).toEqual({});
    expect(await errantTransactions(after)).toEqual({});
    const journal = await first.exec(["journalctl", "--unit=mysql-group.service", "--output=cat", "--no-pager"]);
    expect(journal).not.toMatch(/first start of an empty group|this one holds every transaction/);
    figure("empty first member", `group with it back ${seconds(back)} after the others' power on`);
  });
});
