import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { chmod, cp, lstat, mkdir, readdir, readFile, rename, rm, utimes, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { Command, InvalidArgumentError } from "commander";
import { create } from "tar";
import { type Scratch, withScratch } from "../command-line/cleanup.js";
import { runCommand } from "../command-line/run.js";
import { makeFolder } from "./folder.js";

/** Properties of {@link buildRelease}. */
export interface BuildProps {
  /** Folder the tarball is written to. */
  readonly folder: string;
  /** Folder of the application, with a command `build` that fills the folder it is given. @default - the guestbook */
  readonly application?: string;
  /** Version the application reports: what it finds in `VERSION`. @default "1.0.0" */
  readonly version?: string;
}

/** A tarball that `fetch-release` and `deploy-app` take. */
export interface BuiltRelease {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

const guestbook = fileURLToPath(new URL("../examples/guestbook", import.meta.url));
const part = (path: string): string => fileURLToPath(new URL(`../modules/machine/parts/${path}`, import.meta.url));
const mysqlGroup = part("mysql/files/mysql-group");
const appRuns = part("application/files/app-runs");
const mysqlBackup = part("backup/files/mysql-backup");
/** Scripts of the payload's parts that come with the release. */
const platformScripts = [
  "application/files/deploy-app",
  "mysql/files/mysql-data",
  ...["check-expiry", "check-updates", "update-lists", "vendor-updates"].map((name) => `hardening/files/${name}`),
].map(part);
/** Everything of ours that a release is made of or with; npm writes the last one whenever it installs something. */
const sources = [
  mysqlGroup,
  appRuns,
  mysqlBackup,
  ...platformScripts,
  fileURLToPath(import.meta.url),
  fileURLToPath(new URL("../node_modules/.package-lock.json", import.meta.url)),
];

const tarballOf = ({ folder, version = "1.0.0" }: BuildProps): string => resolve(folder, `release-${version}.tar.gz`);

/**
 * Builds the tarball of a release: one folder per program: `app`, `app-runs`, `mysql-group`, `mysql-backup`, and `platform` with scripts.
 * The same source, version and tools give the same bytes.
 * @throws when the application's `build` fails, with what it printed, or when the folder cannot be made
 */
export const buildRelease = async (props: BuildProps): Promise<BuiltRelease> => {
  const { folder, application = guestbook, version = "1.0.0" } = props;
  const path = tarballOf(props);
  await withScratch("release-build-", async ({ folder: staging, owns }) => {
    const { ctime: start } = await lstat(staging);
    const app = join(staging, "app");
    await mkdir(app);
    await fillByBuild(resolve(application, "build"), app, owns);
    await writeFile(join(app, "VERSION"), `${version}\n`);
    // Python leaves compiled copies of what it has imported.
    const filter = (path: string): boolean => !path.endsWith("__pycache__");
    await cp(mysqlGroup, join(staging, "mysql-group"), { recursive: true, filter });
    await cp(appRuns, join(staging, "app-runs"), { recursive: true, filter });
    await cp(mysqlBackup, join(staging, "mysql-backup"), { recursive: true, filter });
    // Both compare sets of transactions.
    await cp(join(mysqlGroup, "gtid.py"), join(staging, "mysql-backup/gtid.py"));
    await mkdir(join(staging, "platform"));
    for (const script of platformScripts) {
      const copy = join(staging, "platform", basename(script));
      await cp(script, copy);
      await chmod(copy, 0o755);
    }
    await makeFolder(resolve(folder));
    // Nobody reads half a tarball, and none is newer than what was read for it.
    const unfinished = `${path}.${process.pid}`;
    try {
      await pack(staging, unfinished);
      await utimes(unfinished, start, start);
      await rename(unfinished, path);
    } finally {
      await rm(unfinished, { force: true });
    }
  });
  return read(path);
};

/**
 * The release that was built there before, when nothing that it is made of has changed since; else a new one. What came with a copy of the
 * whole folder counts as changed.
 * @throws as {@link buildRelease}
 */
export async function upToDateRelease(props: BuildProps): Promise<BuiltRelease> {
  const path = tarballOf(props);
  const [built, ...changed] = await Promise.all([
    lstat(path).catch(() => undefined),
    ...[props.application ?? guestbook, ...sources].map((source) => changedMs(source).catch(() => Infinity)),
  ]);
  return built && changed.every((time) => time < built.mtimeMs) ? read(path) : buildRelease(props);
}

/** When a file, or anything in a folder, was last written, replaced, added or removed. */
async function changedMs(path: string): Promise<number> {
  const found = await lstat(path);
  const below = found.isDirectory() ? await readdir(path, { recursive: true }) : [];
  const times = below.map(async (name) => (await lstat(join(path, name))).ctimeMs);
  return Math.max(found.ctimeMs, ...(await Promise.all(times)));
}

async function read(path: string): Promise<BuiltRelease> {
  const tarball = await readFile(path);
  return { path, bytes: tarball.length, sha256: createHash("sha256").update(tarball).digest("hex") };
}

/** The end of what a command printed: enough for an error message. */
const shownCharacters = 4000;

/** Lets the application's own command fill a folder. @throws with the end of its error output and a fix */
async function fillByBuild(build: string, app: string, owns: Scratch["owns"]): Promise<void> {
  const child = spawn(build, [app], { detached: true, stdio: ["ignore", "ignore", "pipe"] });
  owns(child);
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr = (stderr + text).slice(-shownCharacters)));
  const code = await new Promise<number | string | null>((resolve) => {
    child.once("error", ({ code = "an error" }: NodeJS.ErrnoException) => resolve(code));
    child.once("close", (status, signal) => resolve(status ?? signal));
  });
  if (code === 0) return;
  if (code === "ENOENT" || code === "EACCES")
    throw new Error(
      `app:build: ${build} must be a command that fills the folder in its argument; \`npm run app:new\` copies one`,
    );
  const isUninstalled = /Cannot find (?:package|module)/.test(stderr);
  const fix = isUninstalled ? `\nfix: npm install --prefix ${dirname(build)}` : "";
  throw new Error(`app:build: ${build} ended with ${code}: ${stderr.trim()}${fix}`);
}

/** Packs a folder so that nothing but names, bytes and who may execute matters: no time, owner, umask or order of the file system. */
const pack = async (cwd: string, file: string): Promise<void> => {
  const entries = (await readdir(cwd, { recursive: true })).sort();
  await create(
    {
      cwd,
      file,
      gzip: { level: 9 },
      portable: true,
      noDirRecurse: true,
      mtime: new Date(0),
      filter: (_, entry) => {
        if ("isDirectory" in entry) {
          const executable = entry.isDirectory() || (entry.mode & 0o100) !== 0;
          entry.mode = (entry.mode & ~0o777) | (executable ? 0o755 : 0o644);
        }
        return true;
      },
    },
    entries,
  );
};

const report = ({ path, bytes, sha256 }: BuiltRelease): string =>
  [
    path,
    `${bytes} bytes, SHA-256 ${sha256}`,
    "",
    "Upload it and name it in environments/<environment>.ts:",
    `  application: { url: "https://…/${path.split("/").at(-1)}", sha256: "${sha256}" },`,
  ].join("\n");

/** A version, which is part of the tarball's name. */
function versionOf(text: string): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$/.test(text))
    throw new InvalidArgumentError('must be letters, digits and ._+- alone, as "1.0.1"');
  return text;
}

const command = new Command("npm run app:build --")
  .description("builds the release: the application and the platform's programs, in one tarball")
  .option("--application <folder>", "folder of the application, with its `build` command (default: the guestbook)")
  .option("--folder <path>", "where to write it", "dist")
  .option("--version <version>", "version the application reports", versionOf, "1.0.0")
  .action(async (props: BuildProps) => console.log(report(await buildRelease(props))));

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) void runCommand(() => command.parseAsync());
