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
      comment: "every folder of code has a line in scripts/folders.json",
      severity: "error",
      from: { path: ours, pathNot: below(folders.map(({ folder }) => folder)) },
      to: {},
    },
    {
      name: "parts-apart",
      comment:
        "a part of the payload that needs another one's data takes it from modules/platform, modules/config or modules/derived",
      severity: "error",
      from: { path: "^modules/machine/parts/([^/]+)/" },
      to: { path: "^modules/machine/parts/", pathNot: "^modules/machine/parts/$1/" },
    },
    {
      name: "no-circle-of-files",
      comment: "types count too: two files that need each other are one, or need a third",
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
      comment: "what a synth needs is a dependency, not a devDependency",
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
