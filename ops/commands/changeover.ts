import { agreement, disagreements, formerlyLines, formerOf } from "../../modules/derived/agreement.js";
import { formerDomain, type Config, serversWithRole } from "../../modules/config/schema.js";
import type { Context } from "../core/maintain.js";
import { sleep, waitUntil } from "../core/shell.js";
import type { Balancers, Site } from "../core/site.js";
import type { CloudServer } from "../core/snapshot.js";

/** Maximum seconds until a new load balancer has checked the health of its targets. */
const checkSeconds = 120;

/** Returns the configured web servers that exist. */
const webServers = (config: Config, servers: readonly CloudServer[]): readonly CloudServer[] =>
  servers.filter(({ name }) => serversWithRole(config, "web").some((server) => server.name === name));

/**
 * Returns true if the healthy servers at the new load balancer can serve all visitors, which means that they are at least half of all
 * servers. This is reached before the last server is replaced, except if there is only one server. Pure.
 */
const isEnough = (healthy: number, all: number): boolean => healthy > 0 && healthy * 2 >= all;

/**
 * Checks that no server was created for a load balancer that does not exist. Such a server would pass health checks but serve no visitors.
 * Pure.
 * @param isOver true if the migration has ended, so the configured previous load balancer no longer exists
 * @throws Error with the differences, and with the settings that allow a migration
 */
function refuseDisagreement(config: Config, servers: readonly CloudServer[], isOver: boolean): void {
  const former = isOver ? undefined : formerOf(config);
  const known = [config, ...(former ? [former] : [])].map(agreement);
  const strange = webServers(config, servers).filter((server) => !known.includes(server.agreement ?? ""));
  if (strange.length === 0) return;
  const said = strange.flatMap(({ name, agreement: label }) =>
    disagreements(label, config).map((difference) => `${name}: ${difference}`),
  );
  const lines = new Set(strange.map(({ agreement: label }) => formerlyLines(label, config, !isOver)));
  const [line] = lines;
  throw new Error(
    `refused, because these servers do not match the settings of the load balancer:\n  ${said.join("\n  ")}\n` +
      "Nothing was changed. To roll out other changes, restore the old value. " +
      (line === undefined || lines.size > 1
        ? 'The servers were created for different load balancers, so replace them manually: docs/operations.md, "Replace outdated servers"'
        : `To change the value, write this line into environments/${config.environment}.ts, and run this command again. The line:\n  ${line}\n` +
          'see docs/changes.md, "Change the domain, TLS mode or the balancer\'s address"'),
  );
}

/** A load balancer migration in progress. */
interface UnderWay {
  readonly balancers: Balancers;
  /** Number of web servers that were created for the new load balancer. */
  readonly changed: number;
  /** Number of configured web servers, including missing ones. */
  readonly all: number;
  readonly pointed: boolean;
}

/**
 * Reads the progress of the migration. @returns `undefined` if no migration is in progress @throws Error if a server was created for
 * neither load balancer
 */
async function underWay({ config, cloud, balancers }: Site): Promise<UnderWay | undefined> {
  const [servers, changeover] = await Promise.all([cloud.servers(), balancers?.changeover()]);
  refuseDisagreement(config, servers, changeover?.over ?? true);
  if (balancers === undefined || changeover === undefined || changeover.over) return undefined;
  const changed = webServers(config, servers).filter((server) => server.agreement === agreement(config));
  return {
    balancers,
    changed: changed.length,
    all: serversWithRole(config, "web").length,
    pointed: changeover.pointed,
  };
}

/** Describes the effect of the migration on visitors. */
function leads(config: Config): string {
  const former = formerDomain(config);
  return former === undefined
    ? "Cloudflare's DNS records point to the new load balancer"
    : `www.${former} and ${former} redirect to www.${config.domain}`;
}

/** Prints the remaining steps of a migration. */
export async function sayChangeover(site: Site, say: (line: string) => void): Promise<void> {
  const change = await underWay(site);
  if (change === undefined) return;
  say(`migrates to a second load balancer: ${change.changed} of ${change.all} web servers are configured for it`);
  say(`${leads(site.config)}${change.pointed ? "" : ", as soon as it considers half of them healthy"}`);
  say("the previous load balancer is removed at the end");
}

/**
 * Processes one server after the other. During a migration, the new load balancer is created before the first server, and visitors are
 * directed to it before the last servers. The previous load balancer is removed at the end. Each step depends only on the current state.
 * @param takeNext replaces the next outdated server, and returns whether there was one
 */
export async function changingOver(context: Context, takeNext: () => Promise<boolean>): Promise<void> {
  await begin(context);
  do {
    // If an interrupted run left a server unfinished, that server is completed first, because the new load balancer may depend on it.
    if (context.lock.inHand === undefined) await advance(context);
  } while (await takeNext());
  await end(context);
}

/** Creates the second load balancer before the first server is processed. */
async function begin(context: Context): Promise<void> {
  const change = await underWay(context.site);
  if (change === undefined) return;
  const { pointed, changed, all, balancers } = change;
  if (pointed && changed === all) return;
  if (formerDomain(context.site.config) !== undefined)
    await context.progress.step("the origin certificate contains both names", (report) =>
      context.site.secrets.make("origin-certificate", report),
    );
  await context.progress.step("creates the second load balancer", (report) => balancers.open(report));
  // An interrupted run may have changed the DNS records shortly before.
  if (pointed) await spread(context);
}

/** Directs visitors to the new load balancer as soon as it has enough healthy servers. Returns when no visitor uses the previous one. */
async function advance(context: Context): Promise<void> {
  const { site, progress } = context;
  const change = await underWay(site);
  if (change === undefined || change.pointed || !isEnough(change.changed, change.all)) return;
  const { balancers, all } = change;
  await progress.step("the new load balancer considers its servers healthy", (report) =>
    waitUntil(
      "enough servers are healthy",
      async () => {
        const healthy = await balancers.healthy();
        return isEnough(healthy.length, all) ? undefined : `healthy there: ${healthy.join(", ") || "none"}`;
      },
      { limitSeconds: checkSeconds, report },
    ),
  );
  if (formerDomain(site.config) !== undefined) {
    await progress.step("both names are served without a redirect", (report) => balancers.part(report));
    await spread(context);
  }
  await progress.step(leads(site.config), (report) => balancers.point(report));
  await spread(context);
}

const spread = ({ site, progress }: Context): Promise<void> =>
  progress.step("waits until all data centres of Cloudflare have applied the change", () =>
    sleep(site.secrets.spreadSeconds),
  );

/** Removes the previous load balancer when no server needs it any more. */
async function end({ site, progress }: Context): Promise<void> {
  const change = await underWay(site);
  if (change === undefined) return;
  if (!change.pointed || change.changed < change.all) {
    progress.say("the load balancer migration is unfinished; to complete it, run npm run ops rollout");
    return;
  }
  await progress.step("removes the previous load balancer", (report) => change.balancers.close(report));
}
