import { targetHealth } from "./balancer/balancer.js";
import type { Lab } from "./lab.js";
import { restoreLocations } from "./locations.js";
import type { Machine } from "./machine/machine.js";
import { waitFor } from "./system/shell.js";
import { ports } from "../modules/platform/ports.js";
import { errantOf } from "./machine/sql.js";

/** Report of the program `mysql-group` about the member on the same machine. */
export interface MemberReport {
  readonly state: string;
  readonly role: string;
  readonly writable: boolean;
  /** True if the member reaches more than half of the group's current members. */
  readonly majority: boolean;
  /** True if the member reaches more than half of all known members. */
  readonly quorum: boolean;
  /** Addresses of the members in the member's current group. */
  readonly view: readonly string[];
  /** Addresses of all known members, sorted. */
  readonly remembered: readonly string[];
  /** Paths of folders with quarantined transactions, which the member received but no group has. */
  readonly kept: readonly string[];
  /** Text that explains the member's state. */
  readonly reason: string;
}

/** A group in which all members are online. */
export interface WholeGroup {
  readonly primary: Machine;
  readonly replicas: readonly Machine[];
}

/** Time limit until a started machine is a healthy member. The time limit includes a first boot with a clone of the data. */
const patience = { timeoutSeconds: 240, pauseSeconds: 0.5 };

/** Returns a member's report about itself; `undefined` if the machine does not respond. */
export async function reportOf(machine: Machine): Promise<MemberReport | undefined> {
  if (!(await machine.alive())) return undefined;
  const url = `http://${machine.host.privateIpv4}:${ports.memberRole}/state`;
  const { ok, stdout } = await machine
    .tryExec(["curl", "--silent", "--fail", "--max-time", "5", url], { timeoutSeconds: 10 })
    .catch(() => ({ ok: false, stdout: "" }));
  return ok ? (JSON.parse(stdout) as MemberReport) : undefined;
}

/** Waits for a report in which the member is not DOWN, because a busy mysqld may respond late. */
export const knownReportOf = (machine: Machine): Promise<MemberReport> =>
  waitFor(
    `report of ${machine.name}`,
    async (see) => {
      const report = see(await reportOf(machine));
      return report?.state === "DOWN" ? undefined : report;
    },
    { timeoutSeconds: 30, pauseSeconds: 0.5 },
  );

export const takesWrites = (report: MemberReport | undefined): boolean =>
  report?.state === "ONLINE" && report.role === "PRIMARY" && report.quorum && report.writable;

/** Returns the report of each member, with the member's name as the key. The error of a timed-out wait shows these reports. */
const byName = (members: readonly Machine[], reports: readonly (MemberReport | undefined)[]) =>
  Object.fromEntries(members.map(({ name }, index) => [name, reports[index] ?? "no answer"]));

/** Returns the group if its members are exactly the given members, all online, with one writable primary; otherwise `undefined`. */
function groupOf(members: readonly Machine[], reports: readonly (MemberReport | undefined)[]): WholeGroup | undefined {
  const addresses = members.map(({ host }) => host.privateIpv4).sort();
  const together = reports.every(
    (report) => report?.state === "ONLINE" && [...report.view].sort().join() === addresses.join(),
  );
  const [primary, ...more] = members.filter((_, index) => takesWrites(reports[index]));
  if (!together || primary === undefined || more.length > 0) return undefined;
  return { primary, replicas: members.filter((member) => member !== primary) };
}

/**
 * Waits until the given members are online in one group with one primary. @param members expected members of the group @default - all
 * machines
 */
export const wholeGroup = (lab: Lab, members: readonly Machine[] = lab.machines): Promise<WholeGroup> =>
  waitFor(
    `one group of ${members.map(({ name }) => name).join(", ")}`,
    async (see) => {
      const reports = await Promise.all(members.map(reportOf));
      see(byName(members, reports));
      return groupOf(members, reports);
    },
    patience,
  );

/** Waits until every load balancer reports the machine as unhealthy, so the machine receives no new requests. */
export const takenOut = (lab: Lab, machine: Machine): Promise<boolean> =>
  waitFor(
    `${machine.name} drained`,
    async (see) => {
      const targets = see(await targetHealth(lab.layout));
      return targets.length > 0 && targets.every(({ target, healthy }) => target !== machine.name || !healthy);
    },
    { timeoutSeconds: 30 },
  );

/** Waits until all machines are online in one group and all targets of all load balancers are healthy. */
export async function complete(lab: Lab): Promise<WholeGroup> {
  const group = await wholeGroup(lab);
  await waitFor(
    "healthy targets",
    async (see) => {
      const targets = see(await targetHealth(lab.layout));
      return targets.length > 0 && targets.every((target) => target.healthy);
    },
    patience,
  );
  return group;
}

/**
 * Repairs the lab after a test. Reconnects and starts every location and machine. Then waits for one group, healthy targets and the site.
 */
export async function settled(lab: Lab): Promise<WholeGroup> {
  await restoreLocations(lab);
  for (const machine of lab.machines) {
    await machine.heal();
    await machine.start();
  }
  const group = await complete(lab);
  // Twelve parallel requests replace all connections that were opened before an outage.
  const visits = () => Promise.all(Array.from({ length: 12 }, () => lab.visitor.tryCurl("--fail", lab.url())));
  await waitFor(
    "the site",
    async (see) => {
      const refused = (await visits()).filter(({ ok }) => !ok);
      see(refused.map(({ stderr }) => stderr));
      return refused.length === 0;
    },
    patience,
  );
  return group;
}

/** Returns the transactions that replicas have and the primary lacks, with the replica's name as the key. */
export async function errantTransactions({ primary, replicas }: WholeGroup): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const machine of replicas) {
    const errant = await errantOf(machine, primary);
    if (errant !== "") found[machine.name] = errant;
  }
  return found;
}
