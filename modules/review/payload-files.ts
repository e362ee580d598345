import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Config } from "../config/schema.js";
import { plainFilesOf } from "../machine/compose/index.js";

/** Writes payloads as plain files into a folder. */
export function writePayloads(config: Config, folder: string): void {
  const files = [...new Set(config.servers.flatMap((server) => plainFilesOf(config, server)))];
  for (const { path, content } of files) {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
}
