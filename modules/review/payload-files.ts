import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Config } from "../config/schema.js";
import { plainFilesOf, type PlainFile } from "../payload/index.js";

/** Writes a server's files, the first one last: it says everything, so where it is right the others are. */
function writeServer(folder: string, files: readonly PlainFile[]): void {
  const [whole] = files;
  if (!whole) return;
  const mark = join(folder, whole.path);
  if (existsSync(mark) && readFileSync(mark, "utf8") === whole.content) return;
  rmSync(folder, { recursive: true, force: true });
  for (const { path, content } of files.toReversed()) {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
}

/** Writes payloads as plain files below their servers' names. Those of servers that are gone do not stay behind. */
export function writePayloads(config: Config, folder: string): void {
  mkdirSync(folder, { recursive: true });
  const names = config.servers.map(({ name }) => name);
  for (const gone of readdirSync(folder).filter((name) => !names.includes(name)))
    rmSync(join(folder, gone), { recursive: true });
  for (const server of config.servers) writeServer(join(folder, server.name), plainFilesOf(config, server));
}
