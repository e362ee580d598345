import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Config } from "../config/schema.js";
import { plainFilesOf, type PlainFile } from "../machine/compose/index.js";

/** Whether a folder contains exactly these files. */
function holds(folder: string, files: readonly PlainFile[]): boolean {
  if (!existsSync(folder)) return false;
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const present = new Set(entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name)));
  return (
    present.size === files.length &&
    files.every(({ path, content }) => {
      const file = join(folder, path);
      return present.has(file) && readFileSync(file, "utf8") === content;
    })
  );
}

/** Writes payloads as plain files into a folder and removes all other files in it. */
export function writePayloads(config: Config, folder: string): void {
  const files = [...new Set(config.servers.flatMap((server) => plainFilesOf(config, server)))];
  if (holds(folder, files)) return;
  rmSync(folder, { recursive: true, force: true });
  for (const { path, content } of files) {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
}
