import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { errantTransactions, settled, type WholeGroup, wholeGroup } from "../../../lab/group.js";
import type { Lab } from "../../../lab/lab.js";
import { underLoad } from "../../../lab/load/under-load.js";
import type { Machine } from "../../../lab/machine/machine.js";
import { sleep } from "../../../lab/system/shell.js";
import { ports } from "../../../modules/platform/ports.js";
import { drop, from, to } from "../support/dropped-packets.js";
import { failures, figure, seconds } from "../support/figures.js";
import { labInAnyMode } from "../support/lab-in-mode.js";

/** Duration of each fault in seconds. The group needs at most 7 s to expel a member, so a longer fault has no other effect. */
const faultSeconds = 20;
/** Maximum time in seconds without a successful write during a failover, the same as in database.test.ts. */
const longestGapSeconds = 10;

let lab: Lab;
beforeAll(async () => {
  lab = await labInAnyMode();
});

/** Function that causes a fault and returns another function, which ends the fault. */
type Fault = (group: WholeGroup) => Promise<() => Promise<unknown>>;

const hang =
  (service: string, role: "primary" | "replica"): Fault =>
  async ({ primary, replicas: [replica] }) => {
    const machine = role === "primary" ? primary : (replica as Machine);
    const signal = (name: string) => machine.exec(["systemctl", "kill", `--signal=${name}`, service]);
    await signal("STOP");
    return () => signal("CONT");
  };

const between = (one: Machine | undefined, other: Machine | undefined) => {
  if (!one || !other) throw new Error("two replicas are needed");
  return drop(one, { incoming: [from(other)], outgoing: [to(other)] });
};
const tenth = "numgen random mod 10 == 0";

const faults: Readonly<Record<string, Fault>> = {
  "HAProxy of the primary's server hangs": hang("haproxy", "primary"),
  "the application of one server hangs": hang("app", "replica"),
  "nginx of one server hangs": hang("nginx", "replica"),
  "mysqld of a replica hangs": hang("mysql", "replica"),
  "mysql-group of a replica hangs": hang("mysql-group", "replica"),
  "the primary and one replica cannot reach each other, but both reach the third member": ({ primary, replicas }) =>
    between(primary, replicas[0]),
  "the replicas cannot reach each other, but both reach the primary": ({ replicas }) =>
    between(replicas[0], replicas[1]),
  "the primary receives no packets from the replicas, but they receive its packets": ({ primary, replicas }) =>
    drop(primary, { incoming: replicas.map(from) }),
  "the replicas receive no packets from the primary, but it receives their packets": ({ primary, replicas }) =>
    drop(primary, { outgoing: replicas.map(to) }),
  "a tenth of the primary's packets is lost in both directions": ({ primary, replicas }) =>
    drop(primary, {
      incoming: replicas.map((machine) => `${from(machine)} ${tenth}`),
      outgoing: replicas.map((machine) => `${to(machine)} ${tenth}`),
    }),
  "no server can reach a name server": async () => {
    const port = `th dport ${ports.dns}`;
    const ends = await Promise.all(
      lab.machines.map((machine) => drop(machine, { outgoing: [`meta l4proto { tcp, udp } ${port}`] })),
    );
    return () => Promise.all(ends.map((end) => end()));
  },
};

describe("a partial fault while visitors read and write", () => {
  it.each(Object.entries(faults))(
    `a partial fault loses no write, stops writes for at most ${longestGapSeconds} s, and ends without manual action: %s`,
    async (name, fault) => {
      const group = await settled(lab);
      const { reads, writes, lost } = await underLoad(lab, group, { ratePerSecond: 20 }, async () => {
        const end = await fault(group);
        onTestFinished(async () => void (await end().catch(() => undefined)));
        await sleep(faultSeconds);
        await end();
        await sleep(5);
        await wholeGroup(lab);
      });
      figure(
        name,
        `reads: ${failures(reads)}, writes: ${failures(writes)}, ${seconds(writes.longestGap)} without a write`,
      );
      expect({ lost, worksAgain: writes.worksAgain }).toEqual({ lost: {}, worksAgain: true });
      expect(writes.longestGap).toBeLessThanOrEqual(longestGapSeconds);
      expect(await errantTransactions(await settled(lab))).toEqual({});
    },
  );
});
