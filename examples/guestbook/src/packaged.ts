import { readFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import { fileURLToPath } from "node:url";

/** Folder of the running code: `src` in development, the unpacked release in production (bundles have no folders). */
const folder = dirname(fileURLToPath(import.meta.url));

/** Reads a file next to the bundle, such as `VERSION`. */
export const readPackaged = (name: string): string => readFileSync(packagedPath(name), "utf8");

/** Returns the path of a file next to the bundle. */
export const packagedPath = (name: string): string => `${folder}/${name}`;

/** Returns the name of the release's folder (the start of the tarball's SHA-256), or `development`. */
export const releaseName = (): string => (basename(folder) === "src" ? "development" : basename(folder));
