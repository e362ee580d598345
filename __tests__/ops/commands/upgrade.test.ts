import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { beforeEach, describe, expect, it } from "vitest";
import { dryUpgrade, duty, isDue, mysqlRefusal, untold, upgrade } from "../../../ops/commands/upgrade.js";
import { packageFilesOf } from "../../../modules/machine/compose/index.js";
import { nextOf } from "../../../ops/core/maintain.js";
import { Progress } from "../../../ops/core/progress.js";
import type { ServerState } from "../../../ops/core/snapshot.js";
import { temporaryFolder, writeBelow } from "../../support/payload-files.js";
import { hasTool, runTool } from "../../support/tools.js";
import { snapshot } from "../support/snapshot.js";
import { exampleConfig } from "../../support/config.js";
import { splitServers } from "../../support/servers.js";
import { instantly } from "../support/instantly.js";
import { World } from "../support/world.js";

beforeEach(instantly);

const upgradable = [
  { name: "datadog-agent", from: "1:7.71.0-1", to: "1:7.72.1-1" },
  { name: "mysql-community-server-core", from: "8.4.6-1debian13", to: "8.4.7-1debian13" },
];

const packageFilesProgram = readFileSync("ops/commands/files/package-files.py", "utf8");

const bravoWith = (observation: object): ServerState => snapshot({ bravo: { observation } }).servers[1] as ServerState;

it("npm run ops upgrade processes each server that has package upgrades or needs a reboot once, starting with the replicas", () => {
  const all = snapshot({
    alpha: { observation: { rebootFor: ["mysql.service"] } },
    charlie: { observation: { upgradable } },
  });
  expect(nextOf(all, isDue({}))?.name).toBe("charlie");
  expect(nextOf(all, isDue({}, new Set(["charlie"])))?.name).toBe("alpha");
  expect(nextOf(all, isDue({ only: ["bravo"] }))).toBeUndefined();
  expect(nextOf(snapshot(), isDue({}), "bravo")?.name).toBe("bravo");
});

it("npm run ops upgrade lists the package upgrades of each server and the reason for a reboot", () => {
  expect(duty(bravoWith({ upgradable, rebootFor: ["mysql.service"] }))).toBe(
    "bravo: upgrades datadog-agent 1:7.71.0-1 -> 1:7.72.1-1, mysql-community-server-core 8.4.6-1debian13 -> 8.4.7-1debian13; " +
      "a reboot for mysql.service",
  );
});

it("npm run ops upgrade treats the list of upgrades as unknown while a reachable server does not report its upgrades", () => {
  const told = { observation: { upgradable: [] } };
  expect(untold(snapshot({ alpha: told, bravo: { observation: { upgradable: null } }, charlie: told }))).toMatch(
    /^bravo did not report;/,
  );
  expect(untold(snapshot({ alpha: told, bravo: { observation: null }, charlie: told }))).toBeUndefined();
});

it("npm run ops upgrade is rejected if MySQL versions of incompatible release series would run in the same group", () => {
  expect(mysqlRefusal(bravoWith({ upgradable }), ["8.4.6", "8.4.6"])).toBeUndefined();
  const series = [{ name: "mysql-server-core", from: "8.4.6-1", to: "9.7.4-2" }];
  expect(mysqlRefusal(bravoWith({ upgradable: series }), ["8.4.6"])).toMatch(
    /^bravo: mysql-server-core: 9\.7\.4 belongs to another/,
  );
  const added = [{ name: "mysql-server-core", from: "", to: "9.7.4-2" }];
  expect(mysqlRefusal(bravoWith({ upgradable: added }), ["8.4.6"])).toBeUndefined();
  const others = [{ name: "mysql-common", from: "8.4.6-1", to: "9.7.4-2" }];
  expect(mysqlRefusal(bravoWith({ upgradable: others }), ["8.4.6"])).toBeUndefined();
});

describe("an upgrade", () => {
  const agent = [{ name: "datadog-agent", from: "1:7.71.0-1", to: "1:7.72.1-1" }];
  const lists = ["alpha", "bravo", "charlie"].map((name) => `${name}: apt-get update`);
  const script = "sh -s /usr/local/lib/platform/restart-upgraded /usr/local/lib/platform/vendor-updates";

  it("npm run ops upgrade drains a server, upgrades its packages, reboots the server only if required, and waits before the next server", async () => {
    const world = new World();
    world.machine("alpha").rebootFor = ["mysql.service"];
    world.machine("bravo").upgradable = agent;
    await upgrade(await world.context("upgrade"), {});
    expect(world.steps).toEqual([
      ...lists,
      "alpha: mysql SELECT member_version",
      "lock: bravo",
      "bravo: systemctl stop in-service",
      `bravo: ${script}`,
      "bravo: systemctl start in-service",
      "lock: no server",
      "alpha: mysql SELECT member_version",
      "lock: alpha",
      "alpha: mysql-group step-down",
      "alpha: systemctl stop in-service",
      `alpha: ${script}`,
      "alpha: systemctl reboot",
      "lock: no server",
    ]);
    expect(world.said.at(-1)).toBe("upgraded: bravo, alpha");
    // The upgrade also waits for a server that did not have to reboot.
    expect(world.said).toContain("bravo: comes up");
  });

  it("npm run ops upgrade delivers new package sources and keys to every server before it updates the package lists", async () => {
    const world = new World();
    const config = world.config;
    await upgrade(await world.context("upgrade"), { packageFiles: (server) => packageFilesOf(config, server) });
    const delivered = world.steps.flatMap((step, index) => (step.includes("python3 -I -c") ? [index] : []));
    expect(delivered.map((index) => world.steps[index]?.split(":")[0])).toEqual(["alpha", "bravo", "charlie"]);
    expect(Math.max(...delivered)).toBeLessThan(world.steps.findIndex((step) => step.endsWith("apt-get update")));
    expect(world.steps.filter((step) => step.includes("systemctl"))).toEqual([]);
  });

  it("npm run ops upgrade updates no package list if a signing key cannot be delivered", async () => {
    const world = new World();
    world.failing.add(`bravo: python3 -I -c ${packageFilesProgram}`);
    const run = upgrade(await world.context("upgrade"), { packageFiles: () => [] });
    await expect(run).rejects.toThrow("bravo: it failed");
    expect(world.steps.filter((step) => step.includes("apt-get"))).toEqual([]);
  });

  it("npm run ops upgrade does not drain a server that serves no visitors", async () => {
    const world = new World(exampleConfig({ servers: splitServers }));
    world.primary = "left";
    world.machine("middle").upgradable = agent;
    await upgrade(await world.context("upgrade"), {});
    expect(world.steps.filter((step) => step.startsWith("middle: "))).toEqual([
      "middle: apt-get update",
      `middle: ${script}`,
    ]);
  });

  it("npm run ops upgrade fails if the server is healthy but did not reboot as required", async () => {
    const world = new World();
    world.machine("bravo").rebootFor = ["linux-image"];
    world.failing.add("bravo: systemctl reboot");
    await expect(upgrade(await world.context("upgrade"), {})).rejects.toThrow("bravo: has not restarted yet");
    expect(world.steps.at(-1)).toBe("bravo: systemctl reboot");
  });

  it("npm run ops upgrade reboots a server that does not answer after the package upgrade", async () => {
    const world = new World();
    world.machine("bravo").upgradable = agent;
    world.stunned.add("bravo");
    await upgrade(await world.context("upgrade"), {});
    expect(world.steps.slice(-2)).toEqual(["bravo: systemctl reboot", "lock: no server"]);
  });

  it("npm run ops upgrade changes no server if MySQL versions are incompatible or a package list is unavailable", async () => {
    const world = new World();
    world.machine("bravo").upgradable = [{ name: "mysql-community-server", from: "9.7.4-1", to: "10.7.0-1" }];
    await expect(upgrade(await world.context("upgrade"), {})).rejects.toThrow(/^refused: bravo: .* another series/);
    expect(world.steps).toEqual([...lists, "alpha: mysql SELECT member_version"]);
    await expect(upgrade(await world.context("upgrade"), { only: ["zulu"] })).rejects.toThrow("no server zulu");
    expect(world.steps).toEqual([]);
    world.failing.add("charlie: apt-get update");
    await expect(upgrade(await world.context("upgrade"), {})).rejects.toThrow("charlie: it failed");
  });

  it("npm run ops upgrade continues with the server that an interrupted run left out of service", async () => {
    const world = new World();
    world.machine("charlie").inService = false;
    await upgrade(await world.context("upgrade", "charlie"), {});
    expect(world.steps.slice(lists.length)).toEqual([
      "alpha: mysql SELECT member_version",
      "lock: charlie",
      "charlie: systemctl stop in-service",
      `charlie: ${script}`,
      "charlie: systemctl start in-service",
      "lock: no server",
    ]);
  });
});

it("a continued npm run ops upgrade waits until the rebooting server answers before it sends commands to the server", async () => {
  const world = new World();
  const charlie = world.machine("charlie");
  charlie.running = false;
  const context = await world.context("upgrade", "charlie");
  const said: string[] = [];
  const progress = new Progress((line) => {
    said.push(line.slice(10));
    if (said.at(-1) === "  connection timed out") charlie.running = true;
  });
  await upgrade({ ...context, progress }, {});
  expect(said.slice(0, 2)).toEqual(["charlie: answers", "  connection timed out"]);
  expect(world.steps.slice(0, 3)).toEqual(["alpha", "bravo", "charlie"].map((name) => `${name}: apt-get update`));
  expect(said.at(-1)).toBe("upgraded: charlie");
});

it("npm run ops upgrade --dry-run lists an unfinished server first and does not report the server as an obstacle", async () => {
  const world = new World();
  world.machine("charlie").inService = false;
  const said: string[] = [];
  const dry = async (inHand?: string) =>
    dryUpgrade((await world.context("upgrade", inHand)).site, {}, { say: (line) => void said.push(line) });
  expect([await dry("charlie"), said.splice(0)]).toEqual([
    0,
    ["charlie: was left unfinished by an interrupted run and is processed first"],
  ]);
  expect([await dry(), said]).toEqual([
    1,
    [
      "nothing to upgrade, and no reboot required",
      "prevents the upgrade: charlie: is out of service",
      "prevents the upgrade: charlie: its target is not healthy",
    ],
  ]);
});

describe("the upgrade script", () => {
  const script = fileURLToPath(new URL("../../../ops/commands/files/upgrade", import.meta.url));

  it.runIf(hasTool("shellcheck", "scripts of ops"))(
    "the script that upgrades packages on a server passes shellcheck",
    () => {
      expect(runTool("shellcheck", [script])).toEqual({ status: 0, output: "" });
    },
  );

  /** Runs the upgrade script like SSH and returns the commands that the script runs. @param fails first words of the command that fails */
  const sent = ({ hasMysql = true, fails = "none" } = {}): readonly string[] => {
    const folder = temporaryFolder();
    const told = (body = "") => `#!/bin/sh
words="\${0##*/} $*"
frozen=; [ ! -e ${folder}/etc/mysql/FROZEN ] || frozen=", frozen"
[ "$(readlink /proc/$$/fd/0)" = /dev/null ] || words="$words, which reads what is sent"
echo "$words$frozen"; case "$words" in "${fails}"*) exit 1 ;; esac
${body}`;
    const isThere = `[ "$1" != is-enabled ] || [ "$3" = mysql.service ] && ${hasMysql}`;
    writeBelow(folder, [
      ...(hasMysql ? [{ path: "etc/mysql/server.cnf", content: "" }] : []),
      ...Object.entries({
        dpkg: "",
        "apt-get": 'echo "asks $DEBIAN_FRONTEND"',
        systemctl: isThere,
        "restart-upgraded": "",
        "vendor-updates": "",
      }).map(([name, body]) => ({ path: `bin/${name}`, permissions: "0755", content: told(body) })),
    ]);
    const text = readFileSync(script, "utf8").replaceAll("/etc/mysql", `${folder}/etc/mysql`);
    const shell = `DEBIAN_FRONTEND=dialog PATH=${folder}/bin:$PATH sh -s restart-upgraded vendor-updates; status=$?; [ $status -eq 0 ] || echo "exit $status"; ls ${folder}/etc/mysql 2>/dev/null`;
    return runTool("sh", ["-c", shell], text).output.trim().split("\n");
  };
  const upgrades = "apt-get --quiet=2 --yes -o DPkg::Lock::Timeout=300 -o Dpkg::Options::=--force-confold dist-upgrade";

  it("the package upgrade script completes an interrupted dpkg run, asks no questions, does not start MySQL, and restarts affected services", () => {
    expect(sent()).toEqual([
      "dpkg --configure -a, frozen",
      `${upgrades}, frozen`,
      "asks noninteractive",
      "systemctl is-enabled --quiet mysql.service",
      "systemctl start mysql.service",
      "systemctl is-enabled --quiet mysql-group.service",
      "restart-upgraded ",
      "vendor-updates ",
      "server.cnf",
    ]);
  });

  it("if the package upgrade fails, the package upgrade script allows MySQL to start again and restarts no service", () => {
    expect(sent({ fails: "apt-get" }).slice(1)).toEqual([`${upgrades}, frozen`, "exit 1", "server.cnf"]);
  });

  it("the package upgrade script does not start MySQL on a server without MySQL", () => {
    expect(sent({ hasMysql: false })).not.toContain("systemctl start mysql.service");
  });
});
