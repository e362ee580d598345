import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { performance } from "node:perf_hooks";

/**
 * Times an app run against an empty CDKTF app, in pairs on the same machine so that its load hits both alike,
 * and prints the median of each and of the pairs' ratios, after one run of each that is not counted: it bundles what changed.
 * `npm run bench -- 7` runs seven pairs.
 */
const pairs = Number(process.argv[2] ?? 5);

const project = resolve(import.meta.dirname, "..");
const folder = mkdtempSync(join(tmpdir(), "bench-"));

const empty = `import { App, TerraformStack } from "cdktf";
const app = new App();
new TerraformStack(app, "empty");
app.synth();
`;

/** The production environment with 97 more web servers, ten to a placement group, on a balancer that takes them all. */
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

/** Wall time of one run, in seconds. @throws Error with the run's output when it fails */
function seconds(file: string, environment: string): number {
  const begin = performance.now();
  const run = spawnSync(process.execPath, ["--import", "tsx", file], {
    cwd: project,
    encoding: "utf8",
    env: { ...process.env, ENVIRONMENT: environment, CDKTF_OUTDIR: join(folder, environment) },
  });
  if (run.status !== 0) throw new Error(`${file} failed:\n${run.stdout}${run.stderr}`);
  return (performance.now() - begin) / 1000;
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/** Beside the project's files, so that packages resolve; with this process' number, so that two can run. */
const id = `bench-${process.pid}`;
const files = { empty: join(project, `.${id}.mts`), hundred: join(project, `environments/${id}.ts`) };
const apps = {
  empty: () => seconds(files.empty, "empty"),
  production: () => seconds("main.ts", "production"),
  "100 servers": () => seconds("main.ts", id),
} as const;
const runAll = (): Readonly<Record<keyof typeof apps, number>> => ({
  empty: apps.empty(),
  production: apps.production(),
  "100 servers": apps["100 servers"](),
});

try {
  writeFileSync(files.empty, empty);
  writeFileSync(files.hundred, hundred);
  runAll();
  const runs = Array.from({ length: pairs }, runAll);
  const typical = (app: keyof typeof apps): string => median(runs.map((run) => run[app])).toFixed(2);
  console.log(`empty app    ${typical("empty")} s (median of ${pairs})`);
  for (const [app, limit] of [
    ["production", 1.5],
    ["100 servers", 2.5],
  ] as const) {
    const ratio = median(runs.map((run) => run[app] / run.empty));
    const verdict = ratio <= limit ? "within" : "ABOVE";
    console.log(
      `${app.padEnd(12)} ${typical(app)} s, ${ratio.toFixed(2)} times the empty app: ${verdict} the limit of ${limit}`,
    );
    if (ratio > limit) process.exitCode = 1;
  }
} finally {
  for (const file of [...Object.values(files), folder]) rmSync(file, { recursive: true, force: true });
}
