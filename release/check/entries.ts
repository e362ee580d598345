import type { ReadEntry } from "tar";
import { type Finding, problem } from "./finding.js";

/** An entry of a tarball: a file, a folder or a link. */
export interface Entry {
  /** Path of the entry without a trailing slash. */
  readonly path: string;
  /** Type in tar's terms: `File`, `Directory`, `SymbolicLink`, … */
  readonly type: string;
  readonly executable: boolean;
  /** Target of a link. @default - none, because the entry is not a link */
  readonly target?: string;
}

/** Returns the entries of a tarball, or `undefined` if the tarball is damaged. */
export const entriesOf = async (
  read: (onReadEntry: (entry: ReadEntry) => void) => Promise<void> | void,
): Promise<readonly Entry[] | undefined> => {
  const entries: Entry[] = [];
  try {
    await read(({ path, type, mode = 0, linkpath }) => {
      entries.push({
        path: path.replace(/^\.\//, "").replace(/\/$/, ""),
        type,
        executable: (mode & 0o111) !== 0,
        ...(linkpath && { target: linkpath }),
      });
    });
  } catch {
    return undefined;
  }
  return entries;
};

/** Programs of the platform, which `npm run app:build` adds to a release. */
const platformPrograms = ["app-runs", "mysql-group", "mysql-backup", "platform"];

/** Returns problems with the names and types of a release's entries. */
export const problemsOfEntries = (entries: readonly Entry[]): readonly Finding[] => [
  ...entries.flatMap(({ path, type, target }) => {
    if (path.startsWith("/"))
      return problem(
        `${path}: an absolute path`,
        "pack it from within its folder, so that each path begins with `app/`",
      );
    if (path.split("/").includes(".."))
      return problem(`${path}: leads out of the release`, "put the file below `app/`, and use its path in the release");
    if (type === "File" || type === "OldFile" || type === "Directory") return [];
    return target === undefined
      ? problem(`${path}: a ${type}; a release may contain only files and folders`, "remove it")
      : problem(
          `${path}: a link to ${target}; a release may contain only files and folders`,
          "let `build` copy the file itself (cp -L)",
        );
  }),
  ...["app", ...platformPrograms]
    .filter((program) => !entries.some(({ path }) => path === program || path.startsWith(`${program}/`)))
    .map((program) =>
      problem(`the release has no ${program}/`, "build it with `npm run app:build -- --application FOLDER`"),
    ),
];
