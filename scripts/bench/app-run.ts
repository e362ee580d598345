import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { project, report, seconds } from "./figure.js";

const empty = `import { App, TerraformStack } from "cdktf";
const app = new App();
new TerraformStack(app, "empty");
app.synth();
`;

/** The production environment with 97 more web servers, ten per placement group, and a load balancer that supports them. */
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

/**
 * Compares the time of an app run with an empty CDKTF app, in pairs on the same machine, so that its load affects both. The result is the median
 * of the pairs' ratios. The first runs do not count, because they warm the caches.
 */
export function appRun(pairs: number): void {
  const folder = mkdtempSync(join(tmpdir(), "bench-"));
  // In the project's folder, so that packages resolve; with the process id, so that two runs can work in parallel.
  const id = `bench-${process.pid}`;
  const files = { empty: join(project, `.${id}.mts`), hundred: join(project, `environments/${id}.ts`) };
  const time = (file: string, environment: string): number =>
    seconds(process.execPath, ["--import", "tsx", file], {
      cwd: project,
      env: { ...process.env, ENVIRONMENT: environment, CDKTF_OUTDIR: join(folder, environment) },
    });
  const runAll = () => ({
    empty: time(files.empty, "empty"),
    production: time("main.ts", "production"),
    hundred: time("main.ts", id),
  });
  try {
    writeFileSync(files.empty, empty);
    writeFileSync(files.hundred, hundred);
    runAll();
    const runs = Array.from({ length: pairs }, (_, index) => {
      const run = runAll();
      const shown = Object.entries(run).map(([app, value]) => `${app} ${value.toFixed(2)} s`);
      console.log(`  pair ${index + 1} of ${pairs}: ${shown.join(", ")}`);
      return run;
    });
    const ratio = (app: "production" | "hundred"): number => median(runs.map((run) => run[app] / run.empty));
    report({ what: "production against an empty app", value: ratio("production"), limit: 1.5, unit: " times" });
    report({ what: "100 servers against an empty app", value: ratio("hundred"), limit: 2.5, unit: " times" });
  } finally {
    for (const file of [...Object.values(files), folder]) rmSync(file, { recursive: true, force: true });
  }
}
