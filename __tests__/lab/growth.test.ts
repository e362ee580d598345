import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { targetHealth } from "../../lab/balancer/balancer.js";
import type { Lab } from "../../lab/lab.js";
import type { Machine } from "../../lab/machine/machine.js";
import { waitFor } from "../../lab/system/shell.js";
import { paths } from "../../modules/platform/paths.js";
import { labInAnyMode } from "./support/lab-in-mode.js";
import { added, upWith } from "./support/more-servers.js";
import { writeThrough } from "./support/visits.js";
import { figure, seconds, timed } from "./support/figures.js";
import { errantTransactions, knownReportOf, reportOf, settled, wholeGroup, type WholeGroup } from "../../lab/group.js";
import { query } from "../../lab/machine/sql.js";
import { lostWrites, startWriting } from "../../lab/load/writes.js";

/** The lab with the three initial servers. */
let three: Lab;
/** The lab with the three initial servers and the added servers. */
let six: Lab;
let before: Record<string, string>;
let grownIn: number;

beforeAll(async () => {
  three = await labInAnyMode();
  await settled(three);
  before = await stateOf(three.machines);
  ({ result: six, seconds: grownIn } = await timed(() => upWith(three, added)));
});
afterAll(async () => {
  for (const name of Object.keys(added)) await six.machine(name).remove();
  await settled(await upWith(three, {}));
});

/** Returns values that differ after any change of a machine: firewall rules, proxy configuration, and start times of services. */
async function stateOf(machines: readonly Machine[]): Promise<Record<string, string>> {
  const units = ["nftables", "haproxy", "nginx", "app", "mysql", "mysql-group"];
  const state = async (machine: Machine): Promise<string> =>
    (await machine.exec(["sha256sum", "/etc/nftables.conf", paths.haproxy.configuration, paths.mysql.groupSettings])) +
    (await machine.exec(["systemctl", "show", "--property=Id,ActiveEnterTimestampMonotonic", ...units]));
  const states: Record<string, string> = {};
  for (const machine of machines) states[machine.name] = await state(machine);
  return states;
}

const databaseMembers = (): readonly Machine[] => six.machines.filter(({ name }) => name !== "front");

const writesThrough = (name: string): Promise<boolean> =>
  writeThrough(six, six.machine(name), `through-${name}-${Date.now()}`);

/** Waits until the application of a machine confirms a write. */
const writesArriveThrough = (name: string): Promise<boolean> =>
  waitFor(`a write through ${name}`, async (see) => see(await writesThrough(name)), { timeoutSeconds: 20 });

async function makePrimary(machine: Machine): Promise<WholeGroup> {
  const [uuid] = await query(machine, "SELECT @@server_uuid");
  await query(machine, `SELECT group_replication_set_as_primary('${uuid}')`);
  const group = await wholeGroup(six, databaseMembers());
  expect(group.primary.name).toBe(machine.name);
  return group;
}

/** Waits until exactly the given members are in one group, even if the group has no quorum. */
const viewOf = (members: readonly Machine[]): Promise<boolean> =>
  waitFor(
    `a view of ${members.map(({ name }) => name).join(", ")}`,
    async (see) => {
      const reports = see(await Promise.all(members.map(reportOf)));
      return reports.every((report) => report?.majority && report.view.length === members.length);
    },
    { timeoutSeconds: 60, pauseSeconds: 0.5 },
  );

describe("two members and a web server that are added to the configuration", () => {
  it("servers added to the configuration form a group of five and serve visitors without any change to the existing servers", async () => {
    await wholeGroup(six, databaseMembers());
    await waitFor(
      "front among the balancer's healthy targets",
      async (see) => {
        const targets = see(await targetHealth(six.layout)).filter(({ target }) => target.includes("front"));
        return targets.length > 0 && targets.every(({ healthy }) => healthy);
      },
      { timeoutSeconds: 60 },
    );
    expect(await writesThrough("front")).toBe(true);
    expect(await stateOf(three.machines)).toEqual(before);
    figure("three added servers", `site ready with them after ${seconds(grownIn)}`);
  });

  it("the old web servers write to a newly added member after this member has become the primary", async () => {
    await makePrimary(six.machine("delta"));
    for (const name of ["alpha", "front"]) await writesArriveThrough(name);
  });
});

describe("power cuts of all five members, one after the other", () => {
  it("after a power cut of all members, the three original members wait for the two added members that their configuration does not contain", async () => {
    const group = await makePrimary(six.machine("delta"));
    const written = await (await startWriting(six, group, { seconds: 6 })).end;
    expect(written.kept.length).toBeGreaterThan(0);
    // The last group contains none of the added members, because the test waits for the expulsion of a member before the next power cut.
    let left = databaseMembers();
    for (const name of ["echo", "charlie", "delta"]) {
      await six.machine(name).kill();
      left = left.filter((machine) => machine.name !== name);
      await viewOf(left);
    }
    for (const machine of left)
      expect(await knownReportOf(machine)).toMatchObject({ majority: true, quorum: false, state: "ONLINE" });
    expect(await writesThrough("front")).toBe(false);
    for (const machine of left) await machine.kill();

    for (const machine of three.machines) await machine.start();
    for (const machine of three.machines)
      await waitFor(
        `${machine.name} waiting for the two added members`,
        async (see) => see(await reportOf(machine))?.reason.endsWith("waiting for 10.0.1.14, 10.0.1.15"),
        { timeoutSeconds: 120, pauseSeconds: 0.5 },
      );

    await six.machine("delta").start();
    await six.machine("echo").start();
    const { result: after, seconds: back } = await timed(() => wholeGroup(six, databaseMembers()));
    expect(await lostWrites(after, written)).toEqual({});
    expect(await errantTransactions(after)).toEqual({});
    figure("power cut of all five", `group back ${seconds(back)} after the last power on`);
  });
});

describe("the added servers, once they are removed", () => {
  it("once two servers are removed from the configuration, the members forget them, and the remaining group of three accepts writes", async () => {
    await makePrimary(three.machine("alpha"));
    for (const name of Object.keys(added)) await six.machine(name).kill();
    const { seconds: took } = await timed(() => wholeGroup(three));
    for (const machine of three.machines)
      for (const address of ["10.0.1.14", "10.0.1.15"]) await machine.exec(["mysql-group", "forget", address]);
    await writesArriveThrough("bravo");
    figure("five members back to three", `group of three after ${seconds(took)}`);
  });
});
