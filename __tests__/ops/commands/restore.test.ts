import { expect, it } from "vitest";
import type { Timeline } from "../../../ops/commands/backups.js";
import { chosen, keysAreGone, refusalOf, restore } from "../../../ops/commands/restore.js";
import { faults } from "../../../ops/core/judge.js";
import type { Site } from "../../../ops/core/site.js";
import { exampleConfig, exampleRecipients } from "../../support/config.js";
import { paths } from "../../../modules/platform/paths.js";
import { temporaryFolder, writeBelow } from "../../support/payload-files.js";
import { runTool } from "../../support/tools.js";
import { snapshot } from "../support/snapshot.js";

const timeline: Timeline = {
  name: exampleConfig().database.groupName,
  oldest: "2026-11-11T02:17:00Z",
  until: "2026-11-25T20:00:00.000Z",
  bases: [{ come: "2026-11-11T02:17:00Z", member: "alpha" }],
  branches: [],
  missing: "",
  members: [],
  drills: [],
};
const other = { ...timeline, name: "7d2f4c56-1f0e-4d0b-8a36-90d5a1c2e7b4", until: "2026-11-25T21:00:00.000Z" };

const backup = {
  endpoint: "https://fsn1.your-objectstorage.com",
  region: "fsn1",
  bucket: "foobar-archive",
  recipients: [...exampleRecipients],
};

it("npm run ops restore uses the given timeline, otherwise the configured timeline, the environment's timeline, or the latest timeline", () => {
  const restoring = exampleConfig({ restore: { timeline: other.name, at: "latest" }, backup });
  expect(chosen([other, timeline], exampleConfig(), timeline.name)).toBe(timeline);
  expect(chosen([other, timeline], restoring)).toBe(other);
  expect(chosen([other, timeline], restoring, timeline.name)).toBe(timeline);
  expect(chosen([other, timeline], exampleConfig())).toBe(timeline);
  expect(chosen([other], exampleConfig())).toBe(other);
});

it("npm run ops restore rejects a timeline that does not exist in the backup bucket", () => {
  expect(() => chosen([other], exampleConfig(), "x")).toThrow(`no timeline x; existing timelines: ${other.name}`);
  expect(() => chosen([], exampleConfig())).toThrow("existing timelines: none");
});

it.each(["2026-11-11T02:17:00Z", "2026-11-25T19:59:59.5Z", "latest", `before ${other.name}:7`])(
  "npm run ops restore accepts the restore time %s",
  (at) => {
    expect(refusalOf(timeline, at)).toBeUndefined();
  },
);

it.each<[string, Partial<Timeline>, RegExp]>([
  ["2026-11-11T02:16:59Z", {}, /before the oldest base backup .* 2026-11-11T02:17:00Z$/],
  ["2026-11-25T20:00:01Z", {}, /after the last log .* 2026-11-25T20:00:00.000Z: use an earlier time, or --latest$/],
  ["latest", { bases: [] }, /it cannot be restored/],
  ["latest", { until: null }, /it cannot be restored/],
])("npm run ops restore rejects the restore time %s if the archive's timeline has %j", (at, difference, text) => {
  expect(refusalOf({ ...timeline, ...difference }, at)).toMatch(text);
});

const site = (codes: Readonly<Record<string, number>>) =>
  ({
    logins: new Map(Object.keys(codes).map((name) => [name, { name }])),
    ssh: { tryRun: ({ name }: { name: string }) => Promise.resolve({ exitCode: codes[name] }) },
  }) as unknown as Site;

it.each([
  ["0 if no server has a restore key", { alpha: 1, bravo: 1 }, 0],
  ["1 if one server still has a restore key", { alpha: 0, bravo: 1 }, 1],
  ["1 if one server does not answer", { alpha: 1, bravo: 255 }, 1],
])(
  "at its end, npm run ops restore looks for restore keys on the servers and exits with %s",
  async (_, codes, exit) => {
    expect(await keysAreGone(site(codes))).toBe(exit);
  },
);

it.each([
  [[paths.backup.restorePrivateKey], 1],
  [[paths.backup.restoreBucketKey], 1],
  [[], 0],
])("at its end, npm run ops restore finds both kinds of restore keys on a server: %s", async (there, exit) => {
  const folder = temporaryFolder();
  writeBelow(
    folder,
    there.map((path) => ({ path, content: "key" })),
  );
  const tryRun = (_: unknown, [program = "", ...words]: readonly string[]) =>
    Promise.resolve({
      exitCode: runTool(
        program,
        words.map((word) => word.replace(/^\//, `${folder}/`)),
      ).status,
    });
  const logins = new Map([["alpha", { name: "alpha" }]]);
  expect(await keysAreGone({ logins, ssh: { tryRun } } as unknown as Site)).toBe(exit);
});

it("npm run ops restore completes although a server needs a reboot, but waits while an application is not ready", () => {
  expect(faults(snapshot({ alpha: { observation: { rebootFor: ["linux"] } } }))).toEqual([]);
  expect(faults(snapshot({ alpha: { observation: { serves: false } } }))).toEqual([
    "alpha: its application is not ready",
  ]);
});

it("npm run ops restore fails with the name of the missing variable if the key of the backup bucket is missing", async () => {
  delete process.env["TF_VAR_restore_bucket_key"];
  await expect(
    restore(exampleConfig({ backup }), { at: "latest" }, () => Promise.reject(new Error("no")), undefined as never),
  ).rejects.toThrow("TF_VAR_restore_bucket_key must be");
});
