import { createInterface } from "node:readline";
import { execa } from "execa";
import { ports } from "../modules/platform/ports.js";
import { runSteps } from "./cli/run-steps.js";
import { takeDown } from "./down.js";
import { Lab } from "./lab.js";
import { layout } from "./layout.js";
import type { LoadProps } from "./load/load.js";
import { loadSettings } from "./settings.js";
import { takeLock } from "./system/lock.js";
import { upSteps } from "./up.js";

/** What is wanted of the lab and of what it boots. */
const goals = {
  warmStartSeconds: 75,
  /** Requests a second of the whole way, as a share of what the application serves when it is called directly. */
  throughputShare: 0.5,
  /** At 200 requests a second. */
  p99Ms: 50,
  proofMinutes: 25,
} as const;

/** Parts of the measurement, in their order. */
export const benchParts = ["start", "requests", "memory", "proof"] as const;
export type BenchPart = (typeof benchParts)[number];

/** Properties of {@link bench}. */
export interface BenchProps {
  readonly parts: readonly BenchPart[];
  /** Whether the start is that of a host that never had a lab: the cache is removed before. @default false */
  readonly cold?: boolean;
}

/** Measures what is asked for and prints it as it becomes known. All load runs on the processors that carry the lab. */
export async function bench({ parts, cold = false }: BenchProps): Promise<void> {
  const lock = await takeLock("npm run lab bench");
  if (parts.includes("start")) await start(cold);
  if (parts.includes("requests")) await requests(await Lab.attach());
  if (parts.includes("memory")) await memory(await Lab.attach());
  await lock.release();
  if (parts.includes("proof")) await proof();
}

const against = (met: boolean, goal: string): string => `${met ? "meets" : "MISSES"} the goal: ${goal}`;

async function start(cold: boolean): Promise<void> {
  const overrides = (await loadSettings(layout))?.overrides ?? {};
  await takeDown(layout, { purge: cold });
  const seconds = await runSteps(upSteps(layout, overrides));
  console.log(
    `start with ${cold ? "nothing in the cache" : "a warm cache"}: ${seconds.toFixed(1)} s to the first good answer` +
      (cold ? "" : `; ${against(seconds <= goals.warmStartSeconds, `at most ${goals.warmStartSeconds} s`)}`),
  );
}

/** Rates that are tried, in requests per second, until one is too much. */
const rates = [100, 200, 400, 600, 800, 1000, 1200, 1500, 2000] as const;
const secondsPerRate = 8;
/** A rate is too much when requests fail or more than one in a hundred takes longer than this. */
const patienceMs = 500;

interface Measured {
  readonly rate: number;
  readonly p50: number;
  readonly p99: number;
  readonly failed: number;
}

const tooMuch = ({ failed, p99 }: Measured): boolean => failed > 0 || p99 > patienceMs;

async function requests(lab: Lab): Promise<void> {
  const [machine] = lab.machines;
  if (machine === undefined) throw new Error("lab: there is no machine to measure");
  const site = await latencies(lab, "front page through edge, balancer, nginx, application and database", {
    url: lab.url("/"),
  });
  const direct = await latencies(lab, "the application called directly", {
    url: `http://127.0.0.1:${ports.application}/`,
    from: machine.name,
  });
  const [most = 0, mostDirect = 0] = [site, direct].map((way) => way.findLast((one) => !tooMuch(one))?.rate);
  const at200 = site.find(({ rate }) => rate === 200)?.p99 ?? Infinity;
  console.log(
    `most a second without a failure and with p99 of at most ${patienceMs} ms: ${most}, directly ${mostDirect}; ` +
      against(most >= mostDirect * goals.throughputShare, `at least ${goals.throughputShare} of it`),
  );
  console.log(`p99 at 200 a second: ${at200} ms; ${against(at200 < goals.p99Ms, `under ${goals.p99Ms} ms`)}`);
}

/** Latencies at rising rates, up to the first that is too much. */
async function latencies(lab: Lab, way: string, target: Pick<LoadProps, "url" | "from">): Promise<Measured[]> {
  console.log(`${way}:`);
  const found: Measured[] = [];
  for (const rate of rates) {
    const load = { ...target, ratePerSecond: rate, seconds: secondsPerRate, keepAlive: true };
    const result = { rate, ...(await lab.load(load)) };
    found.push(result);
    const { p50, p99, failed } = result;
    console.log(
      `  ${rate} a second: p50 ${p50} ms, p99 ${p99} ms${tooMuch(result) ? `: too much, ${failed} failed` : ""}`,
    );
    if (tooMuch(result)) break;
  }
  return found;
}

async function memory(lab: Lab): Promise<void> {
  const mib = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`;
  for (const machine of lab.machines) {
    const { anonymousBytes, totalBytes } = await machine.memory();
    console.log(`memory of ${machine.name}: ${mib(anonymousBytes)}, ${mib(totalBytes)} with page cache`);
  }
}

/** The whole proof, which measures what becomes of writes and requests when things break; its figures and how long it takes. */
async function proof(): Promise<void> {
  const started = performance.now();
  const run = execa("npm", ["run", "--silent", "test:lab"], { reject: false, all: true, buffer: false });
  for await (const line of createInterface(run.all)) if (/FIGURE|✓|×|FAIL/.test(line)) console.log(line);
  const { exitCode } = await run;
  const minutes = (performance.now() - started) / 60_000;
  console.log(
    `npm run test:lab: ${minutes.toFixed(1)} minutes; ${against(minutes <= goals.proofMinutes, `at most ${goals.proofMinutes}`)}`,
  );
  if (exitCode !== 0) throw new Error(`lab: the proof failed (exit code ${exitCode}); run \`npm run test:lab\``);
}
