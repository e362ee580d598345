import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it, vi } from "vitest";
import { unlock } from "../../ops/commands/unlock.js";
import { holdingOf, Lock, LockStore, requireLock } from "../../ops/core/lock.js";
import { FileStore } from "../../ops/core/store.js";
import { exampleConfig } from "../support/config.js";
import { temporaryFolder } from "../support/payload-files.js";
import { commandsIn } from "./support/commands.js";
import { instantly } from "./support/instantly.js";
import { emulate, type Managed, type Resource, type Trouble } from "./support/vendors.js";

const config = exampleConfig({ monitoring: { enabled: false } });
const [server] = config.servers;
if (!server) throw new Error("the example has no server");
const names = config.servers.map(({ name }) => name);
const firstName = server.name;

const readers = ["plan", "drift"];
const commands = [...readers, "deploy", "replace", "remove", "rotate"];

/** Returns the Hetzner resources of an environment. The ids begin with `first`. */
const projectOf = (environment: string, first: number): readonly Resource[] =>
  names.flatMap((name, index) => [
    { type: "hcloud_volume", id: first + index, name: `${name}_data`, environment },
    { type: "hcloud_server", id: first + 10 + index, name, environment },
  ]);
const production = projectOf("production", 100);
const staging = projectOf("staging", 200);

/** Converts Hetzner resources to entries of a Terraform state or configuration. */
const managed = (resources: readonly Resource[]): readonly Managed[] => [
  ...resources.map(({ type, name, id }) => ({
    stack: type === "hcloud_server" ? "servers" : "foundation",
    address: `${type}.${name}`,
    attributes: { id: `${id}`, delete_protection: true },
  })),
  { stack: "credentials", address: "random_password.edge_token", attributes: { id: "none" } },
  { stack: "edge", address: "cloudflare_dns_record.www", attributes: { id: "record", zone_id: "zone" } },
];
const all = managed(production);
const without = (name: string) => (resource: { readonly name: string }) => resource.name !== name;

/** Faults of the environment in which a command runs, and the expected errors. */
interface Situation {
  readonly state?: readonly Managed[];
  /** Resources of the Hetzner project to which HCLOUD_TOKEN belongs. */
  readonly project?: readonly Resource[];
  /** Zones to which CLOUDFLARE_API_TOKEN gives access. */
  readonly zones?: readonly { readonly id: string; readonly name: string }[];
  readonly trouble?: Trouble;
  /** Changes the lock: `before` runs before the command acquires the lock, `after` runs immediately afterwards. */
  readonly before?: (place: LockStore, command: string) => Promise<unknown>;
  readonly after?: (place: LockStore) => Promise<unknown>;
  /** Expected error of each command; `*` is for all commands that are not listed. @default - all commands succeed */
  readonly refused?: Readonly<Record<string, RegExp>>;
  /** Commands that succeed without a plan, because the state has no resource to change. @default - none */
  readonly withoutPlan?: readonly string[];
}

const store = async (place: LockStore, changes: object): Promise<unknown> =>
  place.store.write(JSON.stringify({ ...holdingOf("rollout"), ...changes }), undefined);
/** Returns this error for all commands that change resources. Other commands do not need the lock. */
const allButReaders = (refusal: RegExp): Situation["refused"] =>
  Object.fromEntries(commands.filter((one) => !readers.includes(one)).map((one) => [one, refusal]));

const situations: Readonly<Record<string, Situation>> = {
  "the tokens, the state and the servers match": {},
  "the first deploy finds an empty project": {
    ...{ state: [], project: [] },
    refused: { replace: /would do more than/ },
  },
  "the token belongs to another project": {
    project: staging,
    refused: { "*": /HCLOUD_TOKEN: none of the resources in the state/ },
  },
  "the token belongs to an empty project": {
    project: [],
    refused: { "*": /HCLOUD_TOKEN: none .* its Hetzner project is empty/ },
  },
  "the first deploy has the token of another environment": {
    ...{ state: [], project: staging },
    refused: { "*": /HCLOUD_TOKEN: belongs to the Hetzner project of environment staging/ },
    withoutPlan: ["remove"],
  },
  "the state and the token belong to another environment": {
    ...{ state: managed(staging), project: staging },
    refused: { "*": /ENVIRONMENT: is production, but the state has resources/ },
  },
  "the state was lost": {
    ...{ state: [], refused: { "*": /backend: the state of production is empty/ } },
    withoutPlan: ["remove"],
  },
  "the state lacks one server and its volume": {
    state: managed(production.filter(({ name }) => !name.startsWith(names[1] ?? ""))),
    refused: { "*": /state: the Hetzner project has resources of production that are not/ },
  },
  "the Cloudflare token belongs to another account": {
    zones: [{ id: "other", name: config.domain }],
    refused: { "*": /CLOUDFLARE_API_TOKEN: cannot see zone zone/ },
  },
  "the Cloudflare token has no access to the zone": {
    zones: [],
    refused: { "*": /CLOUDFLARE_API_TOKEN: cannot see the zone/ },
  },
  "another server is missing": {
    project: production.filter(without(names[1] ?? "")),
    refused: { deploy: /the plan destroys resources/, replace: /would do more than/ },
  },
  "a replacement was killed after the old server was deleted": {
    project: production.filter(({ type, name }) => type !== "hcloud_server" || name !== server.name),
    refused: { deploy: /the plan destroys resources/ },
  },
  "a replacement was killed before the state was saved": {
    state: all.filter(({ address }) => address !== `hcloud_server.${server.name}`),
    refused: { plan: /not in the state/, drift: /not in the state/, deploy: /not in the state/ },
  },
  "another run on this machine holds the lock": {
    before: (place) => store(place, {}),
    refused: allButReaders(/is running/),
  },
  "another run on another machine holds the lock": {
    before: (place) => store(place, { machine: "another machine" }),
    refused: allButReaders(/on another machine/),
  },
  "another command was killed while it changed a server": {
    before: (place) => store(place, { began: "0", inHand: names[1] }),
    refused: allButReaders(/was interrupted. Run it again/),
  },
  "another command was killed while it changed no server": { before: (place) => store(place, { began: "0" }) },
  "the lock cannot be read": {
    before: (place) => place.store.write('{"pid":', undefined),
    refused: allButReaders(/not a lock written by this version/),
  },
  "another run took the lock after unlock": {
    after: async (place) => {
      await unlock(place, { force: true }, () => undefined);
      await Lock.take(place, "another run");
    },
    refused: allButReaders(/no longer holds the lock/),
  },
  "the clock is a year ahead": { after: () => Promise.resolve(vi.setSystemTime(Date.now() + 365 * 86_400_000)) },
  "the clock is a year behind": { after: () => Promise.resolve(vi.setSystemTime(Date.now() - 365 * 86_400_000)) },
  "the API loses responses": { trouble: "lose responses" },
  "the API gets requests twice": { trouble: "repeat requests" },
  "the API is slow": { trouble: "delay responses" },
};

/** Resources of an additional server, which the command `remove` deletes. */
const removed: readonly Resource[] = [
  { type: "hcloud_volume", id: 150, name: "gone_data", environment: "production" },
  { type: "hcloud_server", id: 151, name: "gone", environment: "production" },
];

/** Returns the environment before a command. */
function worldFor(command: string, { state = all, project = production, zones, trouble }: Situation) {
  const isProduction = project.some(({ environment }) => environment === "production");
  const hasGone = command === "remove" && isProduction;
  const isNew = state.length === 0;
  return {
    environment: "production",
    project: [...project, ...(hasGone ? removed : [])],
    zones: zones ?? [{ id: "zone", name: config.domain }],
    state: [...state, ...(command === "remove" && !isNew ? managed(removed).slice(0, 2) : [])],
    configuration: [
      ...all,
      ...(command === "rotate" ? [{ stack: "credentials", address: "random_password.edge-2_token" }] : []),
    ],
    ...(trouble && { trouble }),
  };
}

/** Creates a folder for each stack. The emulated Terraform does not read the folders of stacks. */
function folders() {
  const stacks = temporaryFolder();
  const folder = (name: string): string => {
    const place = join(stacks, `production-${name}`);
    mkdirSync(place);
    writeFileSync(join(place, "cdk.tf.json"), "{}");
    return place;
  };
  return { folder, own: { stacks, synthesize: () => Promise.resolve() } };
}

/** Runs a command in an environment with faults. @returns the error, if any, and the resources before and after the command */
async function run(command: string, situation: Situation) {
  instantly();
  const start = worldFor(command, situation);
  const world = await emulate(start);
  const isReader = readers.includes(command);
  const handled = isReader || command === "deploy" ? [] : names;
  const place = new LockStore(new FileStore(join(temporaryFolder(), "ops.lock")));
  await situation.before?.(place, command);
  const work = async (): Promise<void> => {
    const lock = isReader ? undefined : await Lock.take(place, command);
    await situation.after?.(place);
    requireLock(lock);
    await commandsIn({ ...{ config, url: world.url, replaced: firstName, removed: "gone", handled }, ...folders() })[
      command
    ]?.();
  };
  const error = await work()
    .then(() => undefined)
    .catch((thrown: Error) => thrown)
    .finally(() => requireLock(undefined));
  return { error, changes: world.changes, before: start.project, after: world.project() };
}

/** Returns each resource that the command deleted against the rules, and each duplicate resource. */
function harmOf(command: string, before: readonly Resource[], after: readonly Resource[]): readonly string[] {
  const mayGo = command === "remove" ? ["gone", "gone_data"] : command === "replace" ? [server?.name] : [];
  const destroyed = before.filter(
    (one) => !mayGo.includes(one.name) && !after.some(({ type, id }) => type === one.type && id === one.id),
  );
  const doubled = after.filter((one) =>
    after.some((two) => two !== one && two.type === one.type && two.name === one.name),
  );
  return [...destroyed.map(({ name }) => `destroyed ${name}`), ...doubled.map(({ name }) => `doubled ${name}`)];
}

/** Returns true if the command has not reached its goal. */
function undoneBy(
  command: string,
  changes: readonly string[],
  before: readonly Resource[],
  after: readonly Resource[],
) {
  const isServer = ({ type, name }: Resource): boolean => type === "hcloud_server" && name === server?.name;
  const undone: Readonly<Record<string, boolean>> = {
    deploy: production.some(({ name }) => !after.some((one) => one.name === name)),
    replace: !after.some((one) => isServer(one) && !before.some(({ id }) => id === one.id)),
    remove: after.some(({ name }) => name.startsWith("gone")),
    rotate: !changes.includes("create random_password.edge-2_token"),
  };
  return undone[command] ?? false;
}

const outcomes = new Map<string, ("refused" | "done" | "HARMED")[]>();

describe.each(Object.entries(situations))("in the situation: %s", (name, situation) => {
  it.each(commands)("the command %s is either rejected before any change or completes", async (command) => {
    const { error, changes, before, after } = await run(command, situation);
    const { refused = {}, withoutPlan = [] } = situation;
    const isWithoutPlan = withoutPlan.includes(command);
    const refusal = isWithoutPlan ? undefined : (refused[command] ?? refused["*"]);
    const mayChange = refusal === undefined && !isWithoutPlan && !readers.includes(command);
    const isWrong = !mayChange && changes.length > 0;
    const harm = [...(isWrong ? changes : []), ...harmOf(command, before, after)];
    const outcome = harm.length > 0 ? "HARMED" : error ? "refused" : "done";
    outcomes.set(name, [...(outcomes.get(name) ?? []), outcome]);
    expect(harm).toEqual([]);
    if (refusal) expect(error?.message).toMatch(refusal);
    else expect(error?.message).toBeUndefined();
    if (mayChange) expect(undoneBy(command, changes, before, after)).toBe(false);
  });
});

afterAll(() => {
  const cells = [...outcomes.values()].flat();
  const count = (outcome: string): string => `${cells.filter((one) => one === outcome).length} ${outcome}`;
  const row = (title: string, values: readonly string[]): string =>
    `${title.padEnd(60)}${values.map((value) => value.padEnd(9)).join("")}`;
  console.log(
    [
      row("situation", commands),
      ...[...outcomes].map(([name, values]) => row(name, values)),
      `${cells.length} cells: ${["refused", "done", "HARMED"].map(count).join(", ")}`,
    ].join("\n"),
  );
});
