import { beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import type { Lab } from "../../../lab/lab.js";
import type { Machine } from "../../../lab/machine/machine.js";
import { sleep, waitFor } from "../../../lab/system/shell.js";
import { paths } from "../../../modules/platform/paths.js";
import { figure, seconds, timed } from "../support/figures.js";
import { errantTransactions, reportOf, settled, takesWrites, type WholeGroup, wholeGroup } from "../../../lab/group.js";
import { labInAnyMode } from "../support/lab-in-mode.js";
import { tryWrite, visit } from "../support/visits.js";
import { lostWrites, startWriting } from "../../../lab/load/writes.js";

/** Maximum time in seconds without a successful write during a failover, the same as in database.test.ts. */
const longestGapSeconds = 10;

let lab: Lab;
let group: WholeGroup;

beforeAll(async () => {
  lab = await labInAnyMode();
});
beforeEach(async () => {
  group = await settled(lab);
});

/** Fills a member's data volume completely. Only the user root can also fill the space that the file system reserves for root. */
async function fill(machine: Machine, as: "root" | "mysql"): Promise<void> {
  onTestFinished(() => empty(machine));
  const script = `cd ${paths.mysql.dataDirectory}; n=0
    for size in 1G 100M 10M 1M 64K 4K; do while fallocate -l $size fill.$n 2>/dev/null; do n=$((n + 1)); done; rm -f fill.$n; done`;
  const user = as === "root" ? [] : (["setpriv", "--reuid=mysql", "--regid=mysql", "--clear-groups"] as const);
  await machine.exec([...user, "sh", "-c", script] as [string, ...string[]]);
}

async function empty(machine: Machine): Promise<void> {
  await machine.exec(["sh", "-c", `rm -f ${paths.mysql.dataDirectory}/fill.*`]);
}

const startedAt = (machine: Machine): Promise<string> =>
  machine.exec(["systemctl", "show", "--property=ActiveEnterTimestamp", "mysql"]);

describe("a primary with a full data volume", () => {
  it("a primary with a full data volume transfers its role, and rejoins automatically once there is free space", async () => {
    const { primary: full, replicas } = group;
    const started = await startedAt(full);
    const over = new AbortController();
    onTestFinished(() => over.abort());
    const writing = await startWriting(lab, group, { seconds: 90 }, over.signal);
    await fill(full, "root");
    await wholeGroup(lab, replicas);
    await waitFor(
      "a member that reports why it waits outside the group",
      async (see) => {
        const status = await full.exec(["mysql-group", "status"]);
        see(status);
        return new RegExp(
          `^${full.name} .*data volume is full, \\d+ MiB left .*; joins once there is free space`,
          "m",
        ).test(status);
      },
      { timeoutSeconds: 60, pauseSeconds: 1 },
    );
    await sleep(5);
    over.abort();
    const written = await writing.end;
    const failures = written.failures.map(({ reason }) => reason);
    expect(failures.filter((reason) => reason !== "503")).toEqual([]);
    expect(written.worksAgain).toBe(true);
    expect(written.longestGap).toBeLessThanOrEqual(longestGapSeconds);

    await empty(full);
    const { result: after, seconds: back } = await timed(() => wholeGroup(lab));
    expect(await startedAt(full)).toBe(started);
    expect(await lostWrites(after, written)).toEqual({});
    expect(await errantTransactions(after)).toEqual({});
    figure(
      "full data volume of the primary",
      `${seconds(written.longestGap)} without a write, ${failures.length} of ${written.sent} rejected with 503, back ${seconds(back)} after space was freed`,
    );
  });
});

describe("full data volumes on every member", () => {
  it("if the data volumes of all members are full, the site rejects writes with 503 and Retry-After until an operator frees reserved space", async () => {
    const { primary } = group;
    const write = () => tryWrite(lab, `room-${Date.now()}`);
    for (const machine of lab.machines) {
      onTestFinished(() => void machine.tryExec(["mysql-data", "reserve"]));
      await fill(machine, "mysql");
    }
    await waitFor("a primary that reports why it rejects writes", async (see) =>
      see(await primary.exec(["mysql-group", "status"])).includes("online as PRIMARY; data volume is full"),
    );
    // The first writes may still succeed, because HAProxy needs two checks before it accepts a changed role.
    const refused = await waitFor("a rejected write", async (see) => {
      const answer = see(await write());
      return answer.kept ? undefined : answer;
    });
    expect({ status: refused.status, again: refused.headers["retry-after"] }).toEqual({ status: 503, again: "5" });
    expect((await visit(lab, lab.url())).status).toBe(200);

    for (const machine of lab.machines) await machine.exec(["mysql-data", "release"]);
    await waitFor("a primary that accepts writes", async (see) => takesWrites(see(await reportOf(primary))));
    await waitFor("a write", async (see) => see(await write()).kept);
  });
});
