import { createHash } from "node:crypto";
import { copyFile, mkdir, readFile } from "node:fs/promises";
import path from "node:path";
import type { Config } from "../modules/config/schema.js";
import type { LabRelease } from "./environment.js";
import type { Layout } from "./layout.js";

/** Returns the directory of the files that the lab publishes, with one folder per host name. */
export const publishedFiles = (layout: Layout): string => path.join(layout.state, "www");

/**
 * Publishes a file at the configured URL of the release. If a name is given, the name replaces the last part of the URL. @returns URL of
 * the file
 */
export async function publish(layout: Layout, { application }: Config, file: string, name?: string): Promise<string> {
  const url = name === undefined ? new URL(application.url) : new URL(name, application.url);
  const target = path.join(publishedFiles(layout), url.hostname, url.pathname);
  await mkdir(path.dirname(target), { recursive: true });
  await copyFile(file, target);
  return url.href;
}

/** Copies a release into the lab's state directory, because the next build overwrites the original file. */
export async function keepRelease(layout: Layout, release: LabRelease): Promise<LabRelease> {
  const file = path.join(layout.state, "release.tar.gz");
  await mkdir(layout.state, { recursive: true });
  await copyFile(release.file, file);
  return { ...release, file };
}

/** Reads a release for the lab. @param settings path of a JSON file with the release's settings @default - the settings of lab/input.ts */
export async function readRelease(tarball: string, settings?: string): Promise<LabRelease> {
  const file = path.resolve(tarball);
  const sha256 = createHash("sha256")
    .update(await readFile(file))
    .digest("hex");
  // The check of the environment validates these settings later.
  const lines = settings && (JSON.parse(await readFile(settings, "utf8")) as LabRelease["settings"]);
  return { file, sha256, ...(lines && { settings: lines }) };
}
