import { beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { targetHealth } from "../../lab/balancer/balancer.js";
import type { Lab } from "../../lab/lab.js";
import type { Machine } from "../../lab/machine/machine.js";
import { sleep } from "../../lab/system/shell.js";
import { drop, from } from "./support/dropped-packets.js";
import { labInAnyMode } from "./support/lab-in-mode.js";
import { failedBetween, failures, figure, now, seconds, timed } from "./support/figures.js";
import { errantTransactions, settled, takenOut, type WholeGroup, wholeGroup } from "../../lab/group.js";
import { lostWrites, startWriting } from "../../lab/load/writes.js";

let lab: Lab;
let group: WholeGroup;

beforeAll(async () => {
  lab = await labInAnyMode();
});
beforeEach(async () => {
  group = await settled(lab);
});

/**
 * Returns the maximum number of seconds until the load balancer drains a target that does not respond: one interval and one timeout for
 * each retry.
 */
const slowestNotice = (): number => {
  const { intervalSeconds, timeoutSeconds, retries } = lab.blueprint.environment.config.loadBalancer.healthCheck;
  return (intervalSeconds + timeoutSeconds) * retries;
};

/**
 * Starts visitors who read and write, and waits for 4 s. @returns function `leave`, which stops the visitors and returns the results of
 * their requests
 */
async function visitors(seconds: number) {
  const over = new AbortController();
  onTestFinished(() => over.abort());
  const writing = await startWriting(lab, group, { seconds, ratePerSecond: 10 }, over.signal);
  const reading = lab.load({ url: lab.url(), ratePerSecond: 20, seconds }, over.signal);
  await sleep(4);
  const leave = () => {
    over.abort();
    return Promise.all([reading, writing.end]);
  };
  return { leave };
}

/** Returns how often the load balancer has drained each server. */
const removals = async (): Promise<Record<string, number>> =>
  Object.fromEntries((await targetHealth(lab.layout)).map(({ target, removals }) => [target, removals]));

const victimOf = (role: "replica" | "primary"): Machine =>
  role === "primary" ? group.primary : (group.replicas[0] as Machine);

describe("a server that dies while visitors read and write", () => {
  it.each(["replica", "primary"] as const)(
    "if a server dies, requests fail only until the load balancer detects the dead %s, and writes continue",
    async (role) => {
      const victim = victimOf(role);
      const survivors = lab.machines.filter((machine) => machine !== victim);
      const { leave } = await visitors(60);
      // The test allows failures of requests that were sent up to 0.5 s before this time, because such requests may still be in transit.
      const died = now();
      await victim.kill();
      const dead = now();
      await takenOut(lab, victim);
      // The margin covers requests in transit, and the interval of 0.1 s between two queries of the load balancer.
      const noticed = now() + 0.3;
      await wholeGroup(lab, survivors);
      const elected = now() + 0.3;
      await sleep(6);
      const [reads, writes] = await leave();
      for (const [load, from] of [
        [reads, noticed],
        [writes, Math.max(noticed, elected)],
      ] as const)
        expect({ before: failedBetween(load, 0, died - 0.5), after: failedBetween(load, from, Infinity) }).toEqual({
          before: 0,
          after: 0,
        });
      expect(writes.worksAgain).toBe(true);
      expect(await lostWrites(await wholeGroup(lab, survivors), writes)).toEqual({});
      expect(noticed - dead).toBeLessThan(slowestNotice() + 2);
      figure(
        `${role} dies`,
        `balancer detects it after ${seconds(noticed - dead)}; until then, reads: ${failures(reads)}, writes: ${failures(writes)}; none failed later; ${seconds(writes.longestGap)} without a write`,
      );
      await victim.start();
      expect(await errantTransactions(await wholeGroup(lab))).toEqual({});
    },
  );
});

describe("a server that is shut down while visitors read and write", () => {
  it.each(["replica", "primary"] as const)(
    "if the server of the %s shuts down cleanly, no request fails and writes continue",
    async (role) => {
      const victim = victimOf(role);
      const survivors = lab.machines.filter((machine) => machine !== victim);
      const { leave } = await visitors(100);
      const { seconds: took } = await timed(() => victim.off());
      await wholeGroup(lab, survivors);
      await sleep(4);
      const [reads, writes] = await leave();
      expect({ reads: reads.failures, writes: writes.failures }).toEqual({ reads: [], writes: [] });
      expect(await lostWrites(await wholeGroup(lab, survivors), writes)).toEqual({});
      figure(
        `${role} is shut down`,
        `off after ${seconds(took)}; 0 of ${reads.sent} reads and 0 of ${writes.sent} writes failed, ${seconds(writes.longestGap)} without a write`,
      );
      await victim.start();
      expect(await errantTransactions(await wholeGroup(lab))).toEqual({});
    },
  );
});

describe("a killed service that does not restart", () => {
  it.each(["nginx", "haproxy"])(
    "if a service is killed, requests fail only until the load balancer detects the killed %s",
    async (service) => {
      const victim = group.primary;
      const dropIn = `/run/systemd/system/${service}.service.d/stay-down.conf`;
      const restored = ["sh", "-c", `rm -f ${dropIn}; systemctl daemon-reload; systemctl restart ${service}`] as const;
      onTestFinished(async () => void (await victim.tryExec(restored)));
      const stayDown = `mkdir -p $(dirname ${dropIn}); printf '[Service]\\nRestart=no\\n' >${dropIn}; systemctl daemon-reload`;
      await victim.exec(["sh", "-c", stayDown]);
      const { leave } = await visitors(30);
      const died = now();
      await victim.exec(["systemctl", "kill", "--signal=KILL", `${service}.service`]);
      await takenOut(lab, victim);
      const noticed = now() + 0.3;
      await sleep(6);
      const [reads, writes] = await leave();
      for (const load of [reads, writes])
        expect({ before: failedBetween(load, 0, died - 0.5), after: failedBetween(load, noticed, Infinity) }).toEqual({
          before: 0,
          after: 0,
        });
      figure(
        `${service} of the primary is killed`,
        `balancer detects it after ${seconds(noticed - 0.3 - died)}; until then, reads: ${failures(reads)}, writes: ${failures(writes)}; none failed later`,
      );
      await victim.exec(restored);
    },
  );
});

describe("a server that receives packets from the balancer but not from the other servers", () => {
  it("a server that receives no packets from the other servers is out of service, because it cannot reach a database", async () => {
    const victim = group.primary;
    const survivors = lab.machines.filter((machine) => machine !== victim);
    const { leave } = await visitors(60);
    const cutOff = now();
    const heal = await drop(victim, { incoming: group.replicas.map(from) });
    onTestFinished(async () => void (await heal().catch(() => undefined)));
    await takenOut(lab, victim);
    const noticed = now() + 0.3;
    await wholeGroup(lab, survivors);
    const elected = now() + 0.3;
    await sleep(6);
    const [reads, writes] = await leave();
    expect(failedBetween(reads, noticed, Infinity)).toBe(0);
    expect(failedBetween(writes, Math.max(noticed, elected), Infinity)).toBe(0);
    expect(await lostWrites(await wholeGroup(lab, survivors), writes)).toEqual({});
    figure(
      "the primary receives packets only from the balancer",
      `out of service after ${seconds(noticed - 0.3 - cutOff)}; until then, reads: ${failures(reads)}, writes: ${failures(writes)}; none failed later`,
    );
    await heal();
    await settled(lab);
  });
});

/** Duration of the constant load in seconds. A full measurement takes ten minutes (STEADY_SECONDS=600). @default 60 */
const steadySeconds = Number(process.env["STEADY_SECONDS"] ?? 60);

describe("three healthy servers under 200 requests per second", () => {
  it(
    "no health check fails under 200 requests per second, so every server stays in service",
    { timeout: (steadySeconds + 120) * 1000 },
    async () => {
      const before = await removals();
      const load = await lab.load({ url: lab.url(), ratePerSecond: 200, seconds: steadySeconds, keepAlive: true });
      expect({ failures: load.failures, removals: await removals() }).toEqual({ failures: [], removals: before });
      figure("200 requests per second", `${load.sent} in ${steadySeconds} s, 0 failed, no server drained`);
    },
  );
});
