import { mkdir, readFile } from "node:fs/promises";
import path from "node:path";
import type { LabOverrides } from "./environment.js";
import type { Layout } from "./layout.js";
import { writeWhole } from "./system/write-whole.js";

/** Settings that `up` stores for later commands. */
export interface LabSettings {
  readonly overrides: LabOverrides;
  /** Directory of the base system, on which the overlay disks of the machines are based. */
  readonly baseRoot: string;
}

const fileOf = (layout: Layout): string => path.join(layout.state, "lab.json");

export async function saveSettings(layout: Layout, settings: LabSettings): Promise<void> {
  await mkdir(layout.state, { recursive: true });
  await writeWhole(fileOf(layout), JSON.stringify(settings));
}

/** Returns the settings of the running or partly started lab; `undefined` if no lab exists. */
export async function loadSettings(layout: Layout): Promise<LabSettings | undefined> {
  const text = await readFile(fileOf(layout), "utf8").catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as LabSettings);
}
