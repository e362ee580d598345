import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { settled, takenOut, wholeGroup } from "../../../lab/group.js";
import { Lab } from "../../../lab/lab.js";
import { lostWrites, startWriting } from "../../../lab/load/writes.js";
import { catchUp, query } from "../../../lab/machine/sql.js";
import type { Machine } from "../../../lab/machine/machine.js";
import { readRelease } from "../../../lab/releases.js";
import { sleep, waitFor } from "../../../lab/system/shell.js";
import { buildRelease } from "../../../release/build.js";
import { figure, seconds, timed } from "../support/figures.js";
import { unnoticed } from "../support/under-load.js";
import { deploy, type PublishedRelease, publishVersion, versionsOf } from "../support/releases.js";

/** Folder of the application that replaces the guestbook in this lab. */
const application = "examples/python";

let lab: Lab;
let folder: string;

beforeAll(async () => {
  await (await Lab.attach().catch(() => undefined))?.down();
  folder = await mkdtemp(join(tmpdir(), "starter-"));
  const { path } = await buildRelease({ folder, application });
  const release = await readRelease(path, join(application, "environment.json"));
  lab = await Lab.up({ release }, (title) => console.log(`lab up (Python starter): ${title}`));
  await settled(lab);
});
afterAll(async () => {
  await (await Lab.attach().catch(() => undefined))?.down();
  await rm(folder, { recursive: true });
});

const number = async (machine: Machine, statement: string): Promise<number> =>
  Number((await query(machine, statement))[0]);
const votesOn = (machine: Machine) => number(machine, "SELECT COUNT(*) FROM app.votes");

/** Waits until all replicas have applied all transactions of the primary. @returns number of votes on every member */
async function votesEverywhere(): Promise<readonly number[]> {
  const { primary, replicas } = await wholeGroup(lab);
  for (const replica of replicas) await catchUp(replica, primary);
  return Promise.all([primary, ...replicas].map(votesOn));
}

/** Waits until the starter's worker has counted every vote. @returns duration of the wait in seconds */
const allCountedOn = async (members: readonly Machine[]): Promise<number> => {
  const { primary } = await wholeGroup(lab, members);
  const uncounted = "SELECT (SELECT COUNT(*) FROM app.votes) - (SELECT COALESCE(SUM(votes), 0) FROM app.counts)";
  const { seconds: took } = await timed(() =>
    waitFor("every vote is counted", async (see) => see(await number(primary, uncounted)) === 0, {
      timeoutSeconds: 90,
      pauseSeconds: 1,
    }),
  );
  return took;
};

async function deployEverywhere(release: PublishedRelease): Promise<void> {
  for (const machine of lab.machines) {
    const { ok, stderr } = await deploy(machine, release);
    if (!ok) throw new Error(`${machine.name}: ${stderr}`);
  }
}

describe("the Python starter", () => {
  it("a lab with the Python starter applies all of the starter's migrations and serves version 1.0.0 on every server", async () => {
    const { primary } = await wholeGroup(lab);
    expect(await query(primary, "SELECT name FROM app.schema_migrations ORDER BY name")).toEqual([
      "0001-votes",
      "0002-counts",
    ]);
    expect(await versionsOf(lab)).toEqual(lab.machines.map(() => "1.0.0"));
  });

  it("`deploy-app` deploys another version of the Python starter and the previous version again without a failed request", async () => {
    const { url, sha256 } = lab.blueprint.environment.config.application;
    const release = await publishVersion(lab, "99.0.0", application);
    for (const [what, target, version] of [
      ["release", release, "99.0.0"],
      ["rollback", { url, sha256 }, "1.0.0"],
    ] as const) {
      const group = await wholeGroup(lab);
      const before = await votesOn(group.primary);
      const { told, writes } = await unnoticed(lab, group, () => deployEverywhere(target));
      expect(await versionsOf(lab)).toEqual(lab.machines.map(() => version));
      expect(await votesEverywhere()).toEqual(lab.machines.map(() => before + writes.sent));
      figure(`Python starter: ${what}`, told);
    }
  });

  it("the Python starter loses no acknowledged vote in a power cut of the primary, and its worker continues", async () => {
    const group = await wholeGroup(lab);
    const { primary, replicas } = group;
    const before = await votesOn(primary);
    const over = new AbortController();
    onTestFinished(() => over.abort());
    const voting = await startWriting(lab, group, { seconds: 200, ratePerSecond: 10 }, over.signal);
    await sleep(3);
    await primary.kill();
    await takenOut(lab, primary);
    await wholeGroup(lab, replicas);
    await sleep(4);
    over.abort();
    const votes = await voting.end;
    const counted = await allCountedOn(replicas);
    await primary.start();
    expect(await lostWrites(await settled(lab), votes)).toEqual({});
    const there = await votesEverywhere();
    expect(new Set(there).size).toBe(1);
    expect(there[0]).toBeLessThanOrEqual(before + votes.sent);
    expect(votes.worksAgain).toBe(true);
    expect(votes.longestGap).toBeLessThanOrEqual(10);
    figure(
      "Python starter: power cut",
      `${votes.kept.length} of ${votes.sent} votes acknowledged, none lost; longest gap ${seconds(votes.longestGap)}; all counted after ${seconds(counted)}`,
    );
  });
});
