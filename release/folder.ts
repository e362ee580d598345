import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Makes a folder, and those above it that are missing. Node's own `recursive` does not end where none can be made, as below /proc.
 * @throws Error that names the folder which cannot be made
 */
export async function makeFolder(folder: string): Promise<void> {
  if (existsSync(folder)) return;
  await makeFolder(dirname(folder));
  await mkdir(folder).catch((error: NodeJS.ErrnoException) => {
    // Somebody else has made it meanwhile.
    if (error.code === "EEXIST") return;
    throw new Error(`${folder}: must be a folder that can be made, got ${error.code}; name another folder`, {
      cause: error,
    });
  });
}
