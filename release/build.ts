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
  /** Folder to which the tarball is written. */
  readonly folder: string;
  /** Folder of the application. Its program `build` writes the application to the folder in its argument. @default - the guestbook */
  readonly application?: string;
  /** Version that the application reports, from its file `VERSION`. @default "1.0.0" */
  readonly version?: string;
}

/** A tarball that `fetch-release` and `deploy-app` accept. */
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
/** Scripts of the payload that the release contains instead of the user data. */
const platformScripts = [
  "application/files/deploy-app",
  "mysql/files/mysql-data",
  ...["check-expiry", "check-updates", "update-lists", "vendor-updates"].map((name) => `hardening/files/${name}`),
].map(part);
/** All inputs of a release except the application. npm writes the last input at each installation. */
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
 * Builds the tarball of a release with the folders `app`, `app-runs`, `mysql-group`, `mysql-backup`, and `platform` (scripts). The same
 * source, version and tools give an identical tarball.
 * @throws Error if the application's program `build` fails (with its output), or if the folder cannot be created
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
    // Python stores compiled copies of imported modules in `__pycache__`.
    const filter = (path: string): boolean => !path.endsWith("__pycache__");
    await cp(mysqlGroup, join(staging, "mysql-group"), { recursive: true, filter });
    await cp(appRuns, join(staging, "app-runs"), { recursive: true, filter });
    await cp(mysqlBackup, join(staging, "mysql-backup"), { recursive: true, filter });
    // mysql-group and mysql-backup both use gtid.py.
    await cp(join(mysqlGroup, "gtid.py"), join(staging, "mysql-backup/gtid.py"));
    await mkdir(join(staging, "platform"));
    for (const script of platformScripts) {
      const copy = join(staging, "platform", basename(script));
      await cp(script, copy);
      await chmod(copy, 0o755);
    }
    await makeFolder(resolve(folder));
    // The rename is atomic, so that readers see no partial tarball. The tarball gets the time at which the build began, so that later
    // changes of the inputs are newer.
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
 * Returns the existing release if none of its inputs changed. Otherwise builds a new release. Inputs in a copied folder count as changed.
 * @throws Error like {@link buildRelease}
 */
export async function upToDateRelease(props: BuildProps): Promise<BuiltRelease> {
  const path = tarballOf(props);
  const [built, ...changed] = await Promise.all([
    lstat(path).catch(() => undefined),
    ...[props.application ?? guestbook, ...sources].map((source) => changedMs(source).catch(() => Infinity)),
  ]);
  return built && changed.every((time) => time < built.mtimeMs) ? read(path) : buildRelease(props);
}

/** Returns the time of the last change of a file, or of any file in a folder. */
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

/** Maximum number of characters of a command's output in an error message. */
const shownCharacters = 4000;

/**
 * Fills a folder with the application's program `build`.
 * @throws Error with the end of the error output and a fix
 */
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
      `app:build: ${build} must be a command that fills the folder in its argument; create an example with \`npm run app:new\``,
    );
  const isUninstalled = /Cannot find (?:package|module)|node_modules\S*: not found/.test(stderr);
  const fix = isUninstalled ? `\nfix: npm install --prefix ${dirname(build)}` : "";
  throw new Error(`app:build: ${build} ended with ${code}: ${stderr.trim()}${fix}`);
}

/**
 * Packs a folder as a tarball. The tarball depends only on names, contents and executable bits, but not on times, owners, umask or order.
 */
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
    "Upload the tarball and write its URL into environments/<environment>.ts:",
    `  application: { url: "https://…/${path.split("/").at(-1)}", sha256: "${sha256}" },`,
  ].join("\n");

/** Checks the version of a release, which is part of the tarball's name. */
function versionOf(text: string): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$/.test(text))
    throw new InvalidArgumentError('must contain only letters, digits and ._+-, for example "1.0.1"');
  return text;
}

const command = new Command("npm run app:build --")
  .description("builds a release: one tarball with the application and the platform's programs")
  .option("--application <folder>", "folder of the application with its `build` command (default: the guestbook)")
  .option("--folder <path>", "output folder", "dist")
  .option("--version <version>", "version that the application reports", versionOf, "1.0.0")
  .action(async (props: BuildProps) => console.log(report(await buildRelease(props))));

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) void runCommand(() => command.parseAsync());
