import type { Lab } from "./lab.js";

/** Measures the figures of the closing note and prints them. */
export async function bench(lab: Lab): Promise<void> {
  const through = await lab.load({ url: lab.url("/"), ratePerSecond: 200, seconds: 15, keepAlive: true });
  console.log(
    `200 requests/s through edge and balancer: ${through.failed} failed, p50 ${through.p50} ms, p99 ${through.p99} ms`,
  );
  for (const machine of lab.machines) {
    const { anonymousBytes, totalBytes } = await machine.memory();
    console.log(
      `${machine.name}: ${Math.round(anonymousBytes / 2 ** 20)} MiB, ${Math.round(totalBytes / 2 ** 20)} MiB with page cache`,
    );
  }
}
