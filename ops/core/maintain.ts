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

/** Maximum time to wait for a healthy environment before the next server; then the command stops. */
const gateSeconds = 60;
/** Maximum duration of a shutdown, including leaving service, transferring the primary role and stopping MySQL. */
const shutdownSeconds = 180;
/** Seconds that running transactions may still take when the primary role is transferred. */
const transactionSeconds = 10;
/** Maximum time from power-on until a server serves again, including a first boot with packages and a clone. */
export const backMinutes = 15;
/**
 * Number of checks of a recovered server, and the seconds between them, before the next server is processed. A late answer may correct
 * itself.
 */
const soak = { looks: 3, pauseSeconds: 5, hiccupSeconds: 30 } as const;

/** The servers that may be processed next, in order. Pure. */
export function nextOf(
  snapshot: Snapshot,
  wanted: (server: ServerState) => boolean,
  inHand?: string,
): ServerState | undefined {
  const held = snapshot.servers.find(({ name }) => name === inHand);
  return held ?? inOrder(snapshot.servers.filter(wanted))[0];
}

/** The current state of the environment. @throws with the faults, if a fault stops this command (see faults.ts) */
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
  /** Server whose state does not matter, because it is the one to process. @default - none */
  readonly inHand?: string;
  /** @default "rollout" */
  readonly command?: JudgedCommand;
}

/**
 * Waits a short time until the environment has no faults: a late answer of a busy server must not stop a rollout.
 * @returns the last observed state @throws with the faults if they remain
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
    // MySQL promotes no member whose version is higher than the group's lowest. When MySQL stops, the other members elect a new primary.
    if (!ok) report("when MySQL stops, the other members elect a new primary");
  });
}

/**
 * Transfers the primary role with MySQL's own function, because `mysql-group step-down` chooses the successor itself.
 * @throws if MySQL refuses, for example for a member whose version is higher than the group's lowest
 */
export async function appoint(site: Site, from: ServerState, to: ServerState): Promise<string> {
  const sql = [
    `SELECT member_id INTO @successor FROM performance_schema.replication_group_members WHERE member_host = '${to.privateIp}'`,
    `SELECT group_replication_set_as_primary(@successor, ${transactionSeconds})`,
  ].join("; ");
  const command = ["mysql", "--batch", "--skip-column-names", "--execute", sql];
  return (await site.ssh.run(loginOf(site, from.name), command, { timeoutSeconds: 60 })).trim();
}

/** Whether a power-off loses nothing: the server was never completely set up, and its member is in no group. Pure. */
export const hasNeverServed = ({ observation }: Pick<ServerState, "observation">): boolean =>
  observation !== undefined && observation.firstBoot !== "done" && observation.member?.state !== "ONLINE";

/**
 * Shuts a server down like its own shutdown: it leaves service first, then MySQL stops. The power is cut only if the server was never in
 * service, because its setup may be in a step that cannot be interrupted.
 * @param mayCutPower reason why a power-off loses nothing @default - only if the server was never in service
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
  // The connection may end before the command. A deploy may have removed the address of a server that is to be removed.
  const { reached, stderr } = login
    ? await site.ssh.tryRun(login, ["systemctl", "poweroff"])
    : { reached: false, stderr: "no Terraform output contains its address and host key" };
  if (reached || (await isOff(site, name))) return;
  report(`cannot be reached over SSH (${stderr.trim()}); shuts it down through Hetzner's API`);
  await site.cloud.shutDown(name);
}

/** Options of {@link awaitBack}. */
export interface BackProps {
  /** Identity of the previous boot, which must have ended. @default - any boot */
  readonly bootId?: string;
  /** Time limit in minutes. @default backMinutes */
  readonly minutes?: number;
  /** Faults with causes other than this server. @default - none */
  readonly tolerated?: readonly FaultKind[];
}

/**
 * Waits until a server is healthy and stays healthy for a while.
 * @throws with the missing conditions if the server is not healthy in time or reports a permanent failure
 */
export async function awaitBack({ site, progress }: Context, name: string, props: BackProps = {}): Promise<void> {
  await progress.step(`${name}: comes up`, (report) => comesUp(site, name, props, report));
  await progress.step(`${name}: is back; observes it for ${soak.looks * soak.pauseSeconds} s`, (report) =>
    staysWell(site, name, props, report),
  );
}

/**
 * The first member that needs accounts unknown to all previous primaries, such as the migrations account, becomes primary and creates
 * them.
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

/** A failed first boot does not recover by waiting. */
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
        // Members created while the server was configured know it by this address.
        const byName = name === undefined ? undefined : await site.ssh.tryRun(login, ["mysql-group", "forget", name]);
        const said = byName?.ok ? byName.stdout : await site.ssh.run(login, ["mysql-group", "forget", address]);
        report(said.trim());
      });
}
