import { beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import environment from "../../../lab/input.js";
import type { LabOverrides } from "../../../lab/environment.js";
import type { Lab } from "../../../lab/lab.js";
import { loadSettings, saveSettings } from "../../../lab/settings.js";
import { waitFor } from "../../../lab/system/shell.js";
import { figure } from "../support/figures.js";
import { settled, type WholeGroup } from "../../../lab/group.js";
import { labInAnyMode } from "../support/lab-in-mode.js";
import { begin, killedAt, ops, said, statusNow } from "../support/operator.js";
import { unnoticed } from "../support/under-load.js";

let lab: Lab;
let group: WholeGroup;
beforeAll(async () => {
  lab = await labInAnyMode();
});
beforeEach(async () => {
  group = await settled(lab);
});

/** Changes settings of the lab's configuration. */
async function override(overrides: LabOverrides): Promise<void> {
  const settings = await loadSettings(lab.layout);
  if (settings === undefined) throw new Error("no lab");
  await saveSettings(lab.layout, { ...settings, overrides: { ...settings.overrides, ...overrides } });
}

/** Changes a setting that is part of the payload, like an edit of the environment file. */
const configure = (bufferPoolMib: number): Promise<void> =>
  override({ database: { ...environment.database, bufferPoolMib } });

/** Load during rollouts: 20 reads and 20 writes per second. */
const load = { ratePerSecond: 20 };

describe("a rollout of a changed payload under load", () => {
  it("a rollout of a changed payload replaces three servers one at a time without a failed request", async () => {
    await configure(136);
    const before = await statusNow();
    expect(before.needsHand).toHaveLength(3);
    const { result, told } = await unnoticed(lab, group, () => ops("rollout"), load);
    expect(result).toMatchObject({ exitCode: 0, stderr: "" });
    expect(await statusNow()).toMatchObject({ needsHand: [], lock: null });
    figure("ops rollout", `${told}; ${perServer(result.stdout)}`);
  });
});

/** Returns the duration of each replacement from the times in a rollout's output, for example "bravo 98 s, charlie 101 s, alpha 110 s". */
function perServer(said: string): string {
  const secondsOf = (clock: string): number => clock.split(":").reduce((sum, part) => sum * 60 + Number(part), 0);
  const begins = [...said.matchAll(/^(\S+) {2}(\w+): checks what its replacement would change$/gm)];
  const ends = [...said.matchAll(/^(\S+) {4}done after/gm)].map(([, clock = ""]) => secondsOf(clock));
  return begins
    .map(([, clock = "", name], index) => {
      const until = begins[index + 1]?.[1];
      return `${name} ${(until === undefined ? (ends.at(-1) ?? 0) : secondsOf(until)) - secondsOf(clock)} s`;
    })
    .join(", ");
}

/** Output at which a rollout is killed: five steps of the replacement of a server. */
const moments = [
  /: shuts down/,
  /: is replaced/,
  /: comes up/,
  /is back; observes it for/,
  /transfers the primary role/,
];

describe("a killed rollout to the previous payload", () => {
  it("a rollout that was killed at any of five moments continues when it is run again, and leaves nothing behind", async () => {
    await configure(128);
    const runs = async () => {
      for (const moment of moments) await killedAt(moment, "rollout");
      return ops("rollout");
    };
    const { result, told } = await unnoticed(lab, group, runs, load);
    expect(result).toMatchObject({ exitCode: 0, stderr: "" });
    expect(await statusNow()).toMatchObject({ needsHand: [], lock: null });
    figure("ops rollout, killed at five moments", told);
  });
});

describe("a rollout that introduces a separate database account for migrations", () => {
  it("if only a new primary creates a needed database account, a rollout makes the first replaced member the primary", async () => {
    const migrate: [string, string] = ["/usr/bin/node", "migrate.js"];
    await override({ application: { ...environment.application, migrate } });
    const { result, told } = await unnoticed(lab, group, () => ops("rollout"), load);
    expect(result).toMatchObject({ exitCode: 0, stderr: "" });
    expect(result.stdout).toContain("becomes the primary, because ");
    expect(await statusNow()).toMatchObject({ needsHand: [], lock: null });
    figure("ops rollout, another account", told);
  });
});

/** Option with which a rollout stops if a replaced server is not healthy after two minutes. */
const impatient = ["--patience", "2"] as const;

describe("a rollout with a server that does not return", () => {
  it("a rollout stops if a server does not boot with its new payload, and the next rollout repairs the server", async () => {
    await configure(144);
    const release = new URL(lab.blueprint.environment.config.application.url).hostname;
    onTestFinished(() => lab.setAway([]));
    const { result } = await unnoticed(lab, group, async () => {
      await lab.setAway(["deb.debian.org", "security.debian.org", "repo.mysql.com", release]);
      const stopped = await ops("rollout", ...impatient);
      const { needsHand } = await statusNow();
      await lab.setAway([]);
      await configure(128);
      return { stopped, needsHand, back: await ops("rollout") };
    });
    expect(result.stopped).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/is back: timed out after 120 s/) as string,
    });
    const [first = ""] = /^\w+/.exec(result.stopped.stderr) ?? [];
    expect(result.needsHand.filter((hand) => /first boot|interrupted|processing/.test(hand))).toEqual([
      expect.stringMatching(`^${first}: first boot: running`),
      expect.stringMatching(`processing ${first}`),
    ]);
    expect(result.back).toMatchObject({ exitCode: 0, stderr: "" });
    expect(result.back.stdout).toContain(`${first} replaced in`);
    expect(await statusNow()).toMatchObject({ needsHand: [], lock: null });
  });

  it("a rollout stops if a member does not catch up, and the next rollout continues once the member has caught up", async () => {
    const [replica] = group.replicas;
    if (replica === undefined) throw new Error("a replica is needed");
    /** Prevents the replica from applying transactions for the given time in seconds. */
    const hold = (seconds: number) =>
      replica.tryExec(["mysql", "--execute", `FLUSH TABLES WITH READ LOCK; DO SLEEP(${seconds})`], {
        timeoutSeconds: seconds + 10,
      });
    const { result } = await unnoticed(lab, group, async () => {
      const run = begin(["rollout", replica.name, "--even-current", ...impatient]);
      await said(run, /: comes up/);
      await waitFor(`MySQL on ${replica.name}`, async (see) => see(await hold(0)).ok, { timeoutSeconds: 240 });
      const [stopped] = await Promise.all([run, hold(200)]);
      return { stopped, after: await ops("rollout") };
    });
    expect(result.stopped).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/behind|RECOVERING/) as string });
    expect(result.after).toMatchObject({ exitCode: 0, stderr: "" });
    expect(await statusNow()).toMatchObject({ needsHand: [], lock: null });
  });
});
