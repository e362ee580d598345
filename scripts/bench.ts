import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { performance } from "node:perf_hooks";

/**
 * Times an app run against an empty CDKTF app, in pairs on the same machine so that its load hits both alike,
 * and prints the median of each and of the pairs' ratios. `npm run bench -- 7` runs seven pairs.
 */
const pairs = Number(process.argv[2] ?? 5);
const limits = { production: 1.5, "100 servers": 2.5 } as const;

const project = resolve(import.meta.dirname, "..");
const folder = mkdtempSync(join(tmpdir(), "bench-"));

const empty = `import { App, TerraformStack } from "cdktf";
const app = new App();
new TerraformStack(app, "empty");
app.synth();
`;

/** The production environment with 97 more web servers, ten to a placement group, on a balancer that takes them all. */
const hundred = `import production from "${project}/environments/production.ts";
import { App } from "cdktf";
import { checkEnvironment } from "${project}/modules/config/load.ts";
import { applyPolicies } from "${project}/modules/policies/index.ts";
import { addStacks } from "${project}/stacks/index.ts";
const more = Array.from({ length: 97 }, (_, index) => [
  "web-" + index,
  { privateIp: "10.0.1." + (130 + index), roles: ["web"], placementGroup: "web-" + Math.floor(index / 10) },
]);
const config = checkEnvironment("production", {
  ...production,
  loadBalancer: { type: "lb31" },
  servers: { ...production.servers, ...Object.fromEntries(more) },
});
const app = new App();
addStacks(app, config);
applyPolicies(app, config);
app.synth();
`;

/** Wall time of one run, in seconds. @throws Error with the run's output when it fails */
function seconds(file: string): number {
  const begin = performance.now();
  const run = spawnSync(process.execPath, ["--import", "tsx", file], {
    cwd: project,
    encoding: "utf8",
    env: { ...process.env, CDKTF_OUTDIR: join(folder, "out") },
  });
  if (run.status !== 0) throw new Error(`${file} failed:\n${run.stdout}${run.stderr}`);
  return (performance.now() - begin) / 1000;
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

function script(name: string, source: string): string {
  // Beside the project's modules, so that packages resolve.
  const file = join(project, `.bench-${name}.mts`);
  writeFileSync(file, source);
  return file;
}

const files = { empty: script("empty", empty), hundred: script("hundred", hundred) };
try {
  const runs = Array.from({ length: pairs }, () => ({
    empty: seconds(files.empty),
    production: seconds("main.ts"),
    "100 servers": seconds(files.hundred),
  }));
  const times = (name: keyof (typeof runs)[number]): readonly number[] => runs.map((run) => run[name]);
  console.log(`empty app    ${median(times("empty")).toFixed(2)} s (median of ${pairs})`);
  for (const name of ["production", "100 servers"] as const) {
    const ratio = median(runs.map((run) => run[name] / run.empty));
    const verdict = ratio <= limits[name] ? "within" : "ABOVE";
    console.log(
      `${name.padEnd(12)} ${median(times(name)).toFixed(2)} s, ${ratio.toFixed(2)} times the empty app: ${verdict} the limit of ${limits[name]}`,
    );
    if (ratio > limits[name]) process.exitCode = 1;
  }
} finally {
  for (const file of [...Object.values(files), folder]) rmSync(file, { recursive: true, force: true });
}
