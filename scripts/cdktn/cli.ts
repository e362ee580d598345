import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { Argument, Command } from "commander";
import { execa } from "execa";
import { runCommand } from "../../command-line/run.js";
import { differences } from "./compare.js";
import { renamed, type Versions, withAliases, withVersions } from "./rename.js";

/** Versions of cdktn's packages. The version of `constructs` must be in the peer range of cdktn. */
const versions: Versions = { cdktn: "0.24.0", "cdktn-cli": "0.24.0", constructs: "10.7.2" };
/** Peer dependencies of cdktn-cli. npm does not install peer dependencies with `--legacy-peer-deps`. */
const peers = ["jsii@5.9.54", "jsii-pacmak@1.128.0"];
const providers: Versions = { cloudflare: "16.4.0", datadog: "16.1.0", random: "15.0.1", tls: "14.1.1" };

const root = new URL("../../", import.meta.url).pathname;
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
const runsCdktnCli = major > 22 || (major === 22 && minor >= 19);

/** Names of files that are not copied: installed packages, Terraform's files and files with secrets. */
const excluded =
  /^(node_modules|\.git|cdktf\.out|state|\.gen|\.terraform|\.env(?!\.example$).*|.*\.tfstate.*|\.stryker-tmp)$/;

type Trial = "check" | "migrate";

const stop = new AbortController();
const notChecked: string[] = [];

/** Runs a program. @throws Error with the end of the program's output if the program fails */
async function run(cwd: string, words: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<void> {
  const [program = "", ...args] = words;
  const options = { cwd, env, all: true, reject: false, cancelSignal: stop.signal } as const;
  const { failed, all, message } = await execa(program, args, options);
  if (failed) throw new Error(`${words.join(" ")} failed:\n${(all || message || "").slice(-4000)}`);
}

async function step(title: string, work: () => Promise<void>): Promise<void> {
  const start = Date.now();
  await work();
  console.log(`ok  ${title} (${Math.round((Date.now() - start) / 1000)} s)`);
}

const filesOf = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1));

/** Synthesizes one environment of a project. @returns text of each written file, with the path as the key */
async function synthesized(project: string, environment: string): Promise<ReadonlyMap<string, string>> {
  const folder = mkdtempSync(join(tmpdir(), "cdktn-output-"));
  try {
    const variables = { CDKTF_OUTDIR: folder, ENVIRONMENT: environment };
    await run(project, [process.execPath, "--import", "tsx", "main.ts"], variables);
    return new Map(filesOf(folder).map((path) => [path, readFileSync(join(folder, path), "utf8")]));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Applies a change to files. @returns number of changed files */
function rewrite(folder: string, paths: readonly string[], change: (text: string) => string): number {
  const changed = paths.filter((path) => {
    const [text, file] = [readFileSync(join(folder, path), "utf8"), join(folder, path)];
    if (change(text) === text) return false;
    writeFileSync(file, change(text));
    return true;
  });
  return changed.length;
}

/**
 * Installs the packages of a copy. npm ignores peer ranges, because the provider packages require cdktf, which the copy replaces.
 * @param more additional packages that package.json does not list
 */
const install = (copy: string, more: readonly string[] = []): Promise<void> =>
  step("packages installed", () =>
    run(copy, [
      "npm",
      "install",
      "--ignore-scripts",
      "--legacy-peer-deps",
      "--no-audit",
      "--no-fund",
      "--prefer-offline",
      "--save-dev",
      "--save-exact",
      ...more,
    ]),
  );

/** Installs cdktn's packages under the names of cdktf's packages. The copy keeps the generated hcloud bindings. */
async function useAliases(copy: string): Promise<void> {
  rewrite(copy, ["package.json"], (text) => withAliases(text, versions));
  await install(copy);
}

/** Returns the names of the provider packages for which the registry has no successor package. */
async function unavailable(copy: string): Promise<readonly string[]> {
  const kept: string[] = [];
  for (const [name, version] of Object.entries(providers)) {
    const successor = `@cdktn/provider-${name}@${version}`;
    const { failed, stderr } = await execa({ cwd: copy, reject: false })("npm", ["view", successor, "version"]);
    if (!failed) continue;
    kept.push(name);
    notChecked.push(`${successor}: ${stderr.split("\n")[0]}; the copy keeps @cdktf/provider-${name}`);
  }
  return kept;
}

/** Renames cdktf to cdktn in all files of a copy, and installs the successors of the provider packages. */
async function migrate(copy: string): Promise<void> {
  const kept = await unavailable(copy);
  const fromRegistry = Object.entries(providers).map(
    ([name, version]) => [`@cdktn/provider-${name}`, version] as const,
  );
  const ours =
    /^(?!CHANGELOG|docs\/decisions|dist\/|scripts\/cdktn|__tests__\/scripts\/cdktn|.*schema\/|package-lock).*\.(ts|mjs|js|json|md)$/;
  const paths = filesOf(copy).filter((path) => ours.test(path));
  const sources = paths.filter((path) => !path.startsWith("providers/hcloud/lib/"));
  const change = (text: string): string => renamed(text, kept);
  console.log(`ok  ${rewrite(copy, sources, change)} files renamed`);
  rewrite(copy, ["package.json"], (text) => withVersions(text, { ...versions, ...Object.fromEntries(fromRegistry) }));
  await install(copy, peers);
  // The link is necessary because the kept provider packages import cdktf.
  if (kept.length > 0) symlinkSync("cdktn", join(copy, "node_modules/cdktf"));
  const hcloud = join(copy, "providers/hcloud");
  if (!runsCdktnCli) {
    // The copy keeps the generated bindings, but the bindings must import cdktn.
    rewrite(
      copy,
      paths.filter((path) => path.startsWith("providers/hcloud/lib/")),
      change,
    );
    return;
  }
  rmSync(join(hcloud, "lib"), { recursive: true, force: true });
  for (const name of readdirSync(join(hcloud, "schema")))
    cpSync(join(hcloud, "schema", name), join(hcloud, "schema", name.replace(/\.json$/, "@unknown-cli.json")));
  // cdktn-cli reads the copied schema only if it does not find Terraform.
  const variables = { TERRAFORM_BINARY_NAME: "no-terraform" };
  await step("hcloud bindings generated", () => run(hcloud, [process.execPath, "generate.mjs"], variables));
}

async function compare(copy: string, environment: string, name: Trial): Promise<void> {
  const before = await synthesized(root, environment);
  // The expected files contain the new name, because one file contains the command `npx cdktf output`.
  const expected = name === "check" ? before : new Map([...before].map(([path, text]) => [path, renamed(text, [])]));
  const after = await synthesized(copy, environment);
  const different = differences(expected, after, { providerVersions: name === "check" });
  if (different.length > 0) throw new Error(`${environment}: cdktn writes other files:\n${different.join("\n")}`);
  console.log(`    ${environment}: ${before.size} files are equal`);
}

/** Runs a trial in a copy of the project, then removes the copy. */
async function trial(name: Trial): Promise<void> {
  const copy = mkdtempSync(join(tmpdir(), "cdktn-"));
  try {
    cpSync(root, copy, { recursive: true, filter: (path) => path === root || !excluded.test(basename(path)) });
    await (name === "check" ? useAliases : migrate)(copy);
    const environments = readdirSync(join(root, "environments")).filter((file) => file.endsWith(".ts"));
    await step("synth", async () => {
      for (const file of environments) await compare(copy, basename(file, ".ts"), name);
    });
    if (runsCdktnCli) await step("cdktn list", () => run(copy, ["npx", "--no-install", "cdktn", "list"]));
    else
      notChecked.push(
        `cdktn-cli ${versions["cdktn-cli"]}: needs Node 22.19, and this is Node ${process.versions.node}`,
      );
    await step("tsc", () => run(copy, ["npx", "--no-install", "tsc", "--noEmit"]));
    if (name === "migrate")
      await step("unit tests", () => run(copy, ["npx", "--no-install", "vitest", "run", "--project", "unit"]));
  } finally {
    rmSync(copy, { recursive: true, force: true });
    for (const line of notChecked) console.log(`NOT CHECKED: ${line}`);
  }
  console.log(`The project works with cdktn ${versions.cdktn}${name === "check" ? " under the names of cdktf" : ""}.`);
}

// The listener must stay after the first signal. The terminal and npm send the same signal, and without a listener the second signal would
// interrupt the cleanup.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => stop.abort());
await new Command("npm run check:cdktn, npm run migrate:cdktn")
  .description(
    "Tries cdktn in a temporary copy: under the names of cdktf (check), or with everything renamed (migrate).",
  )
  .addArgument(new Argument("<trial>").choices(["check", "migrate"]))
  .action((name: Trial) => runCommand(() => trial(name)))
  .parseAsync();
