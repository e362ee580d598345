import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";

/** The folders above a path, without the topmost. */
const foldersAbove = (path: string): readonly string[] =>
  path
    .split("/")
    .slice(0, -1)
    .map((_, index, names) => names.slice(0, index + 1).join("/"));

const read = (path: string): string | undefined => (existsSync(path) ? readFileSync(path, "utf8") : undefined);

/**
 * Makes a folder hold these files, by path, and nothing else. What is right already is not touched: a file that is written anew
 * costs ten times as much as one that is read.
 */
export function writeFolder(folder: string, files: ReadonlyMap<string, string>): void {
  const folders = new Set([...files.keys()].flatMap(foldersAbove));
  mkdirSync(folder, { recursive: true });
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const wanted: { has(path: string): boolean } = entry.isDirectory() ? folders : files;
    if (!wanted.has(relative(folder, path))) rmSync(path, { recursive: true, force: true });
  }
  for (const path of folders) mkdirSync(join(folder, path), { recursive: true });
  for (const [path, content] of files)
    if (read(join(folder, path)) !== content) writeFileSync(join(folder, path), content);
}
