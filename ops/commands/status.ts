import Table from "cli-table3";
import { needsHand } from "../core/judge.js";
import { look } from "../core/observe.js";
import type { Site } from "../core/site.js";
import { isDatabase, isWeb, type ServerState, type Snapshot } from "../core/snapshot.js";

/** What {@link status} may be told. */
export interface StatusProps {
  /** One JSON object in place of the screen. @default false */
  readonly json?: boolean;
}

/** Shows the running environment. @returns exit code: 1 when something needs a hand */
export async function status(site: Site, { json = false }: StatusProps): Promise<number> {
  const [snapshot, held, changeover] = await Promise.all([
    look(site, { withUpgradable: true }),
    site.lock.read(),
    site.balancers?.changeover(),
  ]);
  const interrupted = held
    ? [`ops ${held.command} holds the lock since ${held.since}${held.inHand ? `, ${held.inHand} in hand` : ""}`]
    : [];
  const unfinished =
    changeover?.over === false ? ["the change to another balancer is not at its end; npm run ops rollout"] : [];
  const hands = [...needsHand(snapshot), ...interrupted, ...unfinished];
  if (json) console.log(JSON.stringify({ ...snapshot, lock: held ?? null, needsHand: hands }, null, 2));
  else console.log(screen(snapshot, hands));
  return hands.length > 0 ? 1 : 0;
}

/** The environment as text for a terminal of 100 columns. */
function screen(snapshot: Snapshot, hands: readonly string[]): string {
  const head = ["server", "roles", "payload", "release", "member", "lag", "target", "service", "due", "disk"];
  const table = new Table({ head, style: { head: [], border: [], compact: true } });
  table.push(...snapshot.servers.map(row));
  return [
    snapshot.environment,
    table.toString(),
    ...(hands.length === 0 ? ["nothing needs a hand"] : ["needs a hand:", ...hands.map((hand) => `  ${hand}`)]),
  ].join("\n");
}

function row(server: ServerState): string[] {
  const { name, roles, cloud, observation, healthy } = server;
  const web = isWeb(server);
  const member = observation?.member;
  const state = cloud === undefined ? "missing" : !cloud.running ? "off" : cloud.current ? "current" : "outdated";
  if (observation === undefined)
    return [name, roles.join(" "), state, "?", "?", "?", healthOf(web, healthy), "?", "?", "?"];
  const { releases, inService, upgradable, rebootFor, diskPercent } = observation;
  return [
    name,
    roles.join(" "),
    state,
    web ? (releases[0]?.sha256.slice(0, 8) ?? "none") : "-",
    isDatabase(server) ? (member ? `${member.state} ${member.role}`.toLowerCase() : "silent") : "-",
    member ? `${member.lagSeconds.toFixed(1)} s` : "-",
    healthOf(web, healthy),
    inService === null ? "-" : inService ? "in" : "out",
    [`${upgradable?.length ?? "?"} upd`, ...(rebootFor.length > 0 ? ["reboot"] : [])].join(" "),
    Object.values(diskPercent)
      .map((used) => `${used}%`)
      .join(" "),
  ];
}

const healthOf = (web: boolean, healthy: boolean | undefined): string =>
  !web ? "-" : healthy === undefined ? "none" : healthy ? "healthy" : "sick";
