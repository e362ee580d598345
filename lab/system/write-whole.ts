import { rename, writeFile } from "node:fs/promises";

/** Writes a file in place of what is there: a run that is killed meanwhile leaves the one or the other, never half of it. */
export async function writeWhole(file: string, text: string): Promise<void> {
  await writeFile(`${file}.new`, text);
  await rename(`${file}.new`, file);
}
