import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { labConfig, type LabOverrides } from "../../../lab/environment.js";
import { Lab } from "../../../lab/lab.js";
import { layout } from "../../../lab/layout.js";
import type { Machine } from "../../../lab/machine/machine.js";
import { archiveKeys, downloadKey } from "../../../lab/stand-ins/archive/archive.js";
import { sleep, waitFor } from "../../../lab/system/shell.js";
import { paths } from "../../../modules/platform/paths.js";
import { archiveNotices } from "../../../modules/platform/signals.js";
import { figure, seconds, timed } from "../support/figures.js";
import { settled, wholeGroup, type WholeGroup } from "../../../lab/group.js";
import { query } from "../../../lab/machine/sql.js";
import { applicationVisitor, statementFor, textsIn } from "../../../lab/load/application-visitor.js";
import { startWriting, writesOn } from "../../../lab/load/writes.js";

const archiveHost = "archive.foobar.com";
const ratePerSecond = 20;
const losses = Number(process.env["LOSSES"] ?? 1);
/**
 * Time in seconds during which the bucket is unreachable. The monitor of the backup alerts after 60 s, so the time must be longer.
 * @default 70
 */
const awaySeconds = Number(process.env["AWAY_SECONDS"] ?? 70);
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
  // The object storage also contains the release, in a separate bucket.
  const storage = { endpoint: `https://${archiveHost}`, region: "fsn1", bucket: "foobar-releases" };
  const { application } = await labConfig({});
  base = { backup, database, application: { ...application, url: undefined, storage } };
  lab = await up(base);
});
afterAll(async () => {
  await (await Lab.attach().catch(() => undefined))?.down();
});

const up = (overrides: LabOverrides): Promise<Lab> => Lab.up(overrides, (title) => console.log(`lab up: ${title}`));

/** Returns the name of the table to which visitors write. */
const table = (): string => `app.${applicationVisitor(lab.blueprint.environment.config).table}`;

const onAll = <T>(action: (machine: Machine) => Promise<T>): Promise<T[]> => Promise.all(lab.machines.map(action));

/** Deletes all machines and volumes, then creates them again from the archive. @param at restore time */
async function restored(at: string): Promise<{ readonly group: WholeGroup; readonly seconds: number }> {
  await onAll((machine) => machine.wipe());
  const timeline = lab.blueprint.environment.config.database.groupName;
  const { seconds: took } = await timed(async () => {
    lab = await up({ ...base, database: { ...database, groupName: randomUUID() }, restore: { timeline, at } });
  });
  return { group: await settled(lab), seconds: took };
}

/**
 * Starts the base backup service on every member until a member has made a base backup. In production, a timer starts the service every
 * five minutes.
 */
async function baseMade(): Promise<void> {
  await waitFor(
    "a base backup",
    async (see) => {
      await onAll((machine) => machine.tryExec(["systemctl", "start", "mysql-base.service"]));
      const journals = await onAll((machine) => machine.exec(["journalctl", "--unit=mysql-base", "--output=cat"]));
      return see(journals).some((lines) => /^base .*bytes$/m.test(lines));
    },
    { timeoutSeconds: 1200, pauseSeconds: 20 },
  );
}

/** Writes incompressible data to a table. */
async function fill(primary: Machine, megabytes: number): Promise<void> {
  if (megabytes === 0) return;
  await query(primary, "CREATE TABLE IF NOT EXISTS app.ballast (id INT PRIMARY KEY AUTO_INCREMENT, bytes MEDIUMBLOB)");
  const kilobytes = Array.from({ length: 64 }, () => "RANDOM_BYTES(1024)").join(", ");
  for (let batch = 0; batch < megabytes / 16; batch++)
    await query(
      primary,
      `INSERT INTO app.ballast (bytes) WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 256) SELECT CONCAT(${kilobytes}) FROM n`,
    );
}

/** Checks whether a member has uploaded all log segments. */
const isShipped = async (machine: Machine): Promise<boolean> => {
  const state = JSON.parse(await machine.exec(["mysql-backup", "status"])) as {
    behindSeconds: number;
    problem: unknown;
  };
  return state.behindSeconds === 0 && state.problem === null;
};

const allShipped = (timeoutSeconds: number): Promise<true> =>
  waitFor("uploaded logs", async () => (await onAll(isShipped)).every(Boolean), { timeoutSeconds });

describe("a private release", () => {
  it("servers boot with a private release, and no output reveals the bucket's read-only key", async () => {
    const { url, sha256 } = lab.blueprint.environment.config.application;
    const [, secret = ""] = downloadKey(await archiveKeys(layout.secrets)).split(":");
    const fetch = (machine: Machine) => machine.tryExec([paths.release.fetch, url, sha256, "app", "/tmp/release"]);
    await onAll(async (machine) => {
      expect(await machine.exec(["stat", "--format=%a %U", paths.release.key])).toMatch(/^600 root/);
      expect(await machine.exec(["journalctl", "--output=cat"])).not.toContain(secret);
    });
    const [machine] = lab.machines as [Machine];
    expect(await fetch(machine)).toMatchObject({ ok: true });
    await machine.exec(["cp", "--preserve", paths.release.key, "/run/release-key"]);
    await machine.exec(["sed", "--in-place", 's/:[^:]*$/:wrong"/', paths.release.key]);
    await machine.exec(["rm", "--recursive", "/tmp/release"]);
    const refused = await fetch(machine);
    await machine.exec(["cp", "--preserve", "/run/release-key", paths.release.key]);
    expect(refused).toMatchObject({ ok: false, stderr: expect.stringContaining("cannot download") as string });
  });
});

describe("the archive", () => {
  // With LOSSES=10, this test repeats the loss ten times. With BALLAST_MB=1000, the database contains an additional gigabyte at the last
  // loss.
  it.each(Array.from({ length: losses }, (_, index) => index + 1))(
    "after the loss of all machines and volumes, a restore returns all data except the last seconds (loss %i)",
    async (loss) => {
      const group = await settled(lab);
      const ballastMb = loss === losses ? Number(process.env["BALLAST_MB"] ?? 0) : 0;
      await fill(group.primary, ballastMb);
      // The ballast must be uploaded before the measurement, because data that are not uploaded are lost.
      await allShipped(600);
      await baseMade();
      const until = new AbortController();
      const load = await startWriting(lab, group, { seconds: 120, ratePerSecond }, until.signal);
      await sleep(10 + Math.random() * 10);
      await onAll((machine) => machine.kill());
      until.abort();
      const { kept } = await load.end;
      const after = await restored("latest");
      const there = await writesOn(after.group.primary, load);
      const lost = kept.filter((text) => !there.has(text));
      const told = await onAll((machine) => machine.exec(["journalctl", "--unit=mysql-restore", "--output=cat"]));
      figure(
        `everything lost, ${loss}`,
        `${seconds(lost.length / ratePerSecond)} of writes lost (${lost.length} of ${kept.length}); ${seconds(after.seconds)} from power on to the site's first answer, with ${ballastMb} MB of ballast; ${/in \d+ s/.exec(told.join(""))?.[0] ?? "?"} of it the restore`,
      );
      expect(kept.length).toBeGreaterThan(ratePerSecond * 5);
      expect(lost.length / ratePerSecond).toBeLessThan(10);
      // The lost writes must be the latest writes, without a gap before them.
      expect(lost).toEqual(kept.slice(kept.length - lost.length));
    },
  );

  it("the archive of the lab passes the restore drill", async () => {
    const group = await settled(lab);
    // A base backup is necessary, because a restored group has a new timeline without base backups.
    await baseMade();
    await allShipped(120);
    const { reader, privateKey } = await archiveKeys(layout.secrets);
    const timeline = lab.blueprint.environment.config.database.groupName;
    const program = await readFile(new URL("../../../ops/archive/files/drill.py", import.meta.url), "utf8");
    const told = JSON.stringify({ reader, privateKey, timeline, program });
    const said = await group.primary.exec(["python3", "-B", "-c", runDrill], { input: told, timeoutSeconds: 1800 });
    const result = JSON.parse(said.trim().split("\n").at(-1) ?? "") as Record<string, unknown>;
    const [bytes] = await query(
      group.primary,
      "SELECT ROUND(SUM(data_length) / 1e6) FROM information_schema.TABLES WHERE table_schema = 'app'",
    );
    figure(
      "drill",
      `${String(result["seconds"])} s and ${String(result["memoryMiB"])} MiB for ${bytes} MB of tables, rows: ${String(result["rows"])}`,
    );
    expect(result).toMatchObject({ good: true });
    await query(group.primary, "DROP TABLE IF EXISTS app.ballast");
  });

  it("a restore can reach any moment of a period with rotated logs, a failover, a cloned member and a total outage", async () => {
    const group = await settled(lab);
    await baseMade();
    const [from = ""] = await query(group.primary, "SELECT UNIX_TIMESTAMP(NOW(6))");
    const until = new AbortController();
    const load = await startWriting(lab, group, { seconds: 900, ratePerSecond }, until.signal);
    await sleep(10);
    await onAll((machine) => machine.exec(["mysql", "--execute=FLUSH BINARY LOGS"]));
    await sleep(5);
    await group.primary.kill();
    await sleep(15);
    await group.primary.start();
    const { replicas } = await wholeGroup(lab);
    const [cloned] = replicas as [Machine];
    await cloned.wipe();
    await cloned.start();
    await wholeGroup(lab);
    await sleep(5);
    await onAll((machine) => machine.kill());
    await onAll((machine) => machine.start());
    await wholeGroup(lab);
    await sleep(10);
    until.abort();
    const { start, startedAt, acknowledged, acknowledgedAt, sent } = await load.end;
    const whole = await settled(lab);
    await allShipped(120);
    const [to = ""] = await query(whole.primary, "SELECT UNIX_TIMESTAMP(NOW(6))");
    const moments = Array.from({ length: 20 }, () => Number(from) + Math.random() * (Number(to) - Number(from)));
    const { reader, privateKey } = await archiveKeys(layout.secrets);
    const timeline = lab.blueprint.environment.config.database.groupName;
    const statement = statementFor(load.visitor, start);
    const input = JSON.stringify({ reader, privateKey, timeline, moments, statement });
    const [machine] = whole.replicas as [Machine];
    const { result, seconds: took } = await timed(() =>
      machine.exec(["python3", "-B", "-c", restoreMoments], { input, timeoutSeconds: 1800 }),
    );
    const restoredAt = JSON.parse(result.trim().split("\n").at(-1) ?? "[]") as readonly string[];
    expect(restoredAt).toHaveLength(20);
    for (const [index, rows] of restoredAt.entries()) {
      const moment = (moments[index] ?? 0) - startedAt;
      const there = textsIn(rows, start);
      // Writes that were acknowledged before the restore time must exist. Writes that were sent after the restore time must not exist.
      const before = acknowledged.filter((_, position) => (acknowledgedAt[position] ?? 0) < moment - 2);
      const later = Array.from({ length: sent }, (_, n) => n).filter((n) => n / ratePerSecond > moment + 1);
      expect(before.filter((n) => !there.has(`${start}${n}`))).toEqual([]);
      expect(later.filter((n) => there.has(`${start}${n}`))).toEqual([]);
    }
    figure(
      "twenty random moments",
      `each correct to the second; ${seconds(took)} for all; the texts begin with ${start}`,
    );
  });

  it("a measurement shows the costs of the backup: processor time, p99 of writes with and without uploads, and bytes", async () => {
    const group = await settled(lab);
    const used = async (): Promise<number> =>
      Number(await group.primary.exec(["systemctl", "show", "mysql-backup", "--property=CPUUsageNSec", "--value"])) /
      1e9;
    const withIt: number[] = [];
    const without: number[] = [];
    let processor = 0;
    const pairs = 3;
    for (let pair = 0; pair < pairs; pair++) {
      for (const ships of [true, false]) {
        await onAll((machine) => machine.exec(["systemctl", ships ? "start" : "stop", "mysql-backup"]));
        await sleep(5);
        const before = ships ? await used() : 0;
        const { p99 } = await (await startWriting(lab, group, { seconds: 40, ratePerSecond })).end;
        if (ships) processor += (await used()) - before;
        (ships ? withIt : without).push(p99);
      }
    }
    await onAll((machine) => machine.exec(["systemctl", "start", "mysql-backup"]));
    const list = (values: readonly number[]): string => values.map((value) => value.toFixed(0)).join(", ");
    figure(
      "uploads at 20 writes per second",
      `${((100 * processor) / (pairs * 40)).toFixed(1)} % of a processor on the primary; p99 of writes ${list(withIt)} ms with, ${list(without)} ms without`,
    );
    const since = Date.now() / 1000;
    const measuredSeconds = 120;
    await (
      await startWriting(lab, group, { seconds: measuredSeconds, ratePerSecond })
    ).end;
    await allShipped(60);
    const input = JSON.stringify({ reader: (await archiveKeys(layout.secrets)).reader, since });
    const bytes = Number(await group.primary.exec(["python3", "-B", "-c", bytesSince], { input }));
    figure(
      "bytes of logs in the bucket",
      `${((bytes * 86.4) / measuredSeconds / 1000).toFixed(0)} MB per day, of all members, at ${ratePerSecond} writes per second`,
    );
    expect(withIt).toHaveLength(pairs);
  });

  it("a restore returns every row as it was one second before an accidental DELETE", async () => {
    const group = await settled(lab);
    await baseMade();
    const written = await (await startWriting(lab, group, { seconds: 8, ratePerSecond })).end;
    const before = await query(group.primary, `SELECT * FROM ${table()} ORDER BY 1`);
    await sleep(1.1);
    const [at = ""] = await query(group.primary, "SELECT DATE_FORMAT(UTC_TIMESTAMP(), '%Y-%m-%dT%H:%i:%sZ')");
    await sleep(1.1);
    await query(group.primary, `DELETE FROM ${table()}`);
    await (
      await startWriting(lab, group, { seconds: 5, ratePerSecond })
    ).end;
    await allShipped(60);
    const after = await restored(at);
    expect(await query(after.group.primary, `SELECT * FROM ${table()} ORDER BY 1`)).toEqual(before);
    expect((await writesOn(after.group.primary, written)).size).toBe(written.kept.length);
  });

  it("a health notice reports an unreachable bucket, and the backup catches up automatically once the bucket returns", async () => {
    const group = await settled(lab);
    await lab.setAway([archiveHost]);
    await (
      await startWriting(lab, group, { seconds: awaySeconds, ratePerSecond })
    ).end;
    const { stdout } = await group.primary.tryExec(["mysql-backup", "check"]);
    expect(stdout).toMatch(/the archive is \d+ s behind: no answer from the bucket/);
    await lab.setAway([]);
    const { seconds: took } = await timed(() => allShipped(120));
    figure(`bucket back after ${awaySeconds} s`, `everything uploaded after ${seconds(took)}`);
  });

  it("a separate health notice reports a bucket that rejects requests, and disappears once the bucket accepts requests", async () => {
    const machine = (await settled(lab)).replicas[0] as Machine;
    const key = paths.backup.bucketKey;
    const use = (secret: string): Promise<string> =>
      machine.exec(["sh", "-c", `sed 's/:.*/${secret}/' ${key}.good >${key} && systemctl restart mysql-backup`]);
    const noticed = async (cause: keyof typeof archiveNotices): Promise<boolean> => {
      await machine.exec(["systemctl", "start", "server-watch"]);
      return (await machine.tryExec(["test", "-e", `${paths.notices}/${archiveNotices[cause]}`])).ok;
    };
    // The pause is long, because systemd starts a unit at most five times in ten seconds.
    const patience = { timeoutSeconds: 60, pauseSeconds: 3 };
    await machine.exec(["cp", "-a", key, `${key}.good`]);
    onTestFinished(async () => {
      await use("&");
      await machine.exec(["rm", `${key}.good`]);
    });
    await use(":another");
    await waitFor("the notice", () => noticed("refused"), patience);
    expect(await noticed("behind")).toBe(false);
    await use("&");
    await waitFor("no notice", async () => !(await noticed("refused")), patience);
  });

  it("an operator can restore the archive with standard tools by the steps of docs/backup.md", async () => {
    const group = await settled(lab);
    await baseMade();
    const { kept, start, visitor } = await (await startWriting(lab, group, { seconds: 5, ratePerSecond })).end;
    await sleep(1.1);
    const [until = ""] = await query(group.primary, "SELECT DATE_FORMAT(UTC_TIMESTAMP(), '%Y-%m-%d %H:%i:%s')");
    await sleep(1.1);
    await query(group.primary, `DELETE FROM ${table()}`);
    await allShipped(60);

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
    const statements = `${statementFor(visitor, start)}; SHUTDOWN`;
    const rows = await machine.exec(["mysql", `--socket=${folder}/mysqld.sock`, "-NBe", statements]);
    expect(steps).toHaveLength(3);
    expect(textsIn(rows, start).size).toBe(kept.length);
  });
});

/** Python script that downloads all objects of the archive to a folder, like any S3 client. */
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

/** Python script that restores the archive to each given time, like a new server, and prints the result of a query after each restore. */
const restoreMoments = `
import json, pathlib, shutil, sys, tempfile, time
sys.path.insert(0, "/opt/mysql-backup/current")
import restore, settings
from bucket import Bucket
told, given = settings.load(), json.load(sys.stdin)
bucket = Bucket(told.endpoint, told.region, told.bucket, given["reader"])
found = []
with tempfile.TemporaryDirectory(dir="/var/lib/mysql-files") as folder:
    pathlib.Path(folder).chmod(0o711)
    identity = pathlib.Path(folder, "key")
    identity.write_text(given["privateKey"])
    for moment in given["moments"]:
        whole, _, fraction = f"{moment:.6f}".partition(".")
        at = time.strftime("%Y-%m-%dT%H:%M:%S.", time.gmtime(int(whole))) + fraction + "Z"
        done = restore.run(pathlib.Path(folder, "restoring"), given["timeline"], at, bucket, identity, inspect=lambda mysql: mysql.ask(given["statement"]))
        found.append(done.found)
print(json.dumps(found))
`;

/** Python script that runs the restore drill like the drill's temporary machine. */
const runDrill = `
import json, os, pathlib, sys, tempfile, types
sys.path.insert(0, "/opt/mysql-backup/current")
import settings
from bucket import Bucket
told, given = settings.load(), json.load(sys.stdin)
drill = types.ModuleType("drill")
exec(given["program"], drill.__dict__)
with tempfile.TemporaryDirectory(dir="/var/lib/mysql-files") as folder:
    os.chmod(folder, 0o711)
    identity = pathlib.Path(folder, "key")
    identity.write_text(given["privateKey"])
    bucket = Bucket(told.endpoint, told.region, told.bucket, given["reader"])
    print(json.dumps(drill.drill(bucket, given["timeline"], identity, pathlib.Path(folder, "drill"))))
`;

const bytesSince = `
import json, sys, time
sys.path.insert(0, "/opt/mysql-backup/current")
import settings
from bucket import Bucket
told, given = settings.load(), json.load(sys.stdin)
bucket = Bucket(told.endpoint, told.region, told.bucket, given["reader"])
since = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(given["since"]))
print(sum(item.bytes for item in bucket.list(told.timeline + "/") if "/tail/" in item.key and item.time >= since))
`;
