import { createHash } from "node:crypto";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { Command } from "commander";
import { build } from "esbuild";
import { create } from "tar";

/** Properties of {@link buildRelease}. */
export interface BuildProps {
  /** Folder the tarball is written to. */
  readonly folder: string;
  /** Version the application reports. @default - the one of the example's package.json */
  readonly version?: string;
}

/** A tarball that `fetch-release` and `deploy-app` take. */
export interface BuiltRelease {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

const source = fileURLToPath(new URL("../examples/guestbook/", import.meta.url));
const part = (path: string): string => fileURLToPath(new URL(`../modules/machine/parts/${path}`, import.meta.url));
const mysqlGroup = part("mysql/files/mysql-group");
const mysqlBackup = part("backup/files/mysql-backup");

/**
 * Builds the tarball of a release: one folder per program, `app`, `mysql-group` and `mysql-backup`.
 * The same source, version, esbuild and Node give the same bytes.
 */
export const buildRelease = async ({ folder, version }: BuildProps): Promise<BuiltRelease> => {
  const manifest = JSON.parse(await readFile(join(source, "package.json"), "utf8")) as { version: string };
  const released = { ...manifest, version: version ?? manifest.version };
  const path = resolve(folder, `release-${released.version}.tar.gz`);
  const staging = await mkdtemp(join(tmpdir(), "release-build-"));
  try {
    const app = join(staging, "app");
    await bundle(join(app, "server.js"));
    await writeFile(join(app, "package.json"), `${JSON.stringify(released, null, 2)}\n`);
    await cp(join(source, "src/assets"), join(app, "assets"), { recursive: true });
    await cp(join(source, "src/migrations"), join(app, "migrations"), { recursive: true });
    // Python leaves compiled copies of what it has imported.
    const filter = (path: string): boolean => !path.endsWith("__pycache__");
    await cp(mysqlGroup, join(staging, "mysql-group"), { recursive: true, filter });
    await cp(mysqlBackup, join(staging, "mysql-backup"), { recursive: true, filter });
    // Both compare sets of transactions.
    await cp(join(mysqlGroup, "gtid.py"), join(staging, "mysql-backup/gtid.py"));
    await mkdir(resolve(folder), { recursive: true });
    await pack(staging, path);
  } finally {
    await rm(staging, { recursive: true });
  }
  const tarball = await readFile(path);
  return { path, bytes: tarball.length, sha256: createHash("sha256").update(tarball).digest("hex") };
};

/** One readable file: stack traces in the logs keep their names. */
const bundle = async (outfile: string): Promise<void> => {
  await build({
    entryPoints: [join(source, "src/server.ts")],
    outfile,
    bundle: true,
    platform: "node",
    target: "node20",
    format: "esm",
    legalComments: "none",
    logLevel: "warning",
    absWorkingDir: source,
    // The database driver is CommonJS and calls `require` for Node's own modules.
    banner: { js: 'import { createRequire } from "node:module";\nconst require = createRequire(import.meta.url);' },
  });
};

/** Packs a folder so that nothing but its names and bytes matters: no time, owner, umask or order of the file system. */
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
        if ("isDirectory" in entry) entry.mode = (entry.mode & ~0o777) | (entry.isDirectory() ? 0o755 : 0o644);
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

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const command = new Command("app:build")
    .description("builds the release: the application, mysql-group and mysql-backup, in one tarball")
    .option("--folder <path>", "where to write it", "dist")
    .option("--version <version>", "version the application reports (default: the one of the example's package.json)")
    .parse();
  console.log(report(await buildRelease(command.opts<BuildProps>())));
}
