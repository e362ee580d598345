import { expect, it, vi } from "vitest";
import { backups, checkBucket, createBucket, type Timeline } from "../../../ops/commands/backups.js";
import { restore } from "../../../ops/commands/restore.js";
import type { Site } from "../../../ops/core/site.js";
import { exampleBackup, exampleConfig } from "../../support/config.js";
import { withArchive } from "../support/archive.js";
import { instantly } from "../support/instantly.js";
import { release } from "../support/snapshot.js";
import { World } from "../support/world.js";

const config = exampleConfig({ backup: exampleBackup });
const keys = {
  owner: "owner:secret",
  writers: { alpha: "writer:alpha", bravo: "writer:bravo", charlie: "writer:charlie" },
  reader: "reader:secret",
};
const now = Date.now();
const ago = (hours: number): string => new Date(now - hours * 3_600_000).toISOString();
const timeline: Timeline = {
  name: config.database.groupName,
  oldest: ago(72),
  until: ago(0),
  bases: [
    { come: ago(40), member: "alpha" },
    { come: ago(16), member: "bravo" },
  ],
  branches: [],
  missing: "",
  members: [{ server: "alpha", bytes: 1500, until: ago(0), logs: 3, complete: 2 }],
  drills: [{ time: ago(10), good: true, key: "k" }],
};
const [first, last] = timeline.bases.map(({ come }) => come);
const look = (difference: Partial<Timeline> = {}) => ({ look: { timelines: [{ ...timeline, ...difference }] } });

it("npm run ops backups lists the backup archive and exits with 0 if the archive has no problem", async () => {
  const { code, said, given } = await withArchive(look(), () => backups(config, {}));
  expect(code).toBe(0);
  expect(given("look")?.keys).toEqual({ reader: keys.reader });
  expect(said.split("\n").slice(1)).toEqual([
    `timeline ${timeline.name}, of this environment`,
    `  restorable   ${first} to ${timeline.until}`,
    `  base backups 2, the last at ${last} by bravo`,
    `  last drill   good, ${timeline.drills[0]?.time}`,
    `  logs of alpha: 3, 2 of them closed, 2 kB, until ${timeline.until}`,
    "nothing needs attention",
  ]);
});

it("npm run ops backups exits with 1 if the backup archive has a problem, and lists the problems as text or JSON", async () => {
  const { code, said } = await withArchive(look({ bases: [] }), () => backups(config, {}));
  expect([code, said.split("\n").slice(-2)]).toEqual([
    1,
    ["needs attention:", "  no base backup exists, so nothing can be restored"],
  ]);
  const json = await withArchive(look({ bases: [] }), () => backups(config, { json: true }));
  expect([json.code, JSON.parse(json.said)]).toMatchObject([
    1,
    { needsHand: [expect.stringMatching(/no base backup/)] },
  ]);
});

it("npm run ops backups fails with the error of the object storage if the backup bucket is unreachable", async () => {
  await expect(withArchive({}, () => backups(config, {}))).rejects.toThrow("the bucket is away");
});

const yes = { good: true, what: "servers write" };
const no = { good: false, what: "servers cannot read" };

it.each([
  [[yes], 0, "yes  servers write"],
  [[yes, no], 1, "yes  servers write\nNO   servers cannot read"],
])(
  "the check of the backup bucket exits with 0 only if every result of the check is good: %j",
  async (check, expected, words) => {
    const { code, said, given } = await withArchive({ check }, () => checkBucket(config));
    expect([code, said, given("check")?.keys]).toEqual([expected, words, keys]);
  },
);

it.each([
  [true, "was created"],
  [false, "already exists"],
])(
  "npm run ops backups --create-bucket also checks the backup bucket, whether the bucket is new or already exists (new: %s)",
  async (made, words) => {
    const { code, said, given } = await withArchive({ create: { made }, check: [no] }, () =>
      createBucket(config, "4711"),
    );
    expect(code).toBe(1);
    expect(given("create")).toMatchObject({ keys, project: "4711", settings: { days: 22, lock: "compliance" } });
    expect(said).toMatch(new RegExp(`^\\S+ ${words}: locked and expiring after 22 days`));
  },
);

it.each([
  ["not JSON", /^TF_VAR_backup_bucket_keys must be .*; alpha, bravo, charlie has no key/],
  ['{"alpha":"a:1","bravo":"b"}', /bravo, charlie has no key/],
  ['{"alpha":"a:1","bravo":"b:2","charlie":"a:1"}', /alpha and charlie have the same key; create one for each server/],
])(
  "the check of the backup bucket rejects access keys unless every server has its own key: %s",
  async (value, words) => {
    const command = (): Promise<number> => {
      vi.stubEnv("TF_VAR_backup_bucket_keys", value);
      return checkBucket(config);
    };
    await expect(withArchive({ check: [] }, command)).rejects.toThrow(words);
  },
);

const never = (): Promise<Site> => Promise.reject(new Error("opened"));

it.each([
  ["latest", last],
  [ago(20), first],
])(
  "npm run ops restore --at %s prints the setting for the configuration and the base backup from which the restore starts",
  async (at, base) => {
    const { said } = await withArchive(look(), () => restore(config, { at }, never, undefined as never));
    expect(said).toContain(
      `restorable from ${first} to ${timeline.until}; this restore starts from the base backup of ${base}`,
    );
    expect(said).toContain(`restore: { timeline: "${timeline.name}", at: "${at}" }`);
    // The restored group has a new name, so that it does not write into the timeline from which it is restored.
    expect(said).toMatch(/groupName: "(?!7d2f)[0-9a-f-]{36}"/);
    expect(said).not.toContain(`groupName: "${timeline.name}"`);
  },
);

it("npm run ops restore adds excluded servers to the printed setting, and npm run ops backups lists every branch of the binary logs", async () => {
  const choice = { excludeServers: ["bravo"], uploadedBefore: ago(1), branch: "0123456789abcdef" };
  const { said } = await withArchive(look(), () =>
    restore(config, { at: "latest", choice }, never, undefined as never),
  );
  expect(said).toContain(
    `restore: { timeline: "${timeline.name}", at: "latest", excludeServers: ["bravo"], uploadedBefore: "${choice.uploadedBefore}", branch: "0123456789abcdef" }`,
  );
  const branches = [
    { id: "a".repeat(16), come: ago(40) },
    { id: "b".repeat(16), come: ago(3) },
  ];
  const shown = await withArchive(look({ branches }), () => backups(config, {}));
  expect(shown.said).toContain(`  branch       ${"b".repeat(16)} since ${ago(3)}`);
});

it("npm run ops restore rejects a time before the oldest base backup", async () => {
  const refused = withArchive(look(), () => restore(config, { at: ago(50) }, never, undefined as never));
  await expect(refused).rejects.toThrow(/^restore: .* is before the oldest base backup/);
});

it("npm run ops restore waits until the site serves the restored data, and then asks the operator to remove the restore keys", async () => {
  const restoring = { restore: { timeline: timeline.name, at: "latest" }, application: release("2") };
  const other = "11111111-2222-4333-8444-555555555555";
  const world = new World(exampleConfig({ backup: exampleBackup, database: { groupName: other }, ...restoring }));
  const { site, progress } = await world.context("restore");
  world.sick = release("2").sha256;
  const open = (): Promise<Site> => {
    instantly();
    const began = Date.now();
    Object.defineProperty(world, "sick", {
      get: () => (Date.now() - began < 3_600_000 ? release("2").sha256 : undefined),
    });
    return Promise.resolve(site);
  };
  const { said } = await withArchive(look(), () => restore(world.config, { at: "latest" }, open, progress));
  expect(world.said).toContain("  alpha: its application is not ready");
  expect(said).toMatch(/^the site is up. Now remove the restore keys from alpha:/);
});
