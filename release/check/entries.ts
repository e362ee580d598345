import type { ReadEntry } from "tar";
import { type Finding, problem } from "./finding.js";

/** One entry of a tarball. */
export interface Entry {
  /** Without a slash at its end. */
  readonly path: string;
  /** As tar calls it: `File`, `Directory`, `SymbolicLink`, … */
  readonly type: string;
  readonly executable: boolean;
  /** Where a link leads. @default - it is none */
  readonly target?: string;
}

/** @returns the entries, or `undefined` when the tarball is damaged */
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

/** The platform's own programs, which `npm run app:build` adds. */
const platformPrograms = ["app-runs", "mysql-group", "mysql-backup", "platform"];

/** What is wrong with the names and kinds of what a release holds. */
export const problemsOfEntries = (entries: readonly Entry[]): readonly Finding[] => [
  ...entries.flatMap(({ path, type, target }) => {
    if (path.startsWith("/"))
      return problem(`${path}: an absolute path`, "pack it from within its folder, `app/` first in each path");
    if (path.split("/").includes(".."))
      return problem(`${path}: leads out of the release`, "put the file below `app/` and name it from there");
    if (type === "File" || type === "OldFile" || type === "Directory") return [];
    return target === undefined
      ? problem(`${path}: a ${type}; a release holds files and folders only`, "leave it out")
      : problem(
          `${path}: a link to ${target}; a release holds files and folders only`,
          "let `build` put the file itself in its place (cp -L)",
        );
  }),
  ...["app", ...platformPrograms]
    .filter((program) => !entries.some(({ path }) => path === program || path.startsWith(`${program}/`)))
    .map((program) =>
      problem(`the release has no ${program}/`, "make it with `npm run app:build -- --application FOLDER`"),
    ),
];
