import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm } from "node:fs/promises";
import path from "node:path";
import { unmountBelow } from "./overlay.js";

/** Suffix of the name of a directory whose build has not ended. */
const partialSuffix = ".partial";

/**
 * Returns the directory `<kind>-<key>` of the cache. If the directory is missing, builds the directory under a temporary name, so an
 * interrupted build is never reused. After a build, deletes all other directories of the same kind that no mount uses.
 */
export async function cached(
  cache: string,
  kind: string,
  key: string,
  build: (directory: string) => Promise<void>,
): Promise<string> {
  const directory = path.join(cache, `${kind}-${key}`);
  if (existsSync(directory)) return directory;
  const partial = path.join(cache, `${kind}${partialSuffix}`);
  await removePartial(partial);
  await mkdir(cache, { recursive: true });
  await build(partial);
  await rename(partial, directory);
  await removeOthers(cache, kind, directory);
  return directory;
}

/** Removes the directories of all interrupted builds in `cache`. Before that, unmounts all mounts in these directories. */
export async function removePartialBuilds(cache: string): Promise<void> {
  const names = await readdir(cache).catch(() => []);
  for (const name of names.filter((name) => name.endsWith(partialSuffix))) await removePartial(path.join(cache, name));
}

async function removePartial(directory: string): Promise<void> {
  await unmountBelow(directory);
  await rm(directory, { recursive: true, force: true });
}

async function removeOthers(cache: string, kind: string, kept: string): Promise<void> {
  const mounts = await readFile("/proc/self/mountinfo", "utf8");
  const names = (await readdir(cache)).filter((name) => name.startsWith(`${kind}-`));
  for (const directory of names.map((name) => path.join(cache, name)))
    if (directory !== kept && !mounts.includes(directory)) await rm(directory, { recursive: true, force: true });
}
