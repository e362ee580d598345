import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { settled, takenOut, type WholeGroup, wholeGroup } from "../../lab/group.js";
import type { Lab } from "../../lab/lab.js";
import type { Machine } from "../../lab/machine/machine.js";
import { tryQuery } from "../../lab/machine/sql.js";
import { waitFor } from "../../lab/system/shell.js";
import { paths } from "../../modules/platform/paths.js";
import { runbookCommands } from "../support/runbook.js";
import { labInAnyMode } from "./support/lab-in-mode.js";

/** Commands of the runbook that this file does not run. The value of a command is a reason, or the test file that runs the command. */
const notRun: Readonly<Record<string, string>> = {
  "npm run ops (drift|plan)": "the lab has no Terraform state: provider.programs.test.ts",
  "npm run ops status": "operations.test.ts",
  "npm run ops balancers.*": "proof/locations.test.ts",
  "npm run ops release -- --rollback": "operations.test.ts",
  "npm run ops rollout": "proof/rollout.test.ts",
  "npm run ops upgrade( -- --dry-run)?|cat /run/motd.d/vendor-updates": "upgrade.test.ts",
  "npm run ops rotate .*": "proof/rotation.test.ts, secrets.test.ts",
  "npm run ops (backups|restore) .*|npm run ops backups": "proof/backup.test.ts",
  "npm run ops replace SERVER( -- --new-volume)?":
    "not run: a new server needs minutes; replace.test.ts, provider.programs.test.ts",
  "mysql-backup .*|cat /run/motd.d/backup.*|.*mysql-b(ackup|ase)( -n 50)?": "proof/backup.test.ts",
  "mysql-group reclone .*": "database-wipe.test.ts",
  "mysql-group force-bootstrap .*": "total-outage.test.ts",
  "findmnt .*|resize2fs DEVICE": "growth.test.ts",
  "chronyc .*|systemctl restart chrony": "not run: a container cannot set the clock",
  "systemctl reboot": "upgrade.test.ts",
  "systemctl start apt-daily-upgrade|cat /run/motd.d/(updates|expiry)": "not run: the lab has no package archive",
  "cat /run/motd.d/server-setup": "first-boot.test.ts",
};
const isNotRun = (line: string): boolean => Object.keys(notRun).some((pattern) => RegExp(`^(${pattern})$`).test(line));

/** Commands that change nothing and that succeed on every healthy server. */
const inspects =
  /^(cat|curl|deploy-app --list|df|du|ip|journalctl -[uk]|ls|mysql -e "SELECT|mysql-group status|networkctl|nft --check|nginx -t|openssl|ps|systemctl (status|list-units)|tail|top|who|\/usr\/local\/lib\/platform\/)/;

/** Commands of the runbook that this file has run. */
const followed = new Set<string>();
const known = runbookCommands();

let lab: Lab;
let group: WholeGroup;
beforeAll(async () => {
  lab = await labInAnyMode();
});
beforeEach(async () => {
  group = await settled(lab);
});

const replica = (): Machine => {
  const [first] = group.replicas;
  if (first === undefined) throw new Error("the lab has no replica");
  return first;
};

/** Runs a command of a runbook section as root. @throws if the section does not contain the command, or if the command fails */
async function follow(machine: Machine, monitor: string, start: string, capitals: readonly string[] = []) {
  const found = known.find((one) => one.monitor === monitor && one.where === "server" && one.line.startsWith(start));
  if (found === undefined) throw new Error(`docs/runbook.md, ${monitor}: contains no command ${start}`);
  followed.add(found.line);
  const [word, value] = capitals;
  const line = word === undefined || value === undefined ? found.line : found.line.replace(word, value);
  return (await machine.exec(["sh", "-c", line], { timeoutSeconds: 120 })).trim();
}

const succeeds = async (machine: Machine, ...command: [string, ...string[]]): Promise<boolean> =>
  (await machine.tryExec(command)).ok;

const serves = (machine: Machine): Promise<boolean> =>
  waitFor(`health page of ${machine.name}`, () => succeeds(machine, "curl", "-sf", "http://127.0.0.1:3000/healthz"));

/** Waits until all machines except the given machine form a group. */
const groupWithout = (machine: Machine): Promise<WholeGroup> =>
  wholeGroup(
    lab,
    lab.machines.filter((one) => one !== machine),
  );

describe("a command of the runbook that only inspects", () => {
  it("every command of the runbook that only inspects succeeds on a healthy server", async () => {
    const lines = known.filter(({ where, line }) => where === "server" && inspects.test(line) && !isNotRun(line));
    const situations = /^cat \/run\/(motd\.d\/mysql|reboot-required)/;
    const failed: string[] = [];
    for (const line of new Set(lines.map((one) => one.line))) {
      if (situations.test(line)) continue;
      followed.add(line);
      const shown = line.replace("FILE", paths.mysql.certificate);
      const { ok, stderr, stdout } = await replica().tryExec(["sh", "-c", shown], { timeoutSeconds: 120 });
      if (!ok) failed.push(`${line}: ${stderr}${stdout}`);
    }
    expect(failed).toEqual([]);
  });
});

describe("the actions of the runbook", () => {
  it.each([
    ["balancer-silent", "systemctl reload nftables"],
    ["host-firewall-missing", "systemctl reload-or-restart nftables"],
  ])("the runbook's action for %s loads the firewall rules from their file again", async (monitor, action) => {
    const machine = replica();
    const check = "/usr/local/lib/platform/check-host-firewall";
    await machine.exec(["nft", "add", "table", "ip", "intruder"]);
    expect(await succeeds(machine, check)).toBe(false);
    await follow(machine, monitor, action);
    expect(await follow(machine, monitor, check)).toBe("");
  });

  it("the runbook's action for host-firewall-missing leaves no failed unit", async () => {
    const machine = replica();
    await follow(machine, "host-firewall-missing", "systemctl start multi-user.target");
    expect(await follow(machine, "host-firewall-missing", "systemctl list-units")).toBe("");
  });

  it("the runbook's action for server-errors takes a server out of service and returns it to service", async () => {
    const machine = replica();
    await follow(machine, "server-errors", "systemctl stop in-service");
    await takenOut(lab, machine);
    await follow(machine, "server-errors", "systemctl start in-service");
    await settled(lab);
  });

  it("the runbook's action for latency-p95 ends a runaway query by its id", async () => {
    const { primary } = group;
    const runaway = tryQuery(primary, "SELECT SLEEP(100)", 110);
    const id = await waitFor("runaway query", async (see) => {
      const shown = see(await follow(primary, "latency-p95", 'mysql -e "SELECT id, time'));
      return /^(\d+)\t\d+\tSELECT SLEEP/m.exec(shown)?.[1];
    });
    await follow(primary, "latency-p95", 'mysql -e "KILL', ["ID", id]);
    await runaway;
    expect(await follow(primary, "latency-p95", 'mysql -e "SELECT id, time')).not.toContain("SLEEP");
  });

  it("the runbook's action for nginx-down makes nginx serve again", async () => {
    const machine = replica();
    await machine.exec(["systemctl", "stop", "nginx"]);
    await follow(machine, "nginx-down", "systemctl restart nginx");
    expect(await follow(machine, "nginx-down", "curl")).toContain("Active connections");
  });

  it.each(["application-down", "memory-low", "connections-near-limit"])(
    "the runbook's action for %s makes the application answer again",
    async (monitor) => {
      const machine = replica();
      await machine.exec(["systemctl", "stop", "app"]);
      await follow(machine, monitor, "systemctl restart app");
      await serves(machine);
    },
  );

  it("the runbook's action for firewall-drops-anomaly stops the application of one server", async () => {
    const machine = replica();
    await follow(machine, "firewall-drops-anomaly", "systemctl stop app");
    expect(await succeeds(machine, "systemctl", "is-active", "app")).toBe(false);
    await machine.exec(["systemctl", "start", "app"]);
    await serves(machine);
  });

  it("the runbook's action for disk-full deletes old logs and package files", async () => {
    const machine = replica();
    const old = "/var/cache/apt/archives/old.deb";
    await machine.exec(["fallocate", "-l", "100M", old]);
    await follow(machine, "disk-full", "journalctl --vacuum");
    await follow(machine, "disk-full", "apt-get clean");
    expect(await succeeds(machine, "test", "-e", old)).toBe(false);
  });

  it("the runbook's action for reboot-required shows the packages that require the reboot", async () => {
    const machine = replica();
    const [due, packages] = ["/run/reboot-required", "/run/reboot-required.pkgs"];
    await machine.exec(["sh", "-c", `touch ${due}; echo linux-image > ${packages}`]);
    expect(await follow(machine, "reboot-required", "cat")).toBe("linux-image");
    await machine.exec(["rm", due, packages]);
  });

  it("the runbook's action for server-incomplete completes the setup of the server", async () => {
    const machine = replica();
    await machine.exec(["rm", "/var/lib/server-setup/complete"]);
    await follow(machine, "server-incomplete", "systemctl restart server-setup");
    await waitFor("complete setup", () => succeeds(machine, "ls", "/var/lib/server-setup/complete"), {
      timeoutSeconds: 120,
    });
  });

  it("the runbook's action for mysql-down makes the member rejoin the group, also if its volume is not mounted", async () => {
    const machine = replica();
    await machine.exec(["systemctl", "stop", "mysql"], { timeoutSeconds: 120 });
    await follow(machine, "mysql-down", "systemctl start mysql");
    await wholeGroup(lab);
    await machine.exec(["systemctl", "stop", "mysql", "mysql-data"], { timeoutSeconds: 120 });
    await follow(machine, "mysql-down", "systemctl restart mysql-data mysql mysql-group");
    await wholeGroup(lab);
  });

  it("the runbook's action for mysql-group-down makes mysql-group answer again without a change of the primary", async () => {
    const { primary } = group;
    await primary.exec(["systemctl", "stop", "mysql-group"]);
    await primary.exec(["systemctl", "start", "server-watch"]);
    expect(await follow(primary, "mysql-group-down", "cat")).toContain("systemctl restart mysql-group");
    await follow(primary, "mysql-group-down", "systemctl restart mysql-group");
    expect((await wholeGroup(lab)).primary).toBe(primary);
  });

  it("the runbook's action for mysql-group-down makes the other members elect a primary if mysql-group does not start", async () => {
    const { primary } = group;
    await primary.exec(["systemctl", "stop", "mysql-group"]);
    await follow(primary, "mysql-group-down", "systemctl stop mysql");
    await groupWithout(primary);
    await primary.exec(["systemctl", "start", "mysql", "mysql-group"]);
    await wholeGroup(lab);
  });

  it("the runbook's action for member-unreachable forms the group again after all members have restarted MySQL", async () => {
    await Promise.all(lab.machines.map((one) => follow(one, "member-unreachable", "systemctl restart mysql")));
    await wholeGroup(lab);
  });

  it.each(["certification-queue", "two-primaries"])(
    "the runbook's action for %s makes a member leave the group, and the member can rejoin",
    async (monitor) => {
      const machine = replica();
      await follow(machine, monitor, "systemctl stop mysql");
      await groupWithout(machine);
      await follow(machine, "certification-queue", "systemctl start mysql");
      await wholeGroup(lab);
    },
  );

  it("the runbook's action for data-volume-full releases and restores the reserved disk space", async () => {
    const machine = replica();
    const free = async (): Promise<number> =>
      Number((await machine.exec(["sh", "-c", "df --output=avail -m /var/lib/mysql | tail -1"])).trim());
    const before = await free();
    await follow(machine, "data-volume-full", "mysql-data release");
    expect(await free()).toBeGreaterThan(before + 400);
    await follow(machine, "data-volume-full", "mysql-data reserve");
    expect(await free()).toBeLessThan(before + 100);
  });

  it("the runbook's action for server-silent restarts the Datadog agent", async () => {
    const machine = replica();
    await machine.exec(["systemctl", "stop", "datadog-agent"]);
    await follow(machine, "server-silent", "systemctl restart datadog-agent");
    expect(await succeeds(machine, "systemctl", "is-active", "datadog-agent")).toBe(true);
  });
});

describe("this file", () => {
  it("every command of the runbook is run by these tests or listed with the reason why it is not run", () => {
    const missing = known.map(({ line }) => line).filter((line) => !followed.has(line) && !isNotRun(line));
    expect([...new Set(missing)]).toEqual([]);
    const unused = Object.keys(notRun).filter(
      (pattern) => !known.some(({ line }) => RegExp(`^(${pattern})$`).test(line)),
    );
    expect(unused).toEqual([]);
  });
});
