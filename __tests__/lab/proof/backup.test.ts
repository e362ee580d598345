import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { LabOverrides } from "../../../lab/environment.js";
import { Lab } from "../../../lab/lab.js";
import { layout } from "../../../lab/layout.js";
import type { Machine } from "../../../lab/machine/machine.js";
import { archiveKeys } from "../../../lab/stand-ins/archive/archive.js";
import { sleep, waitFor } from "../../../lab/system/shell.js";
import { figure, seconds, timed } from "../support/figures.js";
import { settled, type WholeGroup } from "../../../lab/group.js";
import { notesOn, query } from "../../../lab/machine/sql.js";
import { startWriting } from "../../../lab/load/writes.js";

const archiveHost = "archive.foobar.com";
const ratePerSecond = 20;
const database = { groupName: randomUUID(), bufferPoolMib: 128 };
let base: LabOverrides;
let lab: Lab;

beforeAll(async () => {
  const running = await Lab.attach().catch(() => undefined);
  await running?.down();
  const { recipients } = await archiveKeys(layout.secrets);
  const backup = {
    endpoint: `https://${archiveHost}`,
    region: "fsn1",
    bucket: "foobar-archive",
    recipients: [...recipients],
  };
  base = { backup, database };
  lab = await up(base);
});
afterAll(async () => {
  await (await Lab.attach().catch(() => undefined))?.down();
});

const up = (overrides: LabOverrides): Promise<Lab> => Lab.up(overrides, (title) => console.log(`lab up: ${title}`));

const onAll = <T>(action: (machine: Machine) => Promise<T>): Promise<T[]> => Promise.all(lab.machines.map(action));

/** Machines and volumes are gone, and the environment is made anew with what the archive holds. */
async function restored(at: string): Promise<{ readonly group: WholeGroup; readonly seconds: number }> {
  await onAll((machine) => machine.wipe());
  const timeline = lab.blueprint.environment.config.database.groupName;
  const { seconds: took } = await timed(async () => {
    lab = await up({ ...base, database: { ...database, groupName: randomUUID() }, restore: { timeline, at } });
  });
  return { group: await settled(lab), seconds: took };
}

/** Asks every member until one has made a base; the timer does the same every five minutes. */
async function baseMade(): Promise<void> {
  await waitFor(
    "a base",
    async (see) => {
      await onAll((machine) => machine.tryExec(["systemctl", "start", "mysql-base.service"]));
      const journals = await onAll((machine) => machine.exec(["journalctl", "--unit=mysql-base", "--output=cat"]));
      return see(journals).some((lines) => /^base .*bytes$/m.test(lines));
    },
    { timeoutSeconds: 1200, pauseSeconds: 20 },
  );
}

/** Whether a member has nothing left to ship. */
const isShipped = async (machine: Machine): Promise<boolean> => {
  const state = JSON.parse(await machine.exec(["mysql-backup", "status"])) as {
    behindSeconds: number;
    problem: unknown;
  };
  return state.behindSeconds === 0 && state.problem === null;
};

describe("the archive", () => {
  it("brings everything back when all machines and volumes are gone, but for seconds", async () => {
    const group = await settled(lab);
    await baseMade();
    const until = new AbortController();
    const load = await startWriting(lab, group, { seconds: 120, ratePerSecond }, until.signal);
    await sleep(15);
    await onAll((machine) => machine.kill());
    until.abort();
    const { kept, start } = await load.end;
    const after = await restored("latest");
    const there = await notesOn(after.group.primary, start);
    const lost = kept.filter((text) => !there.has(text));
    figure(
      "everything lost",
      `${seconds(lost.length / ratePerSecond)} of writes lost (${lost.length} of ${kept.length}); ${seconds(after.seconds)} from power on to the site's first answer`,
    );
    expect(kept.length).toBeGreaterThan(ratePerSecond * 10);
    expect(lost.length / ratePerSecond).toBeLessThan(10);
    // What is lost is the end, and no hole.
    expect(lost).toEqual(kept.slice(kept.length - lost.length));
  });

  it("goes back to the second before a wrong DELETE, row by row", async () => {
    const group = await settled(lab);
    await baseMade();
    const { kept, start } = await (await startWriting(lab, group, { seconds: 8, ratePerSecond })).end;
    const before = await query(group.primary, "SELECT id, author, text, created_at FROM app.notes ORDER BY id");
    await sleep(1.1);
    const [at = ""] = await query(group.primary, "SELECT DATE_FORMAT(UTC_TIMESTAMP(), '%Y-%m-%dT%H:%i:%sZ')");
    await sleep(1.1);
    await query(group.primary, "DELETE FROM app.notes");
    await (
      await startWriting(lab, group, { seconds: 5, ratePerSecond })
    ).end;
    await waitFor("shipped logs", async () => (await onAll(isShipped)).every(Boolean), { timeoutSeconds: 60 });
    const after = await restored(at);
    expect(await query(after.group.primary, "SELECT id, author, text, created_at FROM app.notes ORDER BY id")).toEqual(
      before,
    );
    expect((await notesOn(after.group.primary, start)).size).toBe(kept.length);
  });

  it("catches up by itself when the bucket was away, and says so meanwhile", async () => {
    const group = await settled(lab);
    await lab.setAway([archiveHost]);
    await (
      await startWriting(lab, group, { seconds: 70, ratePerSecond })
    ).end;
    const { stdout } = await group.primary.tryExec(["mysql-backup", "check"]);
    expect(stdout).toMatch(/the archive is \d+ s behind: no answer from the bucket/);
    await lab.setAway([]);
    const { seconds: took } = await timed(() =>
      waitFor("shipped logs", async () => (await onAll(isShipped)).every(Boolean), { timeoutSeconds: 120 }),
    );
    figure("bucket back after 70 s", `all shipped after ${seconds(took)}`);
  });

  it("is restored by hand with standard tools, step by step as docs/backup.md says", async () => {
    const group = await settled(lab);
    await baseMade();
    const { kept, start } = await (await startWriting(lab, group, { seconds: 5, ratePerSecond })).end;
    await sleep(1.1);
    const [until = ""] = await query(group.primary, "SELECT DATE_FORMAT(UTC_TIMESTAMP(), '%Y-%m-%d %H:%i:%s')");
    await sleep(1.1);
    await query(group.primary, "DELETE FROM app.notes");
    await waitFor("shipped logs", async () => (await onAll(isShipped)).every(Boolean), { timeoutSeconds: 60 });

    const page = await readFile(new URL("../../../docs/backup.md", import.meta.url), "utf8");
    const steps = [...page.matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, step = ""]) => step);
    const folder = "/var/lib/mysql-files/by-hand";
    const { reader, privateKey } = await archiveKeys(layout.secrets);
    const machine = group.replicas[0] as Machine;
    await machine.exec(["mkdir", "-p", folder]);
    await machine.exec(["python3", "-B", "-c", fetchAll, folder], { input: reader });
    await machine.exec(["sh", "-c", `cat >${folder}/key`], { input: privateKey });
    const script = [`cd ${folder}`, `export KEY=${folder}/key UNTIL='${until}'`, ...steps].join("\n");
    await machine.exec(["bash", "-euo", "pipefail", "-c", script], { timeoutSeconds: 300 });
    const count = `SELECT COUNT(*) FROM app.notes WHERE text LIKE '${start}%'; SHUTDOWN`;
    const notes = await machine.exec(["mysql", `--socket=${folder}/mysqld.sock`, "-NBe", count]);
    expect(steps).toHaveLength(3);
    expect(Number(notes)).toBe(kept.length);
  });
});

/** All objects of the archive as files below a folder, by any S3 client: here ours. */
const fetchAll = `
import pathlib, sys
sys.path.insert(0, "/opt/mysql-backup/current")
import settings
from bucket import Bucket
told = settings.load()
bucket = Bucket(told.endpoint, told.region, told.bucket, sys.stdin.read())
for item in bucket.list(told.timeline + "/"):
    file = pathlib.Path(sys.argv[1]) / item.key.removeprefix(told.timeline + "/")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(bucket.get(item.key))
`;
