import type { FaultKind, JudgedCommand } from "./faults.js";
import { gate, inOrder, notBack, unknownMembers, waitsForRole, successors } from "./judge.js";
import type { Lock } from "./lock.js";
import { look, type LookProps } from "./observe.js";
import type { Progress } from "./progress.js";
import { sleep, waitUntil } from "./shell.js";
import { loginOf, type Report, type Site } from "./site.js";
import { isDatabase, primaryOf, type ServerState, type Snapshot } from "./snapshot.js";

/** What a command that changes servers works with. */
export interface Context {
  readonly site: Site;
  readonly lock: Lock;
  readonly progress: Progress;
}

/** How long the environment may be unwell before the next server, until a command stops. */
const gateSeconds = 60;
/** Longest orderly shutdown: out of service, the primary's role handed over, MySQL stopped. */
const shutdownSeconds = 180;
/** Seconds that transactions under way may still take when the primary's role is handed over. */
const transactionSeconds = 10;
/** Longest time from power on until a server serves again, a first boot with packages and a clone included. */
export const backMinutes = 15;
/** How often, and how far apart, a server that is back is looked at before the next one is taken; a late answer may right itself. */
const soak = { looks: 3, pauseSeconds: 5, hiccupSeconds: 30 } as const;

/** What may be taken next, in its order; pure. */
export function nextOf(
  snapshot: Snapshot,
  wanted: (server: ServerState) => boolean,
  inHand?: string,
): ServerState | undefined {
  const held = snapshot.servers.find(({ name }) => name === inHand);
  return held ?? inOrder(snapshot.servers.filter(wanted))[0];
}

/** The environment now. @throws if a fault stops this command, see faults.ts; names the faults */
export async function lookFor(
  { site, lock }: Pick<Context, "site" | "lock">,
  command: JudgedCommand,
): Promise<Snapshot> {
  const snapshot = await look(site);
  const faults = gate(snapshot, command, lock.inHand);
  if (faults.length > 0) throw new Error(`refused because of these faults:\n  ${faults.join("\n  ")}`);
  return snapshot;
}

/** What {@link passGate} may be told. */
export interface GateProps {
  /** Servers beside the configuration's. @default - none */
  readonly also?: LookProps["also"];
  /** Server whose state does not matter: it is what is taken in hand. @default - none */
  readonly inHand?: string;
  /** @default "rollout" */
  readonly command?: JudgedCommand;
}

/**
 * Waits a little for the gate to open: a check that a busy server answered late must not stop a rollout.
 * @returns what was seen then @throws when it stays closed; names what is wrong
 */
export async function passGate(
  { site, progress }: Context,
  { also, inHand, command = "rollout" }: GateProps,
): Promise<Snapshot> {
  let snapshot = await look(site, { also });
  const closed = (): string | undefined => {
    const faults = gate(snapshot, command, inHand);
    return faults.length === 0 ? undefined : faults.join("\n  ");
  };
  if (closed() === undefined) return snapshot;
  await waitUntil(
    "stopped before the next server: the environment is healthy",
    async () => {
      snapshot = await look(site, { also });
      return closed();
    },
    { limitSeconds: gateSeconds, report: progress.say },
  ).catch((error: Error) => {
    throw new Error(
      `${error.message}\nCheck npm run ops status; once it reports no faults, run the same command again`,
      {
        cause: error,
      },
    );
  });
  return snapshot;
}

/** Hands the primary's role over if this server has it, and returns when another member is the primary. */
export async function stepDown({ site, progress }: Context, name: string, snapshot: Snapshot): Promise<void> {
  const primary = primaryOf(snapshot);
  if (primary?.name !== name) return;
  const [best] = successors(snapshot);
  await progress.step(`${name}: transfers the primary role`, async (report) => {
    // A member created before there were far members cannot choose a near one itself.
    if (best && snapshot.servers.some(({ isFar }) => isFar)) {
      const failed = await appoint(site, primary, best).then(report, (error: Error) => error);
      if (failed === undefined) return;
      report(failed.message);
    }
    const { ok, stdout, stderr } = await site.ssh.tryRun(loginOf(site, name), ["mysql-group", "step-down"], {
      timeoutSeconds: 60,
    });
    report(stdout.trim() || stderr.trim());
    // MySQL appoints no member of a newer version than the group's oldest; an orderly stop makes the others elect one.
    if (!ok) report("when MySQL stops, the other members elect a new primary");
  });
}

/**
 * Gives a member the primary's role, by MySQL's own command: `mysql-group step-down` chooses the successor itself.
 * @throws when MySQL refuses, as it does for a member of a newer version than the group's oldest
 */
export async function appoint(site: Site, from: ServerState, to: ServerState): Promise<string> {
  const sql = [
    `SELECT member_id INTO @successor FROM performance_schema.replication_group_members WHERE member_host = '${to.privateIp}'`,
    `SELECT group_replication_set_as_primary(@successor, ${transactionSeconds})`,
  ].join("; ");
  const command = ["mysql", "--batch", "--skip-column-names", "--execute", sql];
  return (await site.ssh.run(loginOf(site, from.name), command, { timeoutSeconds: 60 })).trim();
}

/** Whether nothing is lost with a power cut: it was never set up to its end, and its member, where it has one, is in no group. Pure. */
export const hasNeverServed = ({ observation }: Pick<ServerState, "observation">): boolean =>
  observation !== undefined && observation.firstBoot !== "done" && observation.member?.state !== "ONLINE";

/**
 * Shuts a server down as its own shutdown does it: out of service first, MySQL stopped. Never a power cut, but for one that has never
 * served, whose setup may be in the middle of what does not let itself be interrupted.
 * @param mayCutPower why a power cut loses nothing @default - if the server has never served
 */
export async function shutDown(
  { site, progress }: Context,
  server: Pick<ServerState, "name" | "observation">,
  mayCutPower: string | false = hasNeverServed(server) && "it was never in service",
): Promise<void> {
  const { name } = server;
  if (await isOff(site, name)) return;
  await progress.step(`${name}: shuts down`, async (report) => {
    await askToShutDown(site, name, report);
    await waitUntil(`${name} is off`, async () => ((await isOff(site, name)) ? undefined : "it still runs"), {
      limitSeconds: shutdownSeconds,
    }).catch(async (error: Error) => {
      if (mayCutPower === false)
        throw new Error(
          `${error.message}; see its console at Hetzner, power it off there, and run the same command again`,
        );
      report(`${mayCutPower}: powers it off`);
      await site.cloud.cutPower(name);
    });
  });
}

const isOff = async (site: Site, name: string): Promise<boolean> =>
  !(await site.cloud.servers()).some((server) => server.name === name && server.running);

/** Asks the server itself; where nobody reaches it, the provider. */
async function askToShutDown(site: Site, name: string, report: Report): Promise<void> {
  const login = site.logins.get(name);
  // The connection may end before the command does. A deploy may have taken what knew the address of a server that is to be removed.
  const { reached, stderr } = login
    ? await site.ssh.tryRun(login, ["systemctl", "poweroff"])
    : { reached: false, stderr: "no Terraform output contains its address and host key" };
  if (reached || (await isOff(site, name))) return;
  report(`cannot be reached over SSH (${stderr.trim()}); shuts it down through Hetzner's API`);
  await site.cloud.shutDown(name);
}

/** What {@link awaitBack} may be told. */
export interface BackProps {
  /** Identity of the run of the system that must be over first. @default - any run will do */
  readonly bootId?: string;
  /** Minutes after which it has failed. @default backMinutes */
  readonly minutes?: number;
  /** Faults that have another cause than this server. @default - none */
  readonly tolerated?: readonly FaultKind[];
}

/**
 * Waits until a server has come up and does all that it is for, and goes on doing it for a while.
 * @throws Error for a server that does not within the time, with what it lacks, or that says it cannot
 */
export async function awaitBack({ site, progress }: Context, name: string, props: BackProps = {}): Promise<void> {
  await progress.step(`${name}: comes up`, (report) => comesUp(site, name, props, report));
  await progress.step(`${name}: is back; observes it for ${soak.looks * soak.pauseSeconds} s`, (report) =>
    staysWell(site, name, props, report),
  );
}

/** The first member that needs accounts which no primary before it knew of, such as that of migrations, becomes the primary, which makes them. */
async function comesUp(
  site: Site,
  name: string,
  { bootId, minutes = backMinutes, tolerated }: BackProps,
  report: Report,
): Promise<void> {
  let isAppointed = false;
  const lack = async (): Promise<string | undefined> => {
    const snapshot = await look(site);
    const server = snapshot.servers.find((one) => one.name === name);
    if (bootId !== undefined && server?.observation?.bootId === bootId) return `${name}: has not restarted yet`;
    const broken = firstBootFault(server);
    if (broken !== undefined) throw new Error(broken);
    const primary = primaryOf(snapshot);
    if (!isAppointed && server && primary && waitsForRole(snapshot, name)) {
      isAppointed = true;
      report(`becomes the primary, because ${primary.name} would create accounts without the expected generations`);
      await appoint(site, primary, server).catch((error: Error) => report(error.message));
    }
    return notBack(snapshot, name, tolerated);
  };
  await waitUntil(`${name} is back`, lack, { limitSeconds: minutes * 60, report }).catch((error: Error) => {
    throw new Error(
      `${error.message}\non the server, read: cloud-init status --long; journalctl -b -p warning; mysql-group status`,
    );
  });
}

async function staysWell(site: Site, name: string, { tolerated }: BackProps, report: Report): Promise<void> {
  for (let seen = 0; seen < soak.looks; seen++) {
    await sleep(soak.pauseSeconds);
    await waitUntil(`${name} stays healthy`, async () => notBack(await look(site), name, tolerated), {
      limitSeconds: soak.hiccupSeconds,
      report,
    });
  }
}

/** A first boot that has failed will not come right by waiting. */
export const firstBootFault = (server: ServerState | undefined): string | undefined => {
  const firstBoot = server?.observation?.firstBoot ?? "running";
  return firstBoot === "done" || firstBoot.startsWith("running")
    ? undefined
    : `${server?.name} failed during its first boot: ${firstBoot}`;
};

/**
 * Removes unknown members from the lists of the configured members, which would otherwise count them and wait for them after a total outage.
 * @param name of a server that was just removed @default - none
 */
export async function forgetUnknown({ site, progress }: Context, snapshot: Snapshot, name?: string): Promise<void> {
  for (const server of snapshot.servers.filter(isDatabase))
    for (const address of unknownMembers(server, snapshot))
      await progress.step(`${server.name}: forgets ${address}`, async (report) => {
        const login = loginOf(site, server.name);
        // A member that was made when the configuration had the name knows it by that.
        const byName = name === undefined ? undefined : await site.ssh.tryRun(login, ["mysql-group", "forget", name]);
        const said = byName?.ok ? byName.stdout : await site.ssh.run(login, ["mysql-group", "forget", address]);
        report(said.trim());
      });
}
