import { agreement, disagreements, formerlyLines, formerOf } from "../../modules/derived/agreement.js";
import { formerDomain, type Config, serversWithRole } from "../../modules/config/schema.js";
import type { Context } from "../core/maintain.js";
import { sleep, waitUntil } from "../core/shell.js";
import type { Balancers, Site } from "../core/site.js";
import type { CloudServer } from "../core/snapshot.js";

/** Longest time until a new balancer has looked at the servers that are its targets. */
const checkSeconds = 120;

/** Those of the configuration's web servers that exist. */
const webServers = (config: Config, servers: readonly CloudServer[]): readonly CloudServer[] =>
  servers.filter(({ name }) => serversWithRole(config, "web").some((server) => server.name === name));

/**
 * Whether so many servers are enough for all visitors: as many as have not changed yet. Before the last one is taken, they always are, but
 * where there is no other. Pure.
 */
const isEnough = (healthy: number, all: number): boolean => healthy > 0 && healthy * 2 >= all;

/**
 * Refuses servers that were made for another balancer than there is: a balancer finds them healthy, and they serve none of its visitors. Pure.
 * @param isOver whether the balancer before, where the configuration names one, is gone
 * @throws with what differs, and with the lines that make a change of it possible
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
        ? 'The servers were created for different load balancers, so replace them manually: docs/operations.md, "Replace servers"'
        : `To change the value, write into environments/${config.environment}.ts, and run this command again:\n  ${line}\n` +
          'see docs/changes.md, "Change the domain, TLS mode or the balancer\'s address"'),
  );
}

/** A change from one balancer to another that is under way. */
interface UnderWay {
  readonly balancers: Balancers;
  /** Web servers that were made for the new balancer already. */
  readonly changed: number;
  /** Web servers of the configuration, there or not. */
  readonly all: number;
  readonly pointed: boolean;
}

/** @returns `undefined` where there is no such change, or it is over @throws for servers that were made for neither balancer */
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

/** What visitors meet who are led to the new balancer. */
function leads(config: Config): string {
  const former = formerDomain(config);
  return former === undefined
    ? "Cloudflare's DNS records point to the new load balancer"
    : `www.${former} and ${former} redirect to www.${config.domain}`;
}

/** Says what is left of a change of the balancer. */
export async function sayChangeover(site: Site, say: (line: string) => void): Promise<void> {
  const change = await underWay(site);
  if (change === undefined) return;
  say(`migrates to a second load balancer: ${change.changed} of ${change.all} web servers are configured for it`);
  say(`${leads(site.config)}${change.pointed ? "" : ", as soon as it considers half of them healthy"}`);
  say("the previous load balancer is removed at the end");
}

/**
 * Takes one server after the other. Where a balancer is to take over from another one, it is made before the first server is taken, visitors
 * are led to it before the last ones are, and the other one goes at the end. What it does follows from what it finds.
 * @param takeNext replaces the next server that is outdated, and returns whether there was one
 */
export async function changingOver(context: Context, takeNext: () => Promise<boolean>): Promise<void> {
  await begin(context);
  do {
    // A server in hand may be what the new balancer lacks.
    if (context.lock.inHand === undefined) await advance(context);
  } while (await takeNext());
  await end(context);
}

/** Makes the second balancer before the first server is taken. */
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
  // The interrupted run may have pointed them a moment ago.
  if (pointed) await spread(context);
}

/** Leads visitors to the new balancer as soon as enough servers are healthy there, and returns when nobody is led to the other any more. */
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

/** Takes the balancer before away when no server was made for it any more. */
async function end({ site, progress }: Context): Promise<void> {
  const change = await underWay(site);
  if (change === undefined) return;
  if (!change.pointed || change.changed < change.all) {
    progress.say("the load balancer migration is unfinished; to complete it, run npm run ops rollout");
    return;
  }
  await progress.step("removes the previous load balancer", (report) => change.balancers.close(report));
}
