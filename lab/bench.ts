import { ports } from "../modules/platform/ports.js";
import type { Lab } from "./lab.js";
import type { LoadProps } from "./load/load.js";

/** Rates that are tried, in requests per second, until one is too much. */
const rates = [50, 100, 200, 300, 450, 700, 1000] as const;
/** A rate is too much when requests fail or more than one in a hundred takes longer than this. */
const patienceMs = 500;

/** Measures what the lab can tell about speed and size, and prints it. The load itself runs on the same processors. */
export async function bench(lab: Lab): Promise<void> {
  const [machine] = lab.machines;
  if (machine === undefined) throw new Error("lab: there is no machine to measure");
  const direct = { url: `http://127.0.0.1:${ports.application}/`, from: machine.name };
  console.log(
    `through edge, balancer, nginx, application and database: ${await latencies(lab, { url: lab.url("/") })}`,
  );
  console.log(`the application of ${machine.name} and the database: ${await latencies(lab, direct)}`);
  for (const { name, memory } of await memoryOf(lab)) console.log(`memory of ${name}: ${memory}`);
}

/** Latencies at rising rates, up to the first that is too much. */
async function latencies(lab: Lab, target: Pick<LoadProps, "url" | "from">): Promise<string> {
  const found: string[] = [];
  for (const ratePerSecond of rates) {
    const { failed, p50, p99 } = await lab.load({ ...target, ratePerSecond, seconds: 8, keepAlive: true });
    if (failed > 0 || p99 > patienceMs) {
      found.push(`${ratePerSecond}/s is too much (${failed} failed, p99 ${p99} ms)`);
      break;
    }
    found.push(`${ratePerSecond}/s p50 ${p50} ms p99 ${p99} ms`);
  }
  return found.join("; ");
}

const memoryOf = (lab: Lab): Promise<{ readonly name: string; readonly memory: string }[]> =>
  Promise.all(
    lab.machines.map(async (machine) => {
      const { anonymousBytes, totalBytes } = await machine.memory();
      const mib = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`;
      return { name: machine.name, memory: `${mib(anonymousBytes)}, ${mib(totalBytes)} with page cache` };
    }),
  );
