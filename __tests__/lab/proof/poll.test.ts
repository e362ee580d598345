import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { settled, takenOut, wholeGroup } from "../../../lab/group.js";
import { Lab } from "../../../lab/lab.js";
import { catchUp, query } from "../../../lab/machine/sql.js";
import type { Machine } from "../../../lab/machine/machine.js";
import { readRelease } from "../../../lab/releases.js";
import { sleep, waitFor } from "../../../lab/system/shell.js";
import { buildRelease } from "../../../release/build.js";
import { figure, seconds, timed } from "../support/figures.js";
import { deploy, type PublishedRelease, publishVersion, versionOn } from "../support/releases.js";

/** The example in Python, in place of the guestbook by configuration alone. */
const application = "examples/poll";
const body = JSON.stringify({ choice: "tea" });

let lab: Lab;
let folder: string;

beforeAll(async () => {
  await (await Lab.attach().catch(() => undefined))?.down();
  folder = await mkdtemp(join(tmpdir(), "poll-"));
  const { path } = await buildRelease({ folder, application });
  const release = await readRelease(path, join(application, "environment.json"));
  lab = await Lab.up({ release }, (title) => console.log(`lab up (poll): ${title}`));
  await settled(lab);
});
afterAll(async () => {
  await (await Lab.attach().catch(() => undefined))?.down();
  await rm(folder, { recursive: true });
});

const number = async (machine: Machine, statement: string): Promise<number> =>
  Number((await query(machine, statement))[0]);
const votesOn = (machine: Machine) => number(machine, "SELECT COUNT(*) FROM app.votes");

/** Votes and reads until `work` is done; then no acknowledged vote may be missing, and none may be there twice. */
async function underLoad<T>(work: () => Promise<T>) {
  const { primary } = await wholeGroup(lab);
  const before = await votesOn(primary);
  const over = new AbortController();
  onTestFinished(() => over.abort());
  const load = { seconds: 200, keepAlive: true };
  const voting = lab.load(
    { ...load, url: lab.url("/api/votes"), method: "POST", body, ratePerSecond: 10 },
    over.signal,
  );
  const reading = lab.load({ ...load, url: lab.url("/"), ratePerSecond: 10 }, over.signal);
  await sleep(3);
  const { result, seconds: took } = await timed(work);
  await sleep(3);
  over.abort();
  const [votes, reads] = await Promise.all([voting, reading]);
  return { result, took, votes, reads, before };
}

/** How many votes every member has, once it has all. */
async function votesEverywhere(): Promise<readonly number[]> {
  const { primary, replicas } = await wholeGroup(lab);
  for (const replica of replicas) await catchUp(replica, primary);
  return Promise.all([primary, ...replicas].map(votesOn));
}

/** Waits until the worker has counted every vote. @returns seconds it took */
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

describe("the poll, in Python", () => {
  it("serves visitors with its migrations applied", async () => {
    const { primary } = await wholeGroup(lab);
    expect(await query(primary, "SELECT name FROM app.schema_migrations ORDER BY name")).toEqual([
      "0001-votes",
      "0002-counts",
      "0003-days",
    ]);
    expect(await Promise.all(lab.machines.map(versionOn))).toEqual(lab.machines.map(() => "1.0.0"));
  });

  it("is released and taken back under load without a failed request", async () => {
    const { url, sha256 } = lab.blueprint.environment.config.application;
    const release = await publishVersion(lab, "99.0.0", application);
    for (const [what, target, version] of [
      ["release", release, "99.0.0"],
      ["rollback", { url, sha256 }, "1.0.0"],
    ] as const) {
      const { took, votes, reads, before } = await underLoad(() => deployEverywhere(target));
      expect({ reads: reads.failures, votes: votes.failures }).toEqual({ reads: [], votes: [] });
      expect(await Promise.all(lab.machines.map(versionOn))).toEqual(lab.machines.map(() => version));
      expect(await votesEverywhere()).toEqual(lab.machines.map(() => before + votes.sent));
      figure(
        `poll: ${what}`,
        `0 of ${reads.sent + votes.sent} requests failed in ${seconds(took)}, reads p99 ${reads.p99} ms`,
      );
    }
  });

  it("loses no vote in a power cut of the primary, and its worker goes on", async () => {
    const { primary, replicas } = await wholeGroup(lab);
    const { votes, before } = await underLoad(async () => {
      await primary.kill();
      await takenOut(lab, primary);
      await wholeGroup(lab, replicas);
      await sleep(2);
    });
    const counted = await allCountedOn(replicas);
    await primary.start();
    await settled(lab);
    const there = await votesEverywhere();
    expect(new Set(there).size).toBe(1);
    expect(there[0]).toBeGreaterThanOrEqual(before + votes.acknowledged.length);
    expect(there[0]).toBeLessThanOrEqual(before + votes.sent);
    expect(votes.acknowledged).toContain(votes.sent - 1);
    expect(votes.gaps[0]?.seconds ?? 0).toBeLessThanOrEqual(10);
    figure(
      "poll: power cut",
      `${votes.acknowledged.length} of ${votes.sent} votes acknowledged, all there; longest gap ${seconds(votes.gaps[0]?.seconds ?? 0)}; all counted after ${seconds(counted)}`,
    );
  });
});
