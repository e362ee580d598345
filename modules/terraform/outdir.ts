import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";

/** Cause and fix of each error that the disk may cause. */
const diskErrors: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full; free some space",
  EDQUOT: "the disk quota is used up; free some space",
  EROFS: "the file system is read-only; set CDKTF_OUTDIR to a writable folder",
  EACCES: "no permission; set CDKTF_OUTDIR to a writable folder",
};

/** Moves files into a folder. Existing files that are not overwritten remain, for example Terraform's plugins. */
function merge(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) merge(source, target);
    else renameSync(source, target);
  }
}

/**
 * Writes the output folder completely or not at all. Replaces all subfolders except `stacks`.
 * @param write writes all files into the given empty folder
 * @throws Error of `write`, or an error with the cause if the disk rejects a file. The output folder is then unchanged
 */
export function writeOutdir(outdir: string, write: (folder: string) => void): void {
  const isNew = !existsSync(outdir);
  const unfinished = join(outdir, `.unfinished-${process.pid}`);
  try {
    if (isNew) mkdirSync(outdir);
    mkdirSync(unfinished);
    write(unfinished);
    for (const { name } of readdirSync(unfinished, { withFileTypes: true }).filter((entry) => entry.isDirectory()))
      if (name !== "stacks") rmSync(join(outdir, name), { recursive: true, force: true });
    merge(unfinished, outdir);
  } catch (error) {
    if (isNew) rmSync(outdir, { recursive: true, force: true });
    const words = diskErrors[(error as NodeJS.ErrnoException).code ?? ""];
    throw words === undefined ? error : new Error(`${outdir}: cannot be written: ${words}`, { cause: error });
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
}
