import { targetHealth } from "./balancer/balancer.js";
import type { Lab } from "./lab.js";
import { restoreLocations } from "./locations.js";
import type { Machine } from "./machine/machine.js";
import { waitFor } from "./system/shell.js";
import { ports } from "../modules/platform/ports.js";
import { errantOf } from "./machine/sql.js";

/** mysql-group's report about its member. */
export interface MemberReport {
  readonly state: string;
  readonly role: string;
  readonly writable: boolean;
  /** Whether more than half of the group is reachable. */
  readonly majority: boolean;
  /** Whether the reachable members are more than half of all known members. */
  readonly quorum: boolean;
  /** Addresses of the members in its group. */
  readonly view: readonly string[];
  /** Addresses of all known members, in order. */
  readonly remembered: readonly string[];
  /** Folders with quarantined transactions that it received but no group has. */
  readonly kept: readonly string[];
  /** Reason for its state. */
  readonly reason: string;
}

/** A healthy, complete group. */
export interface WholeGroup {
  readonly primary: Machine;
  readonly replicas: readonly Machine[];
}

/** Maximum time in seconds until a started machine is back, including a first boot with a clone. */
const patience = { timeoutSeconds: 240, pauseSeconds: 0.5 };

/** A member's report about itself; `undefined` if it does not respond. */
export async function reportOf(machine: Machine): Promise<MemberReport | undefined> {
  if (!(await machine.alive())) return undefined;
  const url = `http://${machine.host.privateIpv4}:${ports.memberRole}/state`;
  const { ok, stdout } = await machine
    .tryExec(["curl", "--silent", "--fail", "--max-time", "5", url], { timeoutSeconds: 10 })
    .catch(() => ({ ok: false, stdout: "" }));
  return ok ? (JSON.parse(stdout) as MemberReport) : undefined;
}

/** Waits for a member's report with the state of its mysqld, because a busy mysqld may respond late. */
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

/** Each member's report by its name, for the error of a wait that timed out. */
const byName = (members: readonly Machine[], reports: readonly (MemberReport | undefined)[]) =>
  Object.fromEntries(members.map(({ name }, index) => [name, reports[index] ?? "no answer"]));

/** The group if exactly these members are online in it and one of them is the primary; otherwise `undefined`. */
function groupOf(members: readonly Machine[], reports: readonly (MemberReport | undefined)[]): WholeGroup | undefined {
  const addresses = members.map(({ host }) => host.privateIpv4).sort();
  const together = reports.every(
    (report) => report?.state === "ONLINE" && [...report.view].sort().join() === addresses.join(),
  );
  const [primary, ...more] = members.filter((_, index) => takesWrites(reports[index]));
  if (!together || primary === undefined || more.length > 0) return undefined;
  return { primary, replicas: members.filter((member) => member !== primary) };
}

/** Waits until these members are online in one group with one primary. @param members @default - all machines */
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

/** Waits until the balancer has drained a machine. */
export const takenOut = (lab: Lab, machine: Machine): Promise<boolean> =>
  waitFor(
    `${machine.name} drained`,
    async (see) => {
      const targets = see(await targetHealth(lab.layout));
      return targets.length > 0 && targets.every(({ target, healthy }) => target !== machine.name || !healthy);
    },
    { timeoutSeconds: 30 },
  );

/** Waits until all members are in one group and all targets of all balancers are healthy. */
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

/** Repairs the lab after a test: reconnects and starts every location and machine, then waits for one group, healthy targets and the site. */
export async function settled(lab: Lab): Promise<WholeGroup> {
  await restoreLocations(lab);
  for (const machine of lab.machines) {
    await machine.heal();
    await machine.start();
  }
  const group = await complete(lab);
  // Twelve parallel requests replace all connections from before an outage.
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

/** Errant transactions by machine: transactions that the primary lacks. */
export async function errantTransactions({ primary, replicas }: WholeGroup): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const machine of replicas) {
    const errant = await errantOf(machine, primary);
    if (errant !== "") found[machine.name] = errant;
  }
  return found;
}
