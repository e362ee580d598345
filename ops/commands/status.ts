import Table from "cli-table3";
import { effectOf, isSpread, type LocationLoss, lossesOf } from "../../modules/derived/loss.js";
import type { Config } from "../../modules/config/schema.js";
import { downServers, needsHand } from "../core/judge.js";
import { type Holding, UnreadableLock } from "../core/lock.js";
import { look } from "../core/observe.js";
import type { Site } from "../core/site.js";
import { isDatabase, isWeb, type Observation, type ServerState, type Snapshot } from "../core/snapshot.js";

/** Options of {@link status}. */
export interface StatusProps {
  /** Whether to print one JSON object instead of text. @default false */
  readonly json?: boolean;
}

/** Prints the state of the running environment. @returns exit code: 1 if a fault or due maintenance needs attention */
export async function status(site: Site, { json = false }: StatusProps): Promise<number> {
  const [snapshot, lock, changeover] = await Promise.all([
    look(site, { withUpgradable: true }),
    site.lock.read().catch((error: unknown) => {
      if (error instanceof UnreadableLock) return error;
      throw error;
    }),
    site.balancers?.changeover(),
  ]);
  const held = lock instanceof UnreadableLock ? undefined : lock;
  const interrupted = lock === undefined ? [] : [lockLine(lock)];
  const unfinished =
    changeover?.over === false ? ["the load balancer migration is unfinished; run npm run ops rollout"] : [];
  const hands = [...needsHand(snapshot), ...interrupted, ...unfinished];
  const losses = isSpread(site.config) ? lossesOf(site.config, downServers(snapshot)) : undefined;
  if (json) console.log(JSON.stringify({ ...snapshot, lock: held ?? null, needsHand: hands, losses }, null, 2));
  else console.log(screen(site.config, snapshot, losses ?? [], hands));
  return hands.length > 0 ? 1 : 0;
}

/** Returns the line about an existing lock. */
function lockLine(lock: Holding | UnreadableLock): string {
  if (lock instanceof UnreadableLock) return lock.message;
  const { command, since, inHand } = lock;
  return `ops ${command} has held the lock since ${since}${inHand ? `, processing ${inHand}` : ""}`;
}

/** Formats the state of the environment as text for a terminal with 100 columns. */
function screen(config: Config, snapshot: Snapshot, losses: readonly LocationLoss[], hands: readonly string[]): string {
  const placeOf: Cell = ({ name }) => config.servers.find((server) => server.name === name)?.location ?? "-";
  const { server, ...others } = cells;
  const columns = { server, ...(isSpread(config) && { location: placeOf }), ...others };
  const head = Object.keys(columns);
  const table = new Table({ head, style: { head: [], border: [], compact: true } });
  table.push(...snapshot.servers.map((server) => Object.values(columns).map((cell) => cell(server))));
  return [
    snapshot.environment,
    table.toString(),
    ...losses.map((loss) => `if ${loss.location} is lost: ${effectOf(loss)}`),
    ...(hands.length === 0 ? ["nothing needs attention"] : ["needs attention:", ...hands.map((hand) => `  ${hand}`)]),
  ].join("\n");
}

type Cell = (server: ServerState) => string;

/** Returns a value that only the server itself can report, or "?" if the server does not answer. */
const told =
  (cell: (observation: Observation, server: ServerState) => string): Cell =>
  (server) =>
    server.observation === undefined ? "?" : cell(server.observation, server);

/** Columns of the table, with their headings as keys. */
const cells = {
  server: ({ name }) => name,
  roles: ({ roles }) => roles.join(" "),
  payload: ({ cloud }) => {
    if (cloud === undefined) return "missing";
    if (!cloud.running) return "off";
    return cloud.current ? "current" : "outdated";
  },
  release: told(({ releases }, server) => (isWeb(server) ? (releases[0]?.sha256.slice(0, 8) ?? "none") : "-")),
  member: told(({ member }, server) => {
    if (!isDatabase(server)) return "-";
    return member ? `${member.state} ${member.role}`.toLowerCase() : "silent";
  }),
  lag: told(({ member }) => (member ? `${member.lagSeconds.toFixed(1)} s` : "-")),
  target: (server) => {
    if (!isWeb(server)) return "-";
    if (server.healthy === undefined) return "none";
    return server.healthy ? "healthy" : "sick";
  },
  service: told(({ inService }) => {
    if (inService === null) return "-";
    return inService ? "in" : "out";
  }),
  due: told(({ upgradable, rebootFor }) =>
    [`${upgradable?.length ?? "?"} upd`, ...(rebootFor.length > 0 ? ["reboot"] : [])].join(" "),
  ),
  disk: told(({ diskPercent }) =>
    Object.values(diskPercent)
      .map((used) => `${used}%`)
      .join(" "),
  ),
} satisfies Readonly<Record<string, Cell>>;
