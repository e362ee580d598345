import { copyFile, mkdir } from "node:fs/promises";
import path from "node:path";
import type { Config } from "../modules/config/schema.js";
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
