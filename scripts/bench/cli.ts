import { spawnSync, type SpawnSyncOptions } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { join, resolve } from "node:path";
import { performance } from "node:perf_hooks";
import { Argument, Command } from "commander";
import { withScratch } from "../../command-line/cleanup.js";
import { loadEnvironment } from "../../modules/config/load.js";
import { payloadSize, warningBytes } from "../../modules/machine/compose/index.js";

const project = resolve(import.meta.dirname, "../..");

/**
 * Prints a value and its limit. If the value exceeds the limit, sets exit code 1. @param unit suffix of the number, such as " s" or " KiB"
 */
function report(what: string, value: number, limit: number, unit: string): void {
  const isWithin = value <= limit;
  console.log(`${what}: ${value.toFixed(2)}${unit}, ${isWithin ? "within" : "ABOVE"} the limit of ${limit}${unit}`);
  if (!isWithin) process.exitCode = 1;
}

/** Runs a program. @returns duration in seconds @throws Error with the program's output if the program fails */
function seconds(program: string, args: readonly string[], options: SpawnSyncOptions): number {
  const begin = performance.now();
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: "utf8", ...options });
  const command = [program, ...args].join(" ");
  if (status !== 0) throw new Error(`${command} failed\n${String(stdout ?? "")}${String(stderr ?? "")}`);
  return (performance.now() - begin) / 1000;
}

/**
 * Measures the size of every server's user data in two environments. In production, the load balancer terminates TLS; in staging, nginx
 * terminates TLS.
 */
async function payload(): Promise<void> {
  for (const environment of ["production", "staging"]) {
    const config = await loadEnvironment(environment);
    for (const server of config.servers) {
      const kib = payloadSize(config, server) / 1024;
      report(`payload of ${server.name}, ${environment}`, kib, warningBytes / 1024, " KiB");
    }
  }
}

/**
 * Text of an environment file: the production environment with 97 additional web servers, ten per placement group, and a larger load
 * balancer.
 */
const hundred = `import { defineEnvironment } from "../modules/config/define.js";
import production from "./production.js";
const more = Array.from({ length: 97 }, (_, index) => [
  "web-" + index,
  { privateIp: "10.0.1." + (130 + index), roles: ["web"], placementGroup: "web-" + Math.floor(index / 10) },
]);
export default defineEnvironment({
  ...production,
  protect: true,
  loadBalancer: { type: "lb31" },
  servers: { ...production.servers, ...Object.fromEntries(more) },
});
`;

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/** Measures five runs of the app for production and for 100 servers, after one run that fills the caches. */
async function app(): Promise<void> {
  // The environment file is in the project's folder so that imports are found. The file name contains the process id so that two runs do
  // not use the same file.
  const id = `bench-${process.pid}`;
  const file = join(project, `environments/${id}.ts`);
  await withScratch("bench-", ({ folder }) => {
    const time = (environment: string): number =>
      seconds(process.execPath, ["--import", "tsx", "main.ts"], {
        cwd: project,
        env: { ...process.env, ENVIRONMENT: environment, CDKTF_OUTDIR: join(folder, environment) },
      });
    try {
      writeFileSync(file, hundred);
      const runs = Array.from({ length: 6 }, () => [time("production"), time(id)] as const).slice(1);
      const production = runs.map(([one]) => one);
      report("production", median(production), 2, " s");
      report("100 servers against production", median(runs.map(([one, many]) => many / one)), 2.5, " times");
    } finally {
      rmSync(file, { force: true });
    }
    return Promise.resolve();
  });
}

/** Measures the unit tests, without tests that start programs. */
function tests(): void {
  const args = ["vitest", "run", "--project=unit", "--reporter=dot"];
  report("unit tests", seconds("npx", args, { cwd: project, stdio: "inherit" }), 30, " s");
}

/** Measures `npm ci` and the first synthesis in a new clone of the last commit. npm may use its existing cache. */
const clone = (): Promise<void> =>
  withScratch("bench-clone-", ({ folder }) => {
    const step = (program: string, ...args: string[]): number => seconds(program, args, { cwd: folder });
    step("git", "clone", "--quiet", project, ".");
    const value = step("npm", "ci", "--no-audit", "--no-fund") + step("npm", "run", "synth");
    report("npm ci and synth in a fresh clone", value, 180, " s");
    return Promise.resolve();
  });

/** Functions that measure a figure, from the fastest to the slowest. */
const figures: Readonly<Record<string, () => void | Promise<void>>> = { payload, app, tests, clone };

// This listener keeps the process running after Ctrl-C, so that the failed program is reported and temporary files are removed.
process.once("SIGINT", () => undefined);
await new Command("npm run bench --")
  .description(
    "Measures the project's figures and compares them with their limits. Exit code 1 if a limit is exceeded.",
  )
  .addArgument(new Argument("[figures...]", "figures to measure").choices(Object.keys(figures)).default([], "all"))
  .addHelpText(
    "after",
    `
Figures:
  payload  size of each server's user data, at most 28 KiB
  app      an app run, at most 2 s; with 100 servers, at most 2.5 times as long
  tests    the unit tests, at most 30 s
  clone    npm ci and the first synthesis in a fresh clone of the last commit, at most 3 minutes

Times depend on this machine and its load. Run the benchmark on an idle machine.`,
  )
  .action(async (wanted: readonly string[]) => {
    console.log(`load of this machine: ${loadavg()[0]?.toFixed(1)}`);
    for (const [name, measure] of Object.entries(figures)) {
      if (wanted.length > 0 && !wanted.includes(name)) continue;
      console.log(`\n${name}`);
      await measure();
    }
  })
  .parseAsync();
