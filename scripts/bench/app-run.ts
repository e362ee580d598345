import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { project, report, seconds } from "./figure.js";

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

/** Measures runs of the app for production and for 100 servers. The first runs do not count, because they warm the caches. */
export function appRun(pairs: number): void {
  const folder = mkdtempSync(join(tmpdir(), "bench-"));
  // In the project's folder, so that packages resolve; with the process id, so that two runs can work in parallel.
  const id = `bench-${process.pid}`;
  const file = join(project, `environments/${id}.ts`);
  const time = (environment: string): number =>
    seconds(process.execPath, ["--import", "tsx", "main.ts"], {
      cwd: project,
      env: { ...process.env, ENVIRONMENT: environment, CDKTF_OUTDIR: join(folder, environment) },
    });
  const runAll = () => ({ production: time("production"), hundred: time(id) });
  try {
    writeFileSync(file, hundred);
    runAll();
    const runs = Array.from({ length: pairs }, (_, index) => {
      const run = runAll();
      const shown = Object.entries(run).map(([app, value]) => `${app} ${value.toFixed(2)} s`);
      console.log(`  pair ${index + 1} of ${pairs}: ${shown.join(", ")}`);
      return run;
    });
    report({ what: "production", value: median(runs.map(({ production }) => production)), limit: 2, unit: " s" });
    const ratio = median(runs.map((run) => run.hundred / run.production));
    report({ what: "100 servers against production", value: ratio, limit: 2.5, unit: " times" });
  } finally {
    for (const path of [file, folder]) rmSync(path, { recursive: true, force: true });
  }
}
