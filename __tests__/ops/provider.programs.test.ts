import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { exampleConfig } from "../support/config.js";
import { hasOptionalTool } from "../support/tools.js";
import { commandsIn } from "./support/commands.js";
import { HetznerProject, type Trouble } from "./support/hetzner-project.js";
import {
  Checkout,
  deployInto,
  provider,
  providerMirror,
  stacksFor,
  terraformIn,
  type StacksFor,
} from "./support/real-terraform.js";

const base = { monitoring: { enabled: false } };
const delta = { privateIp: "10.0.1.134", roles: ["web" as const] };
/** Configuration with which the environment is deployed before each command. */
const four = exampleConfig({ ...base, servers: { delta } });
/** Configuration without the server delta. */
const three = exampleConfig(base);
const [stacksOfFour, stacksOfThree] = [stacksFor(four), stacksFor(three)];

const everything = (): boolean => true;

/** A command, and the faults of the environment in which it runs. */
interface Situation {
  readonly command: "plan" | "deploy" | "replace" | "remove";
  /** Changes the resources of the Hetzner project to which HCLOUD_TOKEN belongs. */
  readonly project?: (project: HetznerProject) => void;
  /** True if the Terraform state is empty. */
  readonly withoutState?: boolean;
  /** Outdated stacks that an earlier `npm run synth` wrote to cdktf.out. */
  readonly stale?: StacksFor;
  /** Stacks that the command synthesizes. */
  readonly stacks?: StacksFor;
  /** Number of characters that are added to each secret in the state. */
  readonly longerSecrets?: number;
  readonly trouble?: Trouble;
  /** Change after which Terraform is killed. After Terraform is killed, the command runs again. */
  readonly killedAt?: string;
  /** Number of times that the command may fail before it succeeds. */
  readonly reruns?: number;
  /** Error with which the command must be rejected. @default - the command must succeed */
  readonly refused?: RegExp;
  /** Error with which the command may be rejected. @default - none */
  readonly mayBeRefused?: RegExp;
}

const ofStaging = (project: HetznerProject): void =>
  project.change((item) => ({ ...item, labels: { ...item.labels, environment: "staging" } }), everything);
/** Gives all resources other ids, as if they were in another environment. */
const another = (project: HetznerProject): void => {
  ofStaging(project);
  project.change((item) => ({ ...item, id: item.id + 5000 }), everything);
};
const empty = (project: HetznerProject): void => project.change(() => undefined, everything);
const withoutServer =
  (name: string) =>
  (project: HetznerProject): void =>
    project.change(
      () => undefined,
      (item) => item.name === name,
    );
const ofAnother = /HCLOUD_TOKEN: none of the resources in the state/;
const destroys = /the plan destroys resources/;
/** Errors after an interrupted first deploy. Its resources are missing in the state, or are incomplete and protected from destruction. */
const leftOver = /the state of production is empty|not in the state|Instance cannot be destroyed/;

const situations: Readonly<Record<string, Situation>> = {
  "plan: the tokens, the state and the servers match": { command: "plan" },
  "deploy: the tokens, the state and the servers match": { command: "deploy" },
  "replace: the tokens, the state and the servers match": { command: "replace" },
  "remove: the tokens, the state and the servers match": { command: "remove", stacks: stacksOfThree },
  "plan: the token belongs to another project": { command: "plan", project: another, refused: ofAnother },
  "deploy: the token belongs to another project": { command: "deploy", project: another, refused: ofAnother },
  "replace: the token belongs to another project": { command: "replace", project: another, refused: ofAnother },
  "remove: the token belongs to another project": {
    ...{ command: "remove", stacks: stacksOfThree, project: another, refused: ofAnother },
  },
  "deploy: the token belongs to an empty project": { command: "deploy", project: empty, refused: ofAnother },
  "replace: the token belongs to an empty project": { command: "replace", project: empty, refused: ofAnother },
  "deploy: the first deploy has the token of another environment": {
    ...{ command: "deploy", project: another, withoutState: true },
    refused: /HCLOUD_TOKEN: belongs to the Hetzner project of environment staging/,
  },
  "deploy: the state and the token belong to another environment": {
    ...{ command: "deploy", project: ofStaging },
    refused: /ENVIRONMENT: is production, but the state has resources/,
  },
  "deploy: the state was lost": {
    ...{ command: "deploy", withoutState: true },
    refused: /backend: the state of production is empty/,
  },
  "deploy: another server is missing": { command: "deploy", project: withoutServer("bravo"), refused: destroys },
  "replace: another server is missing": {
    ...{ command: "replace", project: withoutServer("bravo") },
    refused: /would do more than replace this server/,
  },
  "deploy: the output folder is outdated and lacks a server": { command: "deploy", stale: stacksOfThree },
  "deploy: a server was removed from the configuration": {
    command: "deploy",
    stacks: stacksOfThree,
    refused: destroys,
  },
  "replace: Terraform was killed after it deleted the server": {
    ...{ command: "replace", killedAt: "DELETE servers alpha", reruns: 1 },
  },
  "replace: Terraform was killed after it created the server": {
    ...{ command: "replace", killedAt: "POST servers alpha", reruns: 1 },
  },
  "remove: Terraform was killed after it deleted the server": {
    ...{ command: "remove", stacks: stacksOfThree, killedAt: "DELETE servers delta", reruns: 1 },
  },
  "deploy: Terraform was killed in the first deploy": {
    ...{ command: "deploy", withoutState: true, project: empty, killedAt: "POST volumes production-alpha-data" },
    ...{ reruns: 1, mayBeRefused: leftOver },
  },
  "deploy: the API loses responses": {
    ...{ command: "deploy", withoutState: true, project: empty, trouble: "lose responses" },
    ...{ reruns: 1, mayBeRefused: leftOver },
  },
  "replace: the API loses responses": { command: "replace", trouble: "lose responses", reruns: 3 },
  "remove: the API loses responses": {
    ...{ command: "remove", stacks: stacksOfThree, trouble: "lose responses", reruns: 3 },
  },
  "replace: the API executes requests twice": { command: "replace", trouble: "repeat requests", reruns: 3 },
  "remove: the API executes requests twice": {
    ...{ command: "remove", stacks: stacksOfThree, trouble: "repeat requests", reruns: 3 },
  },
  "deploy: the API delays responses": {
    ...{ command: "deploy", withoutState: true, project: empty, trouble: "delay responses" },
  },
  "replace: the API delays responses": { command: "replace", trouble: "delay responses" },
  "replace: the user data exceed Hetzner's limit": {
    ...{ command: "replace", refused: /User data of alpha: must be at most 32768 bytes/, longerSecrets: 40_000 },
  },
};

const mirror = mkdtempSync(join(tmpdir(), "mirror-"));
const deployed = new HetznerProject();
/** Checkout of the deployed environment. */
const world: { checkout?: Checkout } = {};

/** Runs a command, and repeats it after a failure. @returns the last error and the resources before and after the command */
async function run({ command, reruns = 0, stacks = stacksOfFour, ...situation }: Situation) {
  const project = await deployed.copy().listen();
  situation.project?.(project);
  const before = project.resourceNames();
  const checkout = new Checkout(project.url, { ...(!situation.withoutState && { from: world.checkout }) });
  try {
    if (situation.longerSecrets !== undefined) checkout.lengthenSecrets(situation.longerSecrets);
    if (situation.stale) checkout.write(situation.stale);
    project.trouble = situation.trouble;
    project.onChange = (change) => {
      if (change !== situation.killedAt) return;
      project.onChange = () => undefined;
      for (const pid of terraformIn(checkout.folder)) process.kill(pid, "SIGKILL");
    };
    let error: Error | undefined;
    let runs = 0;
    do {
      const commands = commandsIn({
        ...{ config: stacks === stacksOfThree ? three : four, url: project.url, replaced: "alpha", removed: "delta" },
        ...{ handled: command === "replace" ? ["alpha"] : command === "remove" ? ["delta"] : [] },
        ...{ own: checkout.own(stacks, `ops.out-${runs}`), folder: (name: string) => checkout.stack(name) },
      });
      error = await commands[command]?.()
        .then(() => undefined)
        .catch((thrown: Error) => thrown);
    } while (error !== undefined && runs++ < reruns);
    return { error, runs, changes: project.changes, before, after: project.resourceNames(), state: checkout.state() };
  } finally {
    checkout.remove();
    project.close();
  }
}

/** Returns the resources that the command must not delete but deleted. */
function harmOf({ command }: Situation, before: readonly string[], after: readonly string[]): readonly string[] {
  const mayGo = { replace: /^servers alpha /, remove: / (production-)?delta(-|\b)/, plan: /^$/, deploy: /^$/ }[command];
  return before.filter((one) => !after.includes(one) && !mayGo.test(one));
}

/** Returns what a successful command has not done: missing servers, and servers that still exist. */
function undoneBy({ command }: Situation, before: readonly string[], after: readonly string[]): readonly string[] {
  const servers = after.filter((one) => one.startsWith("servers ")).map((one) => one.split(" ")[1]);
  const wanted = command === "remove" ? three : four;
  const missing = wanted.servers.map(({ name }) => name).filter((name) => !servers.includes(name));
  if (command === "plan") return [];
  if (command === "remove") return [...missing, ...after.filter((one) => /\bdelta\b/.test(one))];
  const old = before.find((one) => one.startsWith("servers alpha "));
  return [...missing, ...(command === "replace" && old !== undefined && after.includes(old) ? [old] : [])];
}

const hasTools = ["terraform", provider].map((tool) => hasOptionalTool(tool, "commands with the real hcloud provider"));

describe.runIf(hasTools.every(Boolean))("with the real provider and an emulated Hetzner API", () => {
  const outcomes = new Map<string, string>();

  beforeAll(async () => {
    process.env["TF_CLI_CONFIG_FILE"] = providerMirror(mirror);
    world.checkout = await deployInto(await deployed.listen(), four);
  }, 300_000);

  afterAll(() => {
    delete process.env["TF_CLI_CONFIG_FILE"];
    deployed.close();
    world.checkout?.remove();
    rmSync(mirror, { recursive: true, force: true });
    const all = [...outcomes.values()];
    const count = (outcome: string): string => `${all.filter((one) => one.startsWith(outcome)).length} ${outcome}`;
    console.log(
      [
        ...[...outcomes].map(([name, outcome]) => `${name.padEnd(70)}${outcome}`),
        `${all.length} cells with the real provider: ${["refused", "done", "HARMED"].map(count).join(", ")}`,
      ].join("\n"),
    );
  });

  it.concurrent.each(Object.entries(situations))(
    "with Hetzner's real Terraform provider, a command of npm run ops is either rejected before any change or completes: %s",
    { timeout: 300_000 },
    async (name, situation) => {
      const { error, runs, changes, before, after, state } = await run(situation);
      const isRefused =
        situation.refused !== undefined || (error !== undefined && situation.mayBeRefused !== undefined);
      const harm = [...(situation.refused ? changes : []), ...harmOf(situation, before, after)];
      outcomes.set(name, harm.length > 0 ? "HARMED" : error ? `refused (runs: ${runs})` : `done (runs: ${runs + 1})`);
      expect(harm).toEqual([]);
      if (isRefused) return expect(error?.message).toMatch(situation.refused ?? situation.mayBeRefused ?? /^$/);
      expect(error?.message).toBeUndefined();
      expect(undoneBy(situation, before, after)).toEqual([]);
      const ids = state.filter((one) => one.startsWith("hcloud_server.")).map((one) => one.split(" ")[1]);
      const servers = after.filter((one) => one.startsWith("servers ")).map((one) => one.split(" ")[2]);
      expect(ids.sort()).toEqual(servers.sort());
    },
  );
});
