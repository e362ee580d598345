import { readFileSync } from "node:fs";

/**
 * Who may import whom. The table is scripts/folders.json, from which docs/architecture.md is made too.
 * A folder may import itself and the folders it names, with all that lies below them.
 */
const folders = JSON.parse(readFileSync(new URL("scripts/folders.json", import.meta.url), "utf8"));

const below = (names) => `^(${names.join("|")})/`;
const ours = below([
  "modules",
  "stacks",
  "environments",
  "examples",
  "release",
  "lab",
  "ops",
  "scripts",
  "command-line",
]);

const onlyWhatTheTableAllows = folders.map(({ folder, imports }) => ({
  name: `imports-of-${folder.replaceAll("/", "-")}`,
  comment: `${folder} may import ${imports.join(", ") || "nothing of ours"}; see scripts/folders.json`,
  severity: "error",
  from: { path: below([folder]) },
  to: { path: ours, pathNot: below([folder, ...imports]) },
}));

export default {
  forbidden: [
    ...onlyWhatTheTableAllows,
    {
      name: "in-the-table",
      comment: "every folder with code must have a line in scripts/folders.json",
      severity: "error",
      from: { path: ours, pathNot: below(folders.map(({ folder }) => folder)) },
      to: {},
    },
    {
      name: "parts-apart",
      comment:
        "parts of the payload must not import each other; move shared data to modules/platform, modules/config or modules/derived",
      severity: "error",
      from: { path: "^modules/machine/parts/([^/]+)/" },
      to: { path: "^modules/machine/parts/", pathNot: "^modules/machine/parts/$1/" },
    },
    {
      name: "no-circle-of-files",
      comment:
        "imports, including type imports, must not form a cycle; merge the two files, or move the shared part to a third file",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    {
      name: "no-circle-of-folders",
      severity: "error",
      scope: "folder",
      from: {},
      to: { circular: true },
    },
    {
      name: "no-development-tools-at-run-time",
      comment: "a package that the synthesis needs must be in dependencies, not in devDependencies",
      severity: "error",
      from: { path: below(["modules", "stacks", "environments"]) },
      to: { dependencyTypes: ["npm-dev"], pathNot: "^node_modules/@types/" },
    },
  ],
  options: {
    // Imports of types count.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    doNotFollow: { path: "node_modules|^providers/" },
  },
};
