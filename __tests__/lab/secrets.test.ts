import { randomBytes } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import type { Lab } from "../../lab/lab.js";
import type { Machine } from "../../lab/machine/machine.js";
import type { ServerConfig } from "../../modules/config/schema.js";
import { paths } from "../../modules/platform/paths.js";
import {
  applicationSecretName,
  secretFilesOf,
  type SecretFile,
  type SecretName,
} from "../../modules/derived/secrets.js";
import { users } from "../../modules/platform/users.js";
import { filesWith, linesWith, readableBy } from "./support/carriers.js";
import { labInMode } from "./support/lab-in-mode.js";

let lab: Lab;
beforeAll(async () => {
  lab = await labInMode("terminate");
});

/** Names of the values that must stay secret. Certificates are not secret, because every client receives certificates. */
const fixed: readonly SecretName[] = [
  "applicationDatabasePassword",
  "applicationDatabasePasswords",
  "migrationsDatabasePassword",
  "migrationsDatabasePasswords",
  "replicationPasswords",
  "monitoringPassword",
  "monitoringPasswords",
  "mysqlServerKey",
  "edgeTokens",
  "originKey",
  "datadogApiKey",
  "sshHostKey",
];

const confidential = (): readonly SecretName[] => [
  ...fixed,
  ...Object.keys(lab.blueprint.environment.config.application.secrets).map(applicationSecretName),
];

const serverOf = (machine: Machine): ServerConfig => {
  const server = lab.blueprint.environment.config.servers.find(({ name }) => name === machine.name);
  if (server === undefined) throw new Error(`no server ${machine.name}`);
  return server;
};
function filesOf(machine: Machine): readonly SecretFile[] {
  const { shared, own } = secretFilesOf(lab.blueprint.environment.config, serverOf(machine));
  return [...shared, ...own];
}
const contentOf = (machine: Machine, file: SecretFile): string =>
  file.content((name) => lab.blueprint.credentials.value(serverOf(machine), name));

/** Returns one line that identifies a secret value. If the value is a key in PEM, the line is between the BEGIN and END lines. */
const essence = (value: string): string =>
  value.split("\n").find((line) => line.length >= 16 && !line.startsWith("-----")) ?? value;

/** Returns every secret of the lab, as plain text and in the encoding of the user data. */
function secretTexts(): string[] {
  const texts = lab.machines.flatMap((machine) => [
    ...confidential().map((name) => essence(lab.blueprint.credentials.value(serverOf(machine), name))),
    ...filesOf(machine)
      .filter(({ needs }) => needs.some((name) => confidential().includes(name)))
      .map((file) => Buffer.from(contentOf(machine, file)).toString("base64")),
  ]);
  return [...new Set(texts)];
}

const onEveryMachine = (action: (machine: Machine) => Promise<void>) => Promise.all(lab.machines.map(action));

const journal = "journalctl --all --output=export --no-pager";

/** Matches files in the directories in which cloud-init stores the user data. */
const cloudInit = /^\/(run\/cloud-init|var\/lib\/cloud)\//;
/** MySQL's data directory. MySQL stores the password of the replication account in a table, and no other secret. */
const database = new RegExp(`^${paths.mysql.dataDirectory}/`);
const replicationPassword = (machine: Machine): string =>
  lab.blueprint.credentials.value(serverOf(machine), "replicationPasswords");

describe("secret files", () => {
  it("secret files of a server have the declared content, owner and mode", async () => {
    await onEveryMachine(async (machine) => {
      expect(filesOf(machine).length).toBeGreaterThan(10);
      for (const file of filesOf(machine)) {
        const shape = await machine.exec(["stat", "--format=%a %U:%G %F", file.path]);
        const mode = file.certificate ? 644 : 600;
        expect(`${file.path} ${shape}`).toBe(`${file.path} ${mode} ${file.owner}:${file.owner} regular file`);
        expect((await machine.exec(["cat", file.path])) === contentOf(machine, file).trimEnd(), file.path).toBe(true);
      }
    });
  });
});

describe("a secret", () => {
  it("a secret of a server is stored only in its declared files, in cloud-init's files and in the database", async () => {
    await onEveryMachine(async (machine) => {
      const declared = filesOf(machine)
        .filter(({ needs }) => needs.some((name) => confidential().includes(name)))
        .map(({ path }) => path);
      const found = await filesWith(machine, secretTexts());
      expect(found.filter((file) => !cloudInit.test(file) && !database.test(file))).toEqual([...declared].sort());
      const others = secretTexts().filter((text) => text !== replicationPassword(machine));
      expect((await filesWith(machine, others)).filter((file) => database.test(file))).toEqual([]);
    });
  });

  it("a secret of a server is readable only by root and the owner of its file", async () => {
    await onEveryMachine(async (machine) => {
      const found = await filesWith(machine, secretTexts());
      const ownerOf = new Map<string, string>(filesOf(machine).map(({ path, owner }) => [path, owner]));
      for (const user of [...Object.values(users), "nobody"].filter((one) => one !== users.root)) {
        const own = found.filter((file) => ownerOf.get(file) === user || (user === users.mysql && database.test(file)));
        expect({ user, reads: await readableBy(machine, user, found) }).toEqual({ user, reads: own });
      }
    });
  });

  it("a secret of a server appears in no journal entry, kernel message or unit property", async () => {
    await onEveryMachine(async (machine) => {
      for (const command of [journal, "dmesg", "systemctl show '*' --all"])
        expect((await linesWith(machine, command, secretTexts())).length, command).toBe(0);
    });
  });

  it("a secret of a server appears in no command line, and in no environment except the Datadog agent's API key", async () => {
    const list = (what: string): string =>
      // The loop inspects all processes 40 times, because many commands of timers and services run only briefly.
      `for look in $(seq 40); do sleep 0.2; for one in /proc/[0-9]*; do echo "$(stat --format=%U $one) $(tr '\\0' ' ' <$one/${what})"; done; done 2>/dev/null | sort --unique`;
    await onEveryMachine(async (machine) => {
      expect((await linesWith(machine, list("cmdline"), secretTexts())).length).toBe(0);
      const holders = await linesWith(machine, list("environ"), secretTexts());
      expect(new Set(holders.map((line) => line.split(" ")[0]))).toEqual(new Set([users.datadog]));
    });
  });

  it("the test that searches for secrets finds a sample text in a file and in the journal", async () => {
    const [machine] = lab.machines;
    if (machine === undefined) throw new Error("no machine");
    const place = "/var/tmp/dropped";
    const text = randomBytes(16).toString("hex");
    const script = `cat >${place} && logger --tag proof <${place}`;
    await machine.exec(["sh", "-c", script], { input: `see ${text}\n` });
    expect(await filesWith(machine, [text])).toContain(place);
    expect(await readableBy(machine, "nobody", [place, paths.nginx.edgeToken])).toEqual([place]);
    expect((await linesWith(machine, journal, [text])).length).toBe(1);
    await machine.exec(["rm", place]);
  });
});

describe("the agent's user", () => {
  it("the Datadog agent's user can read its configured logs and the journal, but no other private logs", async () => {
    const others = ["/var/log/cloud-init.log", "/var/log/cloud-init-output.log", "/var/log/apt/term.log"];
    await onEveryMachine(async (machine) => {
      const followed = [paths.nginx.accessLog, paths.nginx.errorLog, paths.mysql.errorLog, paths.mysql.slowLog];
      expect(await machine.exec(["id", "-nG", users.datadog])).toBe(`${users.datadog} systemd-journal`);
      expect(await readableBy(machine, users.datadog, [...followed, ...others])).toEqual(followed);
    });
  });
});

describe("cloud-init's copies of the user data", () => {
  it("only root can read cloud-init's copies of the user data", async () => {
    await onEveryMachine(async (machine) => {
      for (const copy of ["seed/nocloud/user-data", "instance/user-data.txt", "instance/user-data.txt.i"]) {
        const shape = await machine.exec(["stat", "--dereference", "--format=%a %U", `/var/lib/cloud/${copy}`]);
        expect(`${copy} ${shape}`).toBe(`${copy} 600 root`);
      }
      const output = "/run/cloud-init/instance-data-sensitive.json";
      expect(await machine.exec(["stat", "--format=%a %U", output])).toBe("600 root");
    });
  });
});
