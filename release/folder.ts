import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Creates a folder and its missing parents. Node's own option `recursive` never returns if a folder cannot be created, for example below
 * /proc.
 * @throws Error with the path of the folder that cannot be created
 */
export async function makeFolder(folder: string): Promise<void> {
  if (existsSync(folder)) return;
  await makeFolder(dirname(folder));
  await mkdir(folder).catch((error: NodeJS.ErrnoException) => {
    // Ignores the error, because another process has created the folder in the meantime.
    if (error.code === "EEXIST") return;
    throw new Error(`${folder}: must be a folder that can be created, got ${error.code}; choose another folder`, {
      cause: error,
    });
  });
}
