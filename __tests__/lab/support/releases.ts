import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { create, extract } from "tar";
import { buildRelease } from "../../../release/build.js";
import type { Lab } from "../../../lab/lab.js";
import type { Machine } from "../../../lab/machine/machine.js";
import type { RunResult } from "../../../lab/system/shell.js";
import { paths } from "../../../modules/platform/paths.js";
import { ports } from "../../../modules/platform/ports.js";

/** Arguments of `deploy-app`. */
export interface PublishedRelease {
  readonly url: string;
  readonly sha256: string;
}

/**
 * Builds an application with another version and publishes the release in the lab. @param application folder of the application @default -
 * the guestbook
 */
export function publishVersion(lab: Lab, version: string, application?: string): Promise<PublishedRelease> {
  const build = async (folder: string): Promise<string> => (await buildRelease({ folder, version, application })).path;
  return published(lab, `app-${version}.tar.gz`, build);
}

/** Publishes a release of the guestbook with an additional migration. */
export function publishMigration(lab: Lab, name: string, sql: string): Promise<PublishedRelease> {
  return published(lab, `${name}.tar.gz`, async (folder) => {
    const release = await buildRelease({ folder });
    await extract({ cwd: folder, file: release.path });
    await writeFile(path.join(folder, "app/migrations", `9999-${name}.sql`), sql);
    const file = path.join(folder, "more.tar.gz");
    await create({ cwd: folder, file, gzip: true }, ["app", "mysql-group"]);
    return file;
  });
}

/** Publishes a file that is not a valid release. @param content text of the file, or the files of a tarball */
export function publishBroken(
  lab: Lab,
  name: string,
  content: string | Readonly<Record<string, string>>,
): Promise<PublishedRelease> {
  return published(lab, `${name}.tar.gz`, async (folder) => {
    const file = path.join(folder, "release.tar.gz");
    if (typeof content === "string") await writeFile(file, content);
    else {
      for (const [entry, text] of Object.entries(content)) {
        await mkdir(path.join(folder, path.dirname(entry)), { recursive: true });
        await writeFile(path.join(folder, entry), text);
      }
      await create({ cwd: folder, file, gzip: true }, Object.keys(content));
    }
    return file;
  });
}

/** Publishes a tarball with a symbolic link to a file outside the tarball. */
export function publishLink(lab: Lab): Promise<PublishedRelease> {
  return published(lab, "link.tar.gz", async (folder) => {
    const file = path.join(folder, "release.tar.gz");
    await mkdir(path.join(folder, "app"));
    await symlink("/etc/shadow", path.join(folder, "app/server.js"));
    await create({ cwd: folder, file, gzip: true }, ["app"]);
    return file;
  });
}

async function published(lab: Lab, name: string, make: (folder: string) => Promise<string>): Promise<PublishedRelease> {
  const folder = await mkdtemp(path.join(tmpdir(), "release-"));
  try {
    const file = await make(folder);
    const sha256 = createHash("sha256")
      .update(await readFile(file))
      .digest("hex");
    return { url: await lab.publish(file, name), sha256 };
  } finally {
    await rm(folder, { recursive: true });
  }
}

export const deploy = (machine: Machine, { url, sha256 }: PublishedRelease): Promise<RunResult> =>
  machine.tryExec([paths.application.deploy, url, sha256]);

/** Returns the version that a server's application reports; `undefined` if the application does not respond. */
export async function versionOn(lab: Lab, machine: Machine): Promise<string | undefined> {
  const { statusPath = "/" } = lab.blueprint.environment.config.application;
  const url = `http://127.0.0.1:${ports.application}${statusPath}`;
  const { ok, stdout } = await machine.tryExec(["curl", "--silent", "--fail", "--max-time", "10", url]);
  return ok ? (JSON.parse(stdout) as { version: string }).version : undefined;
}

/** Returns the versions that the applications on all servers report. */
export const versionsOf = (lab: Lab): Promise<readonly (string | undefined)[]> =>
  Promise.all(lab.machines.map((machine) => versionOn(lab, machine)));
