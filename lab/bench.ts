import Table from "cli-table3";
import { ports } from "../modules/platform/ports.js";
import type { Lab } from "./lab.js";
import type { LoadProps } from "./load/load.js";

/** Rates that are tried, in requests per second, until one is too much. */
const rates = [50, 100, 200, 300, 400, 500, 600, 800, 1000, 1500, 2000] as const;
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

/** Measures speed and size of a lab that is up, and prints them. The load itself runs on the same processors. */
export async function bench(lab: Lab): Promise<void> {
  const [machine] = lab.machines;
  if (machine === undefined) throw new Error("lab: there is no machine to measure");
  const ways = [
    { name: "through edge, balancer and nginx", target: { url: lab.url("/") } },
    {
      name: "the application called directly",
      target: { url: `http://127.0.0.1:${ports.application}/`, from: machine.name },
    },
  ];
  const measured = [];
  for (const { name, target } of ways) measured.push({ name, results: await latencies(lab, target) });

  const table = new Table({ head: ["GET / a second", ...measured.map(({ name }) => `${name}: p50, p99`)], style });
  for (const rate of rates)
    table.push([rate, ...measured.map(({ results }) => shown(results.find((result) => result.rate === rate)))]);
  console.log(table.toString());
  const [site = 0, direct = 0] = measured.map(({ results }) => results.findLast((one) => !tooMuch(one))?.rate ?? 0);
  console.log(`most without failures and with p99 of at most ${patienceMs} ms: ${site}/s, directly ${direct}/s`);
  for (const { name, memory } of await memoryOf(lab)) console.log(`memory of ${name}: ${memory}`);
  console.log(
    "failover gaps, failed requests and clone time: the lines FIGURE of `npm run test:lab -- database availability`",
  );
}

const style = { head: [], border: [], compact: true };

const shown = (measured?: Measured): string => {
  if (measured === undefined) return "";
  const { p50, p99, failed } = measured;
  return `${p50} ms, ${p99} ms${tooMuch(measured) ? `: too much, ${failed} failed` : ""}`;
};

/** Latencies at rising rates, up to the first that is too much. */
async function latencies(lab: Lab, target: Pick<LoadProps, "url" | "from">): Promise<Measured[]> {
  const found: Measured[] = [];
  for (const rate of rates) {
    const load = { ...target, ratePerSecond: rate, seconds: secondsPerRate, keepAlive: true };
    const result = { rate, ...(await lab.load(load)) };
    found.push(result);
    if (tooMuch(result)) break;
  }
  return found;
}

const memoryOf = (lab: Lab): Promise<{ readonly name: string; readonly memory: string }[]> =>
  Promise.all(
    lab.machines.map(async (machine) => {
      const { anonymousBytes, totalBytes } = await machine.memory();
      const mib = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`;
      return { name: machine.name, memory: `${mib(anonymousBytes)}, ${mib(totalBytes)} with page cache` };
    }),
  );
