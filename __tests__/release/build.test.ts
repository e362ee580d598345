import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { list } from "tar";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type BuiltRelease, buildRelease, upToDateRelease } from "../../release/build.js";

let folder: string;
let built: BuiltRelease;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "app-test-"));
  built = await buildRelease({ folder, version: "9.8.7" });
});
afterAll(() => rmSync(folder, { recursive: true }));

it("app:build rejects a version that would be a path outside the folder", () => {
  const { status, stderr } = spawnSync(
    process.execPath,
    ["--import", "tsx", "release/build.ts", "--folder", folder, "--version", "../1.0.0"],
    { encoding: "utf8" },
  );
  expect({ status, stderr }).toEqual({
    status: 1,
    stderr: expect.stringContaining("must contain only letters, digits and ._+-") as string,
  });
});

it.each([
  ["nothing there", undefined, /must be a command that fills the folder.*app:new/],
  ["a library missing", "import 'no-such-library';", /no-such-library[^]*\nfix: npm install --prefix /],
  ["an error of the build", "console.error('no tea'); process.exit(3);", /build ended with 3: no tea$/],
])("app:build explains why an application cannot be built: %s", async (what, script, words) => {
  const application = join(folder, what.replaceAll(" ", "-"));
  mkdirSync(application);
  const build = `#!/bin/sh\nexec '${process.execPath}' --input-type=module -e "${script}"\n`;
  if (script) writeFileSync(join(application, "build"), build, { mode: 0o755 });
  await expect(buildRelease({ folder, application })).rejects.toThrow(words);
});

it("app:build succeeds if the application's build command prints several MiB", async () => {
  const application = join(folder, "talkative");
  mkdirSync(application);
  const build = `#!/bin/sh\nhead -c 3000000 /dev/zero | tr '\\0' x\nhead -c 3000000 /dev/zero | tr '\\0' x >&2\n: >"$1/server.js"\n`;
  writeFileSync(join(application, "build"), build, { mode: 0o755 });
  expect((await buildRelease({ folder, application, version: "3.0.0" })).bytes).toBeGreaterThan(0);
});

describe("the reuse of a release", () => {
  let application: string;
  const source = (name: string): string => join(application, "src", name);
  /** Returns the inode of the release file, which changes with each build. */
  const inode = async (): Promise<number> => {
    // The clock of the file system has a resolution of several milliseconds. If an input is as old as the start of the build, the build
    // treats the input as changed.
    await setTimeout(20);
    return statSync((await upToDateRelease({ application, folder: join(application, "../kept") })).path).ino;
  };
  beforeEach(() => {
    application = join(mkdtempSync(join(folder, "kept-")), "application");
    mkdirSync(source(""), { recursive: true });
    writeFileSync(join(application, "build"), '#!/bin/sh\ncp "$(dirname "$0")"/src/* "$1"\n', { mode: 0o755 });
    for (const name of ["server.js", "more.js"]) writeFileSync(source(name), "one");
  });

  it("app:build does not rebuild an unchanged release", async () => {
    const before = await inode();
    expect(await inode()).toBe(before);
  });

  it.each([
    ["written", () => writeFileSync(source("server.js"), "two")],
    ["added", () => writeFileSync(source("another.js"), "")],
    ["removed", () => rmSync(source("more.js"))],
  ])("app:build rebuilds a release after an input was %s", async (_what, change) => {
    const before = await inode();
    change();
    expect(await inode()).not.toBe(before);
  });

  it("a release is dated with the start of its build, so that changes of inputs during the build are detected", async () => {
    const start = Date.now();
    writeFileSync(join(application, "build"), '#!/bin/sh\ncp "$(dirname "$0")"/src/* "$1"; sleep 0.2\n', {
      mode: 0o755,
    });
    const { path } = await buildRelease({ application, folder });
    expect(statSync(path).mtimeMs).toBeLessThan(start + 200);
  });
});

const entries = async () => {
  const found: { path: string; mode?: number; mtime?: Date; uid?: number }[] = [];
  await list({ file: built.path, onReadEntry: ({ path, mode, mtime, uid }) => found.push({ path, mode, mtime, uid }) });
  return found;
};

it("the tarball of a release contains exactly the four programs and the platform's scripts, in a fixed order", async () =>
  expect((await entries()).map(({ path }) => path)).toEqual([
    "app/",
    "app-runs/",
    ...readdirSync("modules/machine/parts/application/files/app-runs")
      .filter((name) => name.endsWith(".py"))
      .map((name) => `app-runs/${name}`)
      .sort(),
    "app/VERSION",
    "app/migrate.js",
    "app/migrations/",
    "app/migrations/0001-notes.sql",
    "app/package.json",
    "app/server.js",
    "app/shared.js",
    "mysql-backup/",
    ...[...readdirSync("modules/machine/parts/backup/files/mysql-backup"), "gtid.py"]
      .filter((name) => name !== "__pycache__")
      .map((name) => `mysql-backup/${name}`)
      .sort(),
    "mysql-group/",
    ...readdirSync("modules/machine/parts/mysql/files/mysql-group")
      .filter((name) => name.endsWith(".py"))
      .map((name) => `mysql-group/${name}`)
      .sort(),
    "platform/",
    "platform/check-expiry",
    "platform/check-updates",
    "platform/deploy-app",
    "platform/mysql-data",
    "platform/update-lists",
    "platform/vendor-updates",
  ]));

it("the tarball of a release does not contain times, owners or the umask of the machine", async () => {
  for (const { path, mode, mtime, uid } of await entries()) {
    const executable =
      /^platform\/|\/$/.test(path) || ["mysql-backup/install", "mysql-backup/mysql-backup.sh"].includes(path);
    expect([path, mode]).toEqual([path, executable ? 0o755 : 0o644]);
    expect(mtime?.getTime() ?? 0).toBe(0);
    expect(uid ?? 0).toBe(0);
  }
  expect(readFileSync(built.path).includes(folder)).toBe(false);
});

it("a second build of a release in another folder and with another umask produces the same bytes", () => {
  const again = mkdtempSync(join(folder, "again-"));
  const build = 'umask 077; exec "$0" --import tsx release/build.ts --folder "$1" --version 9.8.7';
  const report = execFileSync("sh", ["-c", build, process.execPath, again], { encoding: "utf8" });
  expect(report).toContain(`SHA-256 ${built.sha256}`);
  expect(readFileSync(join(again, "release-9.8.7.tar.gz")).equals(readFileSync(built.path))).toBe(true);
});

it("app:build reports the tarball's size and SHA-256, and uses the version in its file name", () => {
  const bytes = readFileSync(built.path);
  expect(built.path).toBe(join(folder, "release-9.8.7.tar.gz"));
  expect(built.bytes).toBe(bytes.length);
  expect(built.sha256).toBe(createHash("sha256").update(bytes).digest("hex"));
  expect(built.bytes).toBeLessThan(600 * 1024);
});
