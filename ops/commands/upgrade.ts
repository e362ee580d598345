import { readFileSync } from "node:fs";
import { paths } from "../../modules/platform/paths.js";
import type { ServerConfig } from "../../modules/config/schema.js";
import { gate, inOrder } from "../core/judge.js";
import { awaitBack, backMinutes, type Context, nextOf, passGate, stepDown } from "../core/maintain.js";
import { mixRefusal, mysqlVersionOf } from "../core/mysql-versions.js";
import { look } from "../core/observe.js";
import type { Progress } from "../core/progress.js";
import { waitUntil } from "../core/shell.js";
import { loginOf, serverNamed, type Site } from "../core/site.js";
import { isDatabase, isWeb, primaryOf, type ServerState, type Snapshot } from "../core/snapshot.js";

const script = readFileSync(new URL("files/upgrade", import.meta.url), "utf8");
const packageFiles = readFileSync(new URL("files/package-files.py", import.meta.url), "utf8");

/** Maximum seconds to download the package lists, or all packages of a server, over a slow connection. */
const listsSeconds = 180;
const packagesSeconds = 1500;

/** Options of {@link upgrade}. */
export interface UpgradeProps {
  /** Names of the servers to upgrade. @default - all servers */
  readonly only?: readonly string[];
  /**
   * Returns the files of a new server with package sources, addresses of their keys and known expiry dates.
   * @default - the servers keep their files
   */
  readonly packageFiles?: (server: ServerConfig) => readonly { readonly path: string; readonly content: string }[];
}

/**
 * Returns a function that decides whether a server has possible upgrades or requires a reboot. Pure. @param done servers that this run has
 * already upgraded
 */
export const isDue =
  ({ only = [] }: UpgradeProps, done: ReadonlySet<string> = new Set()) =>
  ({ name, observation }: ServerState): boolean =>
    (only.length === 0 || only.includes(name)) &&
    !done.has(name) &&
    ((observation?.upgradable?.length ?? 0) > 0 || (observation?.rebootFor.length ?? 0) > 0);

/** Describes the upgrades of a server. Pure. */
export const duty = ({ name, observation }: ServerState): string => {
  const upgrades = (observation?.upgradable ?? []).map((one) => `${one.name} ${one.from || "none"} -> ${one.to}`);
  const reboot = observation?.rebootFor ?? [];
  const due = [
    ...(upgrades.length > 0 ? [`upgrades ${upgrades.join(", ")}`] : []),
    ...(reboot.length > 0 ? [`a reboot for ${reboot.join(", ")}`] : []),
  ];
  return `${name}: ${due.join("; ") || "continues where an interrupted run stopped"}`;
};

/** Returns true for the names of MySQL's server package, from MySQL or from Debian. */
const isMysqlServer = (name: string): boolean => /^mysql-(community-)?server(-core)?$/.test(name);

/** Returns the reason why MySQL on a server must not be upgraded, or `undefined`. Pure. @param group versions of the running members */
export function mysqlRefusal({ name, observation }: ServerState, group: readonly string[]): string | undefined {
  for (const upgrade of observation?.upgradable ?? []) {
    const [own, next] = [mysqlVersionOf(upgrade.from), mysqlVersionOf(upgrade.to)];
    if (!isMysqlServer(upgrade.name) || own === undefined || next === undefined) continue;
    const refusal = mixRefusal(group, own, next);
    if (refusal !== undefined) return `${name}: ${upgrade.name}: ${refusal}`;
  }
  return undefined;
}

/** Prints the steps of {@link upgrade} and the faults that prevent it. @returns exit code: 1 if a fault prevents the start */
export async function dryUpgrade(site: Site, props: UpgradeProps, { say }: Pick<Progress, "say">): Promise<number> {
  await renewLists(site);
  const snapshot = await lookTold(site);
  const inHand = (await site.lock.read())?.inHand;
  if (inHand !== undefined) say(`${inHand}: was left unfinished by an interrupted run and is processed first`);
  const due = inOrder(snapshot.servers.filter(isDue(props)));
  for (const server of due) say(duty(server));
  if (due.length === 0 && inHand === undefined) say("nothing to upgrade, and no reboot required");
  const versions = await groupVersions(site, snapshot);
  const faults = [
    ...gate(snapshot, "upgrade", inHand),
    ...due.flatMap((server) => mysqlRefusal(server, versions) ?? []),
  ];
  for (const fault of faults) say(`prevents the upgrade: ${fault}`);
  return faults.length > 0 ? 1 : 0;
}

/**
 * Upgrades all packages and does required reboots, one server at a time. A server first transfers the primary role and leaves service,
 * and must be healthy again before the next one. Each step depends only on the current state, so a rerun continues after an interruption.
 * @throws Error at the first failure. The other servers continue to serve.
 */
export async function upgrade(context: Context, props: UpgradeProps): Promise<void> {
  const { site, lock, progress } = context;
  for (const name of props.only ?? []) serverNamed(site, name);
  await awaitAnswer(context);
  await deliverPackageFiles(context, props);
  await progress.step("updates the package lists of all servers", () => renewLists(site));
  const done = new Set<string>();
  for (;;) {
    const told = await lookTold(site);
    const waiting = nextOf(told, isDue(props, done), lock.inHand);
    if (waiting === undefined) break;
    const refusal = mysqlRefusal(waiting, await groupVersions(site, told));
    if (refusal !== undefined) throw new Error(`refused: ${refusal}`);
    const snapshot = await passGate(context, { inHand: lock.inHand, command: "upgrade" });
    await upgradeOne(context, waiting, snapshot);
    done.add(waiting.name);
  }
  progress.say(done.size === 0 ? "nothing to upgrade, and no reboot required" : `upgraded: ${[...done].join(", ")}`);
}

/**
 * Returns a text that names the reachable servers without a report about upgrades, or `undefined` if all report. A missing report does not
 * mean that there are no upgrades. Pure.
 */
export function untold({ servers }: Snapshot): string | undefined {
  const silent = servers.filter(({ observation }) => observation && !observation.upgradable).map(({ name }) => name);
  return silent.length === 0
    ? undefined
    : `${silent.join(", ")} did not report; run there: apt-get --simulate dist-upgrade`;
}

/**
 * Waits until every reachable server has reported its possible upgrades. After new package lists, a busy server may need several attempts.
 */
async function lookTold(site: Site): Promise<Snapshot> {
  let snapshot = await look(site, { withUpgradable: true });
  await waitUntil(
    "all servers report their available upgrades",
    async () => {
      if (untold(snapshot) !== undefined) snapshot = await look(site, { withUpgradable: true });
      return untold(snapshot);
    },
    { limitSeconds: listsSeconds },
  );
  return snapshot;
}

/** Waits until the server that an interrupted run was upgrading answers. That server may still be starting. */
async function awaitAnswer({ site, lock: { inHand }, progress }: Context): Promise<void> {
  if (!site.config.servers.some(({ name }) => name === inHand)) return;
  await progress.step(`${inHand}: answers`, (report) =>
    waitUntil(
      `${inHand} answers`,
      async () => {
        const seen = (await look(site)).servers.find(({ name }) => name === inHand);
        return seen?.observation === undefined ? (seen?.silence ?? "") : undefined;
      },
      { limitSeconds: backMinutes * 60, report },
    ),
  );
}

async function upgradeOne(context: Context, server: ServerState, snapshot: Snapshot): Promise<void> {
  const { site, lock, progress } = context;
  const { name } = server;
  const login = loginOf(site, name);
  await lock.setInHand(name);
  progress.say(duty(server));
  await stepDown(context, name, snapshot);
  if (isWeb(server))
    await progress.step(`${name}: leaves service`, () =>
      site.ssh.run(login, ["systemctl", "stop", "in-service"], { timeoutSeconds: 120 }),
    );
  await progress.step(`${name}: installs its upgrades`, () =>
    site.ssh.run(login, ["sh", "-s", paths.restartUpgraded, paths.vendorUpdates], {
      input: script,
      timeoutSeconds: packagesSeconds,
    }),
  );
  const after = (await look(site)).servers.find((one) => one.name === name)?.observation;
  const reboots = after === undefined || after.rebootFor.length > 0;
  const returns = async (): Promise<void> => {
    if (isWeb(server)) await site.ssh.run(login, ["systemctl", "start", "in-service"]);
  };
  if (reboots) {
    // The state is read again, because another server may have failed during the upgrade.
    await passGate(context, { inHand: name, command: "upgrade" }).catch(async (error: Error) => {
      await returns();
      throw error;
    });
    await progress.step(`${name}: reboots`, () => site.ssh.tryRun(login, ["systemctl", "reboot"]));
  } else await returns();
  await awaitBack(context, name, reboots ? { bootId: after?.bootId ?? server.observation?.bootId } : {});
  await lock.setInHand(undefined);
}

/** Updates package sources and known expiry dates on running servers, so that a vendor's new key requires no new server. */
async function deliverPackageFiles(
  { site, progress }: Context,
  { packageFiles: filesOf }: UpgradeProps,
): Promise<void> {
  if (filesOf === undefined) return;
  await progress.step("updates the package sources of all servers", async (report) => {
    for (const server of site.config.servers) {
      const changed = await site.ssh.run(loginOf(site, server.name), ["python3", "-I", "-c", packageFiles], {
        input: JSON.stringify(filesOf(server)),
        timeoutSeconds: listsSeconds,
      });
      for (const path of changed.split("\n").filter(Boolean)) report(`${server.name}: ${path}`);
    }
  });
}

/** Updates the package lists of all servers. @throws if a server fails */
const renewLists = async (site: Site): Promise<void> => {
  const renew = ({ name }: { readonly name: string }): Promise<string> =>
    site.ssh.run(loginOf(site, name), ["apt-get", "--quiet=2", "-o", "DPkg::Lock::Timeout=120", "update"], {
      timeoutSeconds: listsSeconds,
    });
  await Promise.all(site.config.servers.map(renew));
};

/** Returns the versions of the running members, as the group reports them. */
async function groupVersions(site: Site, snapshot: Snapshot): Promise<readonly string[]> {
  const member = primaryOf(snapshot) ?? snapshot.servers.find(isDatabase);
  if (member === undefined) return [];
  const sql = "SELECT member_version FROM performance_schema.replication_group_members";
  const told = await site.ssh.run(loginOf(site, member.name), [
    "mysql",
    "--batch",
    "--skip-column-names",
    "--execute",
    sql,
  ]);
  return told.split("\n").flatMap((line) => mysqlVersionOf(line) ?? []);
}
