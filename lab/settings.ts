import { mkdir, readFile } from "node:fs/promises";
import path from "node:path";
import type { LabOverrides } from "./environment.js";
import type { Layout } from "./layout.js";
import { writeWhole } from "./system/write-whole.js";

/** What `up` was asked for and found, for later commands. */
export interface LabSettings {
  readonly overrides: LabOverrides;
  /** Directory of the base system that the machines' disks build on. */
  readonly baseRoot: string;
}

const fileOf = (layout: Layout): string => path.join(layout.state, "lab.json");

export async function saveSettings(layout: Layout, settings: LabSettings): Promise<void> {
  await mkdir(layout.state, { recursive: true });
  await writeWhole(fileOf(layout), JSON.stringify(settings));
}

/** Settings of the lab that is up, or half up; `undefined` when there is none. */
export async function loadSettings(layout: Layout): Promise<LabSettings | undefined> {
  const text = await readFile(fileOf(layout), "utf8").catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as LabSettings);
}
