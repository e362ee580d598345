import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { errantTransactions, reportOf, settled, takesWrites, wholeGroup } from "../../../lab/group.js";
import type { Lab } from "../../../lab/lab.js";
import type { Machine } from "../../../lab/machine/machine.js";
import { query } from "../../../lab/machine/sql.js";
import { waitFor } from "../../../lab/system/shell.js";
import { paths } from "../../../modules/platform/paths.js";
import { ports } from "../../../modules/platform/ports.js";
import { figure, seconds, timed } from "../support/figures.js";
import { labInAnyMode } from "../support/lab-in-mode.js";
import { insertOwn, makeOwnTable, ownTexts } from "../support/own-table.js";

/**
 * Maximum duration in seconds of a session with the smaller group. This maximum is longer than the intervals of the member's queries and
 * of HAProxy's checks, which are 1 s each.
 */
const longestSessionSeconds = 5;

let lab: Lab;

beforeAll(async () => {
  lab = await labInAnyMode();
});

/**
 * Opens a write session of the application's account through the machine's HAProxy. @param statements shell command whose output the
 * session executes
 */
function session(machine: Machine, statements: string) {
  const client = `mysql --host=127.0.0.1 --port=${ports.databaseWrite} --user=app --skip-reconnect --unbuffered app`;
  const script = `export MYSQL_PWD="$(cat ${paths.mysql.applicationPassword})"; ${statements} | ${client}`;
  return machine.tryExec(["sh", "-c", script], { timeoutSeconds: 90 });
}

/** Inserts ten rows per second in one session until the session ends. */
function keepWriting(machine: Machine, start: string) {
  const insert = `${insertOwn(`CONCAT('${start}', UUID())`)};`;
  return session(machine, `for n in $(seq 600); do echo "${insert}"; sleep 0.1; done`);
}

describe("two groups that both accept writes", () => {
  it("if two groups accept writes, sessions with the smaller group are closed, and its member can be cloned from the larger group", async () => {
    const { primary: alone, replicas } = await settled(lab);
    await makeOwnTable(alone);
    const others = (verb: "stop" | "start") =>
      Promise.all(replicas.map((machine) => machine.exec(["systemctl", verb, "mysql-group"])));
    onTestFinished(async () => void (await others("start")));
    await others("stop");
    await query(alone, "STOP GROUP_REPLICATION");
    // This command simulates a mistake of an operator: the members that the operator declares lost still exist.
    const lost = replicas.map(({ name }) => name) as [string, ...string[]];
    await alone.exec(["mysql-group", "force-bootstrap", "--i-have-lost-members", ...lost], { timeoutSeconds: 150 });
    await waitFor("a session with the smaller group", async () => (await session(alone, "echo 'SELECT 1;'")).ok);
    const start = `alone ${Date.now()} `;
    const established = keepWriting(alone, start);
    const written = () => ownTexts(alone, start).then(({ length }) => length);
    await waitFor("writes to the smaller group", async () => (await written()) > 10);

    await others("start");
    await waitFor("two primaries", async () => (await Promise.all(replicas.map(reportOf))).some(takesWrites));
    const { seconds: cut } = await timed(() => established);
    const before = await written();
    expect(cut).toBeLessThanOrEqual(longestSessionSeconds);
    expect((await wholeGroup(lab, replicas)).primary.name).not.toBe(alone.name);
    expect(await written()).toBe(before);
    for (const machine of replicas) expect(await ownTexts(machine, start)).toEqual([]);

    const isKeptOut = async (see: <Seen>(seen: Seen) => Seen) =>
      see(await reportOf(alone))?.reason.includes("transactions missing from the group");
    await waitFor("the rejection of the member", isKeptOut, { timeoutSeconds: 60 });
    await alone.exec(["mysql-group", "reclone", "--i-discard-this-members-data"], { timeoutSeconds: 120 });
    expect(await errantTransactions(await wholeGroup(lab))).toEqual({});
    figure("session with the primary of the smaller of two groups", `closed after ${seconds(cut)}`);
  });
});
