import { rename, writeFile } from "node:fs/promises";

/** Replaces a file atomically. If the process is killed, the file has its old or its new content, never a part of it. */
export async function writeWhole(file: string, text: string): Promise<void> {
  await writeFile(`${file}.new`, text);
  await rename(`${file}.new`, file);
}
