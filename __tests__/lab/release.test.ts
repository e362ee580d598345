import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { Lab } from "../../lab/lab.js";
import type { Machine } from "../../lab/machine/machine.js";
import { sleep } from "../../lab/system/shell.js";
import { labInAnyMode } from "./support/lab-in-mode.js";
import { figure, seconds, timed } from "./support/figures.js";
import { settled, wholeGroup } from "../../lab/group.js";
import {
  deploy,
  type PublishedRelease,
  publishBroken,
  publishLink,
  publishMigration,
  publishVersion,
  versionOn,
  versionsOf,
} from "./support/releases.js";
import { lostWrites, startWriting } from "../../lab/load/writes.js";

let lab: Lab;
let machine: Machine;
/** Release that all servers run before the tests. */
let original: PublishedRelease & { readonly version: string };

beforeAll(async () => {
  lab = await labInAnyMode();
  await settled(lab);
  machine = lab.machines[0] as Machine;
  const { url, sha256 } = lab.blueprint.environment.config.application;
  original = { url, sha256, version: String(await versionOn(lab, machine)) };
});
afterAll(async () => {
  for (const server of lab.machines) await deploy(server, original);
});

/** Deploys a release on one server after another while visitors read and write. @returns text with the measured figures */
async function deployUnderLoad(release: PublishedRelease) {
  const over = new AbortController();
  onTestFinished(() => over.abort());
  const longest = { seconds: 100 };
  const writing = await startWriting(lab, await wholeGroup(lab), { ...longest, ratePerSecond: 5 }, over.signal);
  const reading = lab.load({ url: lab.url(), ratePerSecond: 15, ...longest }, over.signal);
  await sleep(3);
  const { result: deployed, seconds: took } = await timed(async () => {
    const results = [];
    for (const server of lab.machines) results.push(await deploy(server, release));
    return results;
  });
  await sleep(3);
  over.abort();
  const [reads, written] = await Promise.all([reading, writing.end]);
  expect(deployed.filter(({ ok }) => !ok).map(({ stderr }) => stderr)).toEqual([]);
  expect(took).toBeLessThan(90);
  expect({ reads: reads.failures, writes: written.failures }).toEqual({ reads: [], writes: [] });
  expect(await lostWrites(await wholeGroup(lab), written)).toEqual({});
  return `0 of ${reads.sent} reads and 0 of ${written.sent} writes failed while three servers changed in ${seconds(took)}, reads p99 ${reads.p99} ms`;
}

describe("a new release under load", () => {
  it("a deployment of a new release to every server causes no failed request", async () => {
    const release = await publishVersion(lab, "99.0.0");
    figure("release", await deployUnderLoad(release));
    expect(await versionsOf(lab)).toEqual(lab.machines.map(() => "99.0.0"));
  });

  it("a deployment of the previous release rolls back without a failed request", async () => {
    figure("rollback", await deployUnderLoad(original));
    expect(await versionsOf(lab)).toEqual(lab.machines.map(() => original.version));
  });
});

describe("a broken release", () => {
  const wrongSha256 = async () => ({ ...(await publishVersion(lab, "99.0.1")), sha256: "0".repeat(64) });
  const missing = async () => ({ ...(await publishVersion(lab, "99.0.2")), url: new URL("gone", original.url).href });
  it.each<[string, () => Promise<PublishedRelease>, RegExp]>([
    ["a wrong SHA-256", wrongSha256, /SHA-256 of .* wanted 0{64}, got [0-9a-f]{64}/],
    ["an unreachable address", missing, /cannot download/],
    ["a file that is not a tarball", () => publishBroken(lab, "text", "no tarball"), /not a gzipped tarball/],
    ["a tarball without the application", () => publishBroken(lab, "other", { "a.txt": "a" }), /has no app/],
    [
      "an application without its server program",
      () => publishBroken(lab, "empty", { "app/a.txt": "a" }),
      /does not become ready/,
    ],
    ["a tarball with a symbolic link", () => publishLink(lab), /only files and folders/],
    [
      "a program with a syntax error",
      () => publishBroken(lab, "nonsense", { "app/server.js": "}" }),
      /does not become ready/,
    ],
    [
      "a program that exits immediately",
      () => publishBroken(lab, "ends", { "app/server.js": "" }),
      /does not become ready/,
    ],
    [
      "a migration that the database rejects",
      () => publishMigration(lab, "refused", "DROP TABLE nothing"),
      /does not become ready/,
    ],
  ])("`deploy-app` rejects a broken release, and the old version continues to run: %s", async (_, make, words) => {
    const release = await make();
    const over = new AbortController();
    onTestFinished(() => over.abort());
    const reading = lab.load({ url: lab.url(), ratePerSecond: 10, seconds: 150 }, over.signal);
    await sleep(1);
    const { exitCode, stderr } = await deploy(machine, release);
    await sleep(1);
    over.abort();
    expect(stderr).toMatch(words);
    expect(exitCode).toBe(1);
    expect((await reading).failures).toEqual([]);
    expect(await versionOn(lab, machine)).toBe(original.version);
  });
});
