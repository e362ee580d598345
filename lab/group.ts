import { targetHealth } from "./balancer/balancer.js";
import type { Lab } from "./lab.js";
import type { Machine } from "./machine/machine.js";
import { waitFor } from "./system/shell.js";
import { ports } from "../modules/platform/ports.js";
import { errantOf } from "./machine/sql.js";

/** What mysql-group says of its member. */
export interface MemberReport {
  readonly state: string;
  readonly role: string;
  readonly writable: boolean;
  /** More than half of the group is reachable. */
  readonly majority: boolean;
  /** And these are more than half of all members. */
  readonly quorum: boolean;
  /** Addresses of the members it is in a group with. */
  readonly view: readonly string[];
  /** Addresses of those that it counts as members, in order. */
  readonly remembered: readonly string[];
  /** Folders with transactions that it received and no group has. */
  readonly kept: readonly string[];
  /** What it waits for, or does. */
  readonly reason: string;
}

/** The group when nothing is wrong with it. */
export interface WholeGroup {
  readonly primary: Machine;
  readonly replicas: readonly Machine[];
}

/** Time after which a machine that was switched on is expected back, in seconds; a first boot with clone included. */
const patience = { timeoutSeconds: 240, pauseSeconds: 0.5 };

/** What a member says of itself; `undefined` while it says nothing. */
export async function reportOf(machine: Machine): Promise<MemberReport | undefined> {
  if (!(await machine.alive())) return undefined;
  const url = `http://${machine.host.privateIpv4}:${ports.memberRole}/state`;
  const { ok, stdout } = await machine
    .tryExec(["curl", "--silent", "--fail", "--max-time", "5", url], { timeoutSeconds: 10 })
    .catch(() => ({ ok: false, stdout: "" }));
  return ok ? (JSON.parse(stdout) as MemberReport) : undefined;
}

/** What a member says of itself, once it has heard from its mysqld: a busy one is late at times. */
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

/** What each member says of itself, by its name: what a wait that failed shows. */
const byName = (members: readonly Machine[], reports: readonly (MemberReport | undefined)[]) =>
  Object.fromEntries(members.map(({ name }, index) => [name, reports[index] ?? "no answer"]));

/** The group, if these members are online in one group with one primary, and nobody else is in it. */
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

/** Waits until the balancer has taken a machine out. */
export const takenOut = (lab: Lab, machine: Machine): Promise<boolean> =>
  waitFor(
    `${machine.name} taken out`,
    async (see) => {
      const targets = see(await targetHealth(lab.layout));
      return targets.length > 0 && targets.every(({ target, healthy }) => target !== machine.name || !healthy);
    },
    { timeoutSeconds: 30 },
  );

/** Puts right whatever a test left: every machine on, none cut off, one group, every target healthy, the site answers. */
export async function settled(lab: Lab): Promise<WholeGroup> {
  for (const machine of lab.machines) {
    await machine.heal();
    await machine.start();
  }
  const group = await wholeGroup(lab);
  await waitFor(
    "healthy targets",
    async (see) => {
      const targets = see(await targetHealth(lab.layout));
      return targets.length > 0 && targets.every((target) => target.healthy);
    },
    patience,
  );
  // a dozen at a time: no connection of before an outage is left anywhere on the way
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

/** Transactions, by machine, that the primary lacks; empty when no member has any of its own. */
export async function errantTransactions({ primary, replicas }: WholeGroup): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const machine of replicas) {
    const errant = await errantOf(machine, primary);
    if (errant !== "") found[machine.name] = errant;
  }
  return found;
}
