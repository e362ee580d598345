import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Lab } from "../../lab/lab.js";
import type { Machine } from "../../lab/machine/machine.js";
import { waitFor } from "../../lab/system/shell.js";
import { labInAnyMode } from "./support/lab-in-mode.js";
import { figure, seconds, timed } from "./support/figures.js";
import { errantTransactions, reportOf, settled, type WholeGroup, wholeGroup } from "../../lab/group.js";
import { query } from "../../lab/machine/sql.js";
import { lostWrites, startWriting, type Written } from "../../lab/load/writes.js";

let lab: Lab;
let group: WholeGroup;
let replica: Machine;
let written: Written;

beforeAll(async () => {
  lab = await labInAnyMode();
});
beforeEach(async () => {
  group = await settled(lab);
  replica = group.replicas[0] as Machine;
  written = await (await startWriting(lab, group, { seconds: 8 })).end;
  expect(await lostWrites(group, written)).toEqual({});
});

/** Returns the state and the duration of the last clone on a member. */
async function lastClone(machine: Machine): Promise<{ readonly state: string; readonly seconds: number }> {
  const [state = ""] = await query(machine, "SELECT state FROM performance_schema.clone_status");
  const [took] = await query(
    machine,
    "SELECT TIMESTAMPDIFF(MICROSECOND, MIN(begin_time), MAX(end_time)) / 1e6 FROM performance_schema.clone_progress",
  );
  return { state, seconds: Number(took) };
}

describe("a member with empty disks", () => {
  it("a server with empty disks boots, clones the data of the group and becomes an online member automatically", async () => {
    await replica.wipe();
    await replica.start();
    const { result: after, seconds: online } = await timed(() => wholeGroup(lab));
    const clone = await lastClone(replica);
    expect(clone.state).toBe("Completed");
    expect(await errantTransactions(after)).toEqual({});
    expect(await lostWrites(after, written)).toEqual({});
    figure("empty member", `clone ${seconds(clone.seconds)}, from power on to online ${seconds(online)}`);
  });
});

describe("a replaced server that keeps its volume", () => {
  it("a replaced server that keeps its data volume becomes an online member without a clone", async () => {
    // The volume stores the member's UUID and the time of the last clone, so unchanged values show that the member used the old data.
    const identity = "SELECT @@server_uuid, (SELECT MAX(begin_time) FROM performance_schema.clone_status)";
    const before = await query(replica, identity);
    await replica.wipe({ keepVolume: true });
    await replica.start();
    const { result: after, seconds: online } = await timed(() => wholeGroup(lab));
    expect(await query(replica, identity)).toEqual(before);
    expect(await errantTransactions(after)).toEqual({});
    expect(await lostWrites(after, written)).toEqual({});
    figure("replaced server with its volume", `online ${seconds(online)} after power on`);
  });
});

describe("a member that has an errant transaction and lacks an acknowledged write", () => {
  it("a member with an errant transaction is detected, rejected by the group, and cloned on request", async () => {
    const [gone = ""] = written.kept;
    await replica.exec(["systemctl", "stop", "mysql-group.service"]);
    await query(replica, "STOP GROUP_REPLICATION");
    await query(replica, "SET GLOBAL super_read_only = OFF");
    const { table, column } = written.visitor;
    await query(replica, `DELETE FROM app.${table} WHERE ${column} LIKE '%${gone}'`);
    expect(await lostWrites(group, written)).toEqual({ [replica.name]: [gone] });
    expect(Object.keys(await errantTransactions(group))).toEqual([replica.name]);

    await replica.exec(["systemctl", "start", "mysql-group.service"]);
    const refused = await waitFor(
      "the rejection of the member",
      async (see) => {
        const report = see(await reportOf(replica));
        return report?.state !== "DOWN" && report?.reason.includes("transactions missing from the group") && report;
      },
      { timeoutSeconds: 60 },
    );
    expect(refused).toMatchObject({ state: "OFFLINE", writable: false });

    await replica.exec(["mysql-group", "reclone", "--i-discard-this-members-data"]);
    const { result: after, seconds: online } = await timed(() => wholeGroup(lab));
    expect(await errantTransactions(after)).toEqual({});
    expect(await lostWrites(after, written)).toEqual({});
    figure("member cloned on request", `online after ${seconds(online)}`);
  });
});
