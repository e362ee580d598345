import { beforeAll, describe, expect, it } from "vitest";
import { errantTransactions, knownReportOf, settled, wholeGroup } from "../../../lab/group.js";
import type { Lab } from "../../../lab/lab.js";
import { applicationVisitor } from "../../../lab/load/application-visitor.js";
import { startWriting } from "../../../lab/load/writes.js";
import type { Machine } from "../../../lab/machine/machine.js";
import { query } from "../../../lab/machine/sql.js";
import { waitFor } from "../../../lab/system/shell.js";
import { labInAnyMode } from "../support/lab-in-mode.js";

const lockHolder = "SELECT ID FROM performance_schema.processlist WHERE INFO = 'DO SLEEP(300)'";

let lab: Lab;

beforeAll(async () => {
  lab = await labInAnyMode();
});

describe("transactions that only one member received, after an operator declared that member lost", () => {
  it("before a lost member rejoins, its unreplicated transactions are quarantined, and status shows their folder until it is deleted", async () => {
    const group = await settled(lab);
    const [isolated, behind] = group.replicas as [Machine, Machine];
    await isolated.partition();
    await wholeGroup(lab, [group.primary, behind]);
    // This lock prevents the replica from applying transactions until the crash.
    const { table } = applicationVisitor(lab.blueprint.environment.config);
    const lock = behind.tryExec(["mysql", "-e", `FLUSH TABLES app.${table} WITH READ LOCK; DO SLEEP(300)`]);
    await waitFor("the lock", async () => (await query(behind, lockHolder)).length > 0);
    const { start: text, kept: written } = await (await startWriting(lab, group, { seconds: 3 })).end;
    expect(written.length).toBeGreaterThan(0);
    await group.primary.kill();
    await behind.crash();
    await lock;

    await isolated.heal();
    const outside = async () => (await knownReportOf(isolated)).state === "OFFLINE";
    await waitFor("a member that waits for the others", outside, { timeoutSeconds: 60 });
    const lost = [group.primary.name, behind.name];
    await isolated.exec(["mysql-group", "force-bootstrap", "--i-have-lost-members", ...lost], { timeoutSeconds: 150 });
    await behind.start();
    await wholeGroup(lab, [isolated, behind]);
    const [folder = ""] = (await knownReportOf(behind)).kept;
    const status = () => behind.exec(["mysql-group", "status"]);
    expect(await status()).toContain(
      `quarantined transactions, delete the folder if nothing in it is needed: ${folder}`,
    );
    await behind.exec(["grep", "--quiet", "--recursive", "--text", text, folder]);
    await behind.exec(["rm", "--recursive", folder]);
    expect(await status()).not.toContain("quarantined");

    await group.primary.wipe();
    await group.primary.start();
    expect(await errantTransactions(await wholeGroup(lab))).toEqual({});
  });
});
