import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { ports } from "../modules/platform/ports.js";
import { runSteps } from "./cli/run-steps.js";
import { takeDown } from "./down.js";
import { Lab } from "./lab.js";
import { layout } from "./layout.js";
import { client } from "./network/addresses.js";
import { loadSettings } from "./settings.js";
import { ControlGroup, groupNames } from "./system/control-group.js";
import { takeLock } from "./system/lock.js";
import { upSteps } from "./up.js";

/** Target values of the measurements. */
const goals = {
  warmStartSeconds: 75,
  /** Minimum ratio of the throughput through the edge to the throughput of the application without edge, balancer and nginx. */
  throughputShare: 0.5,
  /** Upper limit of the 99th percentile of the latency at 200 requests per second, in milliseconds. */
  p99Ms: 50,
  proofMinutes: 25,
} as const;

/** Names of all parts of the measurement, in the order in which `bench` runs the parts. */
export const benchParts = ["start", "requests", "memory", "proof"] as const;
/** One part of the measurement. */
export type BenchPart = (typeof benchParts)[number];

/** Properties of {@link bench}. */
export interface BenchProps {
  /** Parts to measure. `bench` always uses the order of {@link benchParts}. */
  readonly parts: readonly BenchPart[];
  /** If true, `bench` removes the cache before it starts the lab, as on a new host. @default false */
  readonly cold?: boolean;
}

/** Measures the given parts and prints each result immediately. The load generator shares the processors with the lab. */
export async function bench({ parts, cold = false }: BenchProps): Promise<void> {
  const lock = await takeLock("npm run lab bench");
  if (parts.includes("start")) await start(cold);
  if (parts.includes("requests")) await requests(await Lab.attach());
  if (parts.includes("memory")) await memory(await Lab.attach());
  await lock.release();
  if (parts.includes("proof")) await proof();
}

const against = (met: boolean, goal: string): string => `${met ? "meets" : "MISSES"} the target: ${goal}`;

async function start(cold: boolean): Promise<void> {
  const overrides = (await loadSettings(layout))?.overrides ?? {};
  await takeDown(layout, { purge: cold });
  const seconds = await runSteps(upSteps(layout, overrides));
  console.log(
    `start with ${cold ? "nothing in the cache" : "a warm cache"}: ${seconds.toFixed(1)} s until the first successful response` +
      (cold ? "" : `; ${against(seconds <= goals.warmStartSeconds, `at most ${goals.warmStartSeconds} s`)}`),
  );
}

/** Number of parallel connections for the measurement of the maximum throughput. */
const connections = 16;
const secondsPerWay = 10;

/** Output of wrk-summary.lua after one run of wrk. The latencies `p50` and `p99` are in milliseconds. */
interface Throughput {
  readonly sent: number;
  readonly seconds: number;
  readonly failed: number;
  readonly p50: number;
  readonly p99: number;
}

async function requests(lab: Lab): Promise<void> {
  const [machine] = lab.machines;
  if (machine === undefined) throw new Error("lab: no machine to measure; run `npm run lab up`");
  const { pagePath } = lab.blueprint.environment.config.application;
  const site = await most(lab, client.name, lab.url(), "through edge, balancer, nginx, application and database");
  const direct = await most(
    lab,
    machine.name,
    `http://127.0.0.1:${ports.application}${pagePath}`,
    "the application alone",
  );
  const share = site / direct;
  console.log(
    `share: ${share.toFixed(2)}; ${against(share >= goals.throughputShare, `at least ${goals.throughputShare}`)}`,
  );
  const { p50, p99, failed } = await lab.load({
    url: lab.url(),
    ratePerSecond: 200,
    seconds: secondsPerWay,
    keepAlive: true,
  });
  const calm = failed === 0 && p99 < goals.p99Ms;
  console.log(
    `200 per second: p50 ${p50} ms, p99 ${p99} ms, ${failed} failed; ${against(calm, `p99 under ${goals.p99Ms} ms`)}`,
  );
}

/** Warms up, then measures the maximum read rate of a page. @returns reads per second */
async function most(lab: Lab, from: string, url: string, way: string): Promise<number> {
  const command = (seconds: number) =>
    ["wrk", "-t", "1", "-c", `${connections}`, "-d", `${seconds}`, "-s", wrkSummary, url] as const;
  await lab.execIn(from, command(3));
  const before = await cpuByPlace();
  const output = await lab.execIn(from, command(secondsPerWay));
  const after = await cpuByPlace();
  const { sent, seconds, failed, p50, p99 } = JSON.parse(output.slice(output.lastIndexOf("\n{"))) as Throughput;
  const cost = Object.entries(after).map(
    ([place, used]) => `${place} ${(((used - (before[place] ?? 0)) / sent) * 1000).toFixed(2)} ms`,
  );
  console.log(`${way}: ${Math.round(sent / seconds)} per second, p50 ${p50} ms, p99 ${p99} ms, ${failed} failed`);
  console.log(`  processor time per request: ${cost.join(", ")}`);
  return sent / seconds;
}

const wrkSummary = fileURLToPath(new URL("load/wrk-summary.lua", import.meta.url));

/** Returns the processor time in seconds that the machines and the stand-ins have used since their start. */
async function cpuByPlace(): Promise<Readonly<Record<string, number>>> {
  const used: Record<string, number> = { machines: 0, "stand-ins": 0 };
  for (const name of await groupNames()) {
    const place = name.startsWith("machine-") ? "machines" : "stand-ins";
    used[place] = (used[place] ?? 0) + (await new ControlGroup(name).cpuSeconds());
  }
  return used;
}

async function memory(lab: Lab): Promise<void> {
  const mib = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`;
  for (const machine of lab.machines) {
    const { anonymousBytes, totalBytes } = await machine.memory();
    console.log(`memory of ${machine.name}: ${mib(anonymousBytes)}, ${mib(totalBytes)} with page cache`);
  }
}

/** Runs all lab tests. Prints the figures that the tests report and the total duration. */
async function proof(): Promise<void> {
  const started = performance.now();
  const run = execa("npm", ["run", "--silent", "test:lab"], { reject: false, all: true, buffer: false });
  for await (const line of createInterface(run.all)) if (/FIGURE|✓|×|FAIL/.test(line)) console.log(line);
  const { exitCode } = await run;
  const minutes = (performance.now() - started) / 60_000;
  console.log(
    `npm run test:lab: ${minutes.toFixed(1)} minutes; ${against(minutes <= goals.proofMinutes, `at most ${goals.proofMinutes}`)}`,
  );
  if (exitCode !== 0)
    throw new Error(`lab: the lab tests failed (exit code ${exitCode}); run \`npm run test:lab\` for details`);
}
