import { writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import input from "../../../lab/input.js";
import { settled } from "../../../lab/group.js";
import { Lab } from "../../../lab/lab.js";
import type { Machine } from "../../../lab/machine/machine.js";
import { query } from "../../../lab/machine/sql.js";
import { openToAll } from "../../../lab/network/addresses.js";
import { sleep, waitFor } from "../../../lab/system/shell.js";
import { applicationSecretVariable } from "../../../modules/derived/secrets.js";
import { applicationSecret } from "../../../modules/platform/paths.js";
import { users } from "../../../modules/platform/users.js";
import { failures, figure, seconds, timed } from "../support/figures.js";
import { ops, statusNow } from "../support/operator.js";
import { passed, probeFromServer, type Target } from "../support/probes.js";
import { unnoticed } from "../support/under-load.js";

/** Tests of optional settings of an application: an outbound destination, a secret, a worker and scheduled jobs. */

const node = (script: string): [string, string, string] => ["/usr/bin/node", "-e", script];
let lab: Lab;

beforeAll(async () => {
  await (await Lab.attach().catch(() => undefined))?.down();
  const application = {
    ...input.application,
    listens: "port" as const,
    egress: [{ cidr: `${openToAll.ipv4}/32`, ports: [25] }],
    secrets: { PAYMENT_KEY: { maxBytes: 64 } },
    // This worker logs one line per second.
    workers: { tick: { command: node("setInterval(() => console.log('worker tick'), 1000)") } },
    schedules: {
      report: { command: node("console.log('report begun'); setTimeout(() => {}, 20000)"), at: "minutely" },
      again: {
        command: node("console.log('again begun'); setTimeout(() => {}, 20000)"),
        at: "minutely",
        repeatable: true,
      },
    },
  };
  lab = await Lab.up({ application }, (title) => console.log(`lab up: ${title}`));
  await settled(lab);
});
afterAll(async () => {
  await (await Lab.attach().catch(() => undefined))?.down();
});

/** Returns the names of the servers on which the worker's process runs. */
async function working(): Promise<readonly string[]> {
  const found = await Promise.all(
    lab.machines.map(async (machine) => {
      // An error means that the machine is off, so the worker does not run there.
      const found = await machine
        .tryExec(["pgrep", "--full", "^/usr/bin/node -e setInterval"])
        .catch(() => ({ ok: false }));
      return found.ok ? [machine.name] : [];
    }),
  );
  return found.flat();
}

const machineOf = (name: string): Machine => {
  const machine = lab.machines.find((one) => one.name === name);
  if (machine === undefined) throw new Error(`no machine ${name}`);
  return machine;
};

/** Counts the starts of a scheduled job in the journals of all servers. @returns number of starts, with the minute as the key */
async function begins(word: string): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  for (const machine of lab.machines) {
    const lines = await machine.exec([
      "bash",
      "-c",
      `journalctl --output=short-iso --utc --no-pager SYSLOG_IDENTIFIER=app | grep ' ${word} begun$' || true`,
    ]);
    for (const line of lines.split("\n").filter(Boolean)) {
      const minute = line.slice(0, 16);
      counts.set(minute, (counts.get(minute) ?? 0) + 1);
    }
  }
  return counts;
}

describe("a custom application", () => {
  it("the application reaches only the destination and port in the setting `egress`", async () => {
    const at = (address: string, port: number): Target => ({
      name: address,
      address,
      network: "public",
      protocol: "tcp",
      port,
    });
    const targets = [25, 80, 443, 40404].flatMap((port) => [at(openToAll.ipv4, port), at(openToAll.ipv6, port)]);
    for (const machine of lab.machines) {
      const outcomes = await probeFromServer(machine, [users.application, users.nginx], targets);
      const reached = (user: string): string[] =>
        targets
          .filter((_, index) => passed(outcomes[user]?.[index] ?? "silent"))
          .map((one) => `${one.name} ${one.port}`);
      expect([reached(users.application), reached(users.nginx)]).toEqual([[`${openToAll.ipv4} 25`], []]);
    }
  });

  it("if an application opens its own port, no request fails while it is restarted on one server after the other", async () => {
    const loading = lab.load({ url: lab.url(), ratePerSecond: 20, seconds: 40 });
    await sleep(3);
    for (const machine of lab.machines) {
      await machine.exec(["systemctl", "restart", "app.service"], { timeoutSeconds: 60 });
      await sleep(3);
    }
    const reads = await loading;
    figure("an application that opens its port itself, restarted three times", failures(reads));
    expect(reads.failed).toBe(0);
  });

  it("only the application's user can read the file with an application secret", async () => {
    for (const machine of lab.machines)
      expect(await machine.exec(["stat", "--format=%a %U %s", applicationSecret("PAYMENT_KEY")])).toMatch(
        /^600 app \d+$/,
      );
  });

  it("`npm run ops rotate application-secrets` replaces an application secret without a failed request, and a second run changes nothing", async () => {
    const file = path.join(lab.layout.secrets, applicationSecretVariable("PAYMENT_KEY"));
    const pidOf = (machine: Machine): Promise<string> =>
      machine.exec(["systemctl", "show", "app.service", "--property=MainPID", "--value"]);
    const pids = () => Promise.all(lab.machines.map(pidOf));
    const before = await pids();
    await writeFile(file, "another value", { mode: 0o600 });
    const group = await settled(lab);
    const { result, told } = await unnoticed(lab, group, () => ops("rotate", "application-secrets"), {
      ratePerSecond: 20,
    });
    expect(result).toMatchObject({ exitCode: 0, stderr: "" });
    figure("ops rotate application-secrets", told);
    for (const machine of lab.machines)
      expect(await machine.exec(["cat", applicationSecret("PAYMENT_KEY")])).toBe("another value");
    const after = await pids();
    expect(after.filter((pid, index) => pid === before[index])).toEqual([]);
    expect(await ops("rotate", "application-secrets")).toMatchObject({ exitCode: 0, stderr: "" });
    expect(await pids()).toEqual(after);
    expect(await statusNow()).toMatchObject({ needsHand: [], lock: null });
  });

  it("a worker of the application runs on exactly one server; if this server dies, another server starts the worker within 60 s", async () => {
    await waitFor("the worker", async (see) => see(await working()).length === 1, { timeoutSeconds: 120 });
    const [before = ""] = await working();
    const machine = machineOf(before);
    await machine.kill();
    const { seconds: took } = await timed(() =>
      waitFor("the worker elsewhere", async (see) => see(await working()).some((name) => name !== before), {
        timeoutSeconds: 120,
      }),
    );
    figure("a worker runs again after its server died", seconds(took));
    await machine.start();
    await settled(lab);
    expect(took).toBeLessThan(60);
    expect(await working()).toHaveLength(1);
  });

  it("a scheduled job never starts twice for the same time, even during a power cut, unless it is repeatable", async () => {
    const { primary } = await settled(lab);
    // After the wait, the jobs of the next minute are running on some server.
    await sleep(65 - new Date().getUTCSeconds());
    await primary.kill();
    await sleep(120);
    await primary.start();
    const group = await settled(lab);
    await sleep(60);
    for (const name of ["report", "again"]) {
      const rows = await query(
        group.primary,
        `SELECT CONCAT(DATE_FORMAT(due, '%Y-%m-%dT%H:%i'), ' ', COALESCE(outcome, 'runs')) FROM platform.claims WHERE name = 'schedule ${name}'`,
      );
      figure(`schedule ${name}, outcomes`, rows.map((row) => row.split(" ")[1]).join(", "));
      expect(rows.length).toBeGreaterThanOrEqual(3);
    }
    const twice = [...(await begins("report")).values()].filter((count) => count > 1);
    expect(twice).toEqual([]);
  });
});
