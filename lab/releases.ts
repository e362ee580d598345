import { createHash } from "node:crypto";
import { copyFile, mkdir, readFile } from "node:fs/promises";
import path from "node:path";
import type { Config } from "../modules/config/schema.js";
import type { LabRelease } from "./environment.js";
import type { Layout } from "./layout.js";

/** Directory of what the lab itself puts on the internet: one folder per host name. */
export const publishedFiles = (layout: Layout): string => path.join(layout.state, "www");

/** Puts a file on the releases' host, under the path of the configured release or another one. Returns its address. */
export async function publish(layout: Layout, { application }: Config, file: string, name?: string): Promise<string> {
  const url = name === undefined ? new URL(application.url) : new URL(name, application.url);
  const target = path.join(publishedFiles(layout), url.hostname, url.pathname);
  await mkdir(path.dirname(target), { recursive: true });
  await copyFile(file, target);
  return url.href;
}

/** Copies a release to where the lab keeps it: the next build writes over the file that it was booted with. */
export async function keepRelease(layout: Layout, release: LabRelease): Promise<LabRelease> {
  const file = path.join(layout.state, "release.tar.gz");
  await mkdir(layout.state, { recursive: true });
  await copyFile(release.file, file);
  return { ...release, file };
}

/** Reads a release to boot the lab with. @param settings file with the lines of its environment @default - those of lab/input.ts */
export async function readRelease(tarball: string, settings?: string): Promise<LabRelease> {
  const file = path.resolve(tarball);
  const sha256 = createHash("sha256")
    .update(await readFile(file))
    .digest("hex");
  // The check of the environment judges them.
  const lines = settings && (JSON.parse(await readFile(settings, "utf8")) as LabRelease["settings"]);
  return { file, sha256, ...(lines && { settings: lines }) };
}
