import { rename, writeFile } from "node:fs/promises";

/** Replaces a file atomically. If the process is killed, the file has either the complete old content or the complete new content. */
export async function writeWhole(file: string, text: string): Promise<void> {
  await writeFile(`${file}.new`, text);
  await rename(`${file}.new`, file);
}
