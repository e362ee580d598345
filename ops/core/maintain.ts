import type { FaultKind, JudgedCommand } from "./faults.js";
import { gate, inOrder, notBack, unknownMembers, waitsForRole, successors } from "./judge.js";
import type { Lock } from "./lock.js";
import { look, type LookProps } from "./observe.js";
import type { Progress } from "./progress.js";
import { sleep, waitUntil } from "./shell.js";
import { loginOf, type Report, type Site } from "./site.js";
import { isDatabase, primaryOf, type ServerState, type Snapshot } from "./snapshot.js";

/** Input of commands that change servers. */
export interface Context {
  readonly site: Site;
  readonly lock: Lock;
  readonly progress: Progress;
}

/** Maximum seconds to wait for a healthy environment before the next server is processed. After that the command stops. */
const gateSeconds = 60;
/** Maximum seconds of a shutdown. It includes leaving service, transferring the primary role and stopping MySQL. */
const shutdownSeconds = 180;
/** Maximum seconds that running transactions may take to end before the primary role is transferred. */
const transactionSeconds = 10;
/** Maximum minutes from power-on until a server serves again. Includes a first boot, which installs packages and clones the database. */
export const backMinutes = 15;
/**
 * Checks of a recovered server before the next server is processed: number of checks, seconds between them, and seconds until a failed
 * check must pass again.
 */
const soak = { looks: 3, pauseSeconds: 5, hiccupSeconds: 30 } as const;

/** Returns the servers that may be processed next, in order. Pure. */
export function nextOf(
  snapshot: Snapshot,
  wanted: (server: ServerState) => boolean,
  inHand?: string,
): ServerState | undefined {
  const held = snapshot.servers.find(({ name }) => name === inHand);
  return held ?? inOrder(snapshot.servers.filter(wanted))[0];
}

/** Reads the state of the environment. @throws Error with the faults that stop this command (see faults.ts) */
export async function lookFor(
  { site, lock }: Pick<Context, "site" | "lock">,
  command: JudgedCommand,
): Promise<Snapshot> {
  const snapshot = await look(site);
  const faults = gate(snapshot, command, lock.inHand);
  if (faults.length > 0) throw new Error(`refused because of these faults:\n  ${faults.join("\n  ")}`);
  return snapshot;
}

/** Options of {@link passGate}. */
export interface GateProps {
  /** Servers in addition to the configured ones. @default - none */
  readonly also?: LookProps["also"];
  /** Server that the command processes. Its faults are ignored. @default - none */
  readonly inHand?: string;
  /** @default "rollout" */
  readonly command?: JudgedCommand;
}

/**
 * Waits up to a minute until the environment has no faults, because a late answer of a busy server must not stop a rollout.
 * @returns the last observed state @throws Error with the remaining faults
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

/** Transfers the primary role if this server has it, and returns when another member is the primary. */
export async function stepDown({ site, progress }: Context, name: string, snapshot: Snapshot): Promise<void> {
  const primary = primaryOf(snapshot);
  if (primary?.name !== name) return;
  const [best] = successors(snapshot);
  await progress.step(`${name}: transfers the primary role`, async (report) => {
    // Members created before `location` was supported cannot choose a near successor themselves.
    if (best && snapshot.servers.some(({ isFar }) => isFar)) {
      const failed = await appoint(site, primary, best).then(report, (error: Error) => error);
      if (failed === undefined) return;
      report(failed.message);
    }
    const { ok, stdout, stderr } = await site.ssh.tryRun(loginOf(site, name), ["mysql-group", "step-down"], {
      timeoutSeconds: 60,
    });
    report(stdout.trim() || stderr.trim());
    // MySQL does not promote a member whose version is higher than the lowest version in the group. When MySQL stops, the other members
    // elect a new primary.
    if (!ok) report("when MySQL stops, the other members elect a new primary");
  });
}

/**
 * Transfers the primary role with MySQL's own function, because `mysql-group step-down` chooses the successor itself.
 * @throws Error if MySQL refuses. Example: the version of the member is higher than the lowest version in the group.
 */
export async function appoint(site: Site, from: ServerState, to: ServerState): Promise<string> {
  const sql = [
    `SELECT member_id INTO @successor FROM performance_schema.replication_group_members WHERE member_host = '${to.privateIp}'`,
    `SELECT group_replication_set_as_primary(@successor, ${transactionSeconds})`,
  ].join("; ");
  const command = ["mysql", "--batch", "--skip-column-names", "--execute", sql];
  return (await site.ssh.run(loginOf(site, from.name), command, { timeoutSeconds: 60 })).trim();
}

/** Returns true if the server was never completely set up and its member is in no group. Then a power-off loses no data. Pure. */
export const hasNeverServed = ({ observation }: Pick<ServerState, "observation">): boolean =>
  observation !== undefined && observation.firstBoot !== "done" && observation.member?.state !== "ONLINE";

/**
 * Shuts a server down in order: the server leaves service, then MySQL stops. The power is cut only if the server was never in service,
 * because a step of its setup may not react to a shutdown.
 * @param mayCutPower reason why a power-off loses no data @default - a power-off is allowed only if the server was never in service
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

/** Requests the shutdown over SSH; if the server is unreachable, through Hetzner's API. */
async function askToShutDown(site: Site, name: string, report: Report): Promise<void> {
  const login = site.logins.get(name);
  // The shutdown may end the connection before the command returns. If a server is removed, a deploy may already have removed its address.
  const { reached, stderr } = login
    ? await site.ssh.tryRun(login, ["systemctl", "poweroff"])
    : { reached: false, stderr: "no Terraform output contains its address and host key" };
  if (reached || (await isOff(site, name))) return;
  report(`cannot be reached over SSH (${stderr.trim()}); shuts it down through Hetzner's API`);
  await site.cloud.shutDown(name);
}

/** Options of {@link awaitBack}. */
export interface BackProps {
  /** Identity of the boot before the shutdown. The server must report another boot. @default - any boot is accepted */
  readonly bootId?: string;
  /** Time limit in minutes. @default backMinutes */
  readonly minutes?: number;
  /** Kinds of faults that this server did not cause. @default - none */
  readonly tolerated?: readonly FaultKind[];
}

/**
 * Waits until a server is healthy and stays healthy for a while.
 * @throws Error with the missing conditions, if the server is not healthy within the time limit or reports a permanent failure
 */
export async function awaitBack({ site, progress }: Context, name: string, props: BackProps = {}): Promise<void> {
  await progress.step(`${name}: comes up`, (report) => comesUp(site, name, props, report));
  await progress.step(`${name}: is back; observes it for ${soak.looks * soak.pauseSeconds} s`, (report) =>
    staysWell(site, name, props, report),
  );
}

/**
 * Makes a replaced member the primary if it needs accounts that no earlier primary knew, such as the migrations account. As the primary,
 * the member creates these accounts.
 */
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

/** Returns the text of a failed first boot, because waiting does not repair it. */
export const firstBootFault = (server: ServerState | undefined): string | undefined => {
  const firstBoot = server?.observation?.firstBoot ?? "running";
  return firstBoot === "done" || firstBoot.startsWith("running")
    ? undefined
    : `${server?.name} failed during its first boot: ${firstBoot}`;
};

/**
 * Removes unknown members from the lists of the configured members. Otherwise the configured members would count them for the majority,
 * and wait for them after a total outage.
 * @param name of a server that was just removed @default - none
 */
export async function forgetUnknown({ site, progress }: Context, snapshot: Snapshot, name?: string): Promise<void> {
  for (const server of snapshot.servers.filter(isDatabase))
    for (const address of unknownMembers(server, snapshot))
      await progress.step(`${server.name}: forgets ${address}`, async (report) => {
        const login = loginOf(site, server.name);
        // Members that were created while the removed server was configured know its name.
        const byName = name === undefined ? undefined : await site.ssh.tryRun(login, ["mysql-group", "forget", name]);
        const said = byName?.ok ? byName.stdout : await site.ssh.run(login, ["mysql-group", "forget", address]);
        report(said.trim());
      });
}
