import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { duty, isDue, mysqlRefusal, untold } from "../../ops/commands/upgrade.js";
import { nextOf } from "../../ops/core/maintain.js";
import { mixRefusal, mysqlVersionOf } from "../../ops/core/mysql-versions.js";
import type { ServerState } from "../../ops/core/snapshot.js";
import { temporaryFolder, writeBelow } from "../support/payload-files.js";
import { hasTool, runTool } from "../support/tools.js";
import { snapshot } from "./support/snapshot.js";

const upgradable = [
  { name: "datadog-agent", from: "1:7.71.0-1", to: "1:7.72.1-1" },
  { name: "mysql-community-server-core", from: "8.4.6-1debian13", to: "8.4.7-1debian13" },
];
const bravoWith = (observation: object): ServerState => snapshot({ bravo: { observation } }).servers[1] as ServerState;

describe("the version in a package's version", () => {
  it.each([
    ["9.7.4-2", "9.7.4"],
    ["8.4.6-1debian13", "8.4.6"],
    ["1:8.0.43-0ubuntu1", "8.0.43"],
    ["8.4.7-log", "8.4.7"],
    ["none", undefined],
  ])("%s is %s", (text, version) => {
    expect(mysqlVersionOf(text)).toBe(version);
  });
});

describe("which versions of MySQL may be mixed in a group", () => {
  it.each<[string, readonly string[], string, string]>([
    ["up within a long-term series", ["8.4.6", "8.4.6", "8.4.6"], "8.4.6", "8.4.7"],
    ["one of several steps behind there", ["8.4.7", "8.4.9", "8.4.6"], "8.4.6", "8.4.8"],
    ["one of several steps behind in the next one", ["9.7.9", "9.7.9"], "9.7.4", "9.7.5"],
    ["another package of the same version", ["8.4.7", "8.4.7"], "8.4.7", "8.4.7"],
    ["in the next one", ["9.7.4", "9.7.4", "9.7.4"], "9.7.4", "9.7.10"],
    ["up outside of one, for a higher member joins", ["9.5.0", "9.5.0", "9.5.0"], "9.5.0", "9.5.1"],
    ["the last one outside", ["9.5.1", "9.5.1", "9.5.0"], "9.5.0", "9.5.1"],
  ])("allows %s", (_, group, own, next) => {
    expect(mixRefusal(group, own, next)).toBeUndefined();
  });

  it.each<[string, readonly string[], string, string, RegExp]>([
    ["back", ["8.4.7", "8.4.7", "8.4.7"], "8.4.7", "8.4.6", /never made older/],
    ["to another series", ["8.4.7", "8.4.7", "8.4.7"], "8.4.7", "9.7.0", /change `database\.series` and roll that out/],
    ["to 10, as numbers and not as text", ["9.7.4"], "9.7.4", "10.7.0", /another series/],
    [
      "the same after it, where no series is a long-term one",
      ["9.8.3", "9.8.3"],
      "9.8.0",
      "9.8.1",
      /takes no member of 9\.8\.1/,
    ],
    [
      "below the group's lowest outside of a long-term series",
      ["9.5.3", "9.5.3"],
      "9.5.0",
      "9.5.1",
      /takes no member of 9\.5\.1/,
    ],
  ])("refuses %s", (_, group, own, next, words) => {
    expect(mixRefusal(group, own, next)).toMatch(words);
  });
});

describe("an upgrade", () => {
  it("takes servers with upgrades or a due reboot, replicas first, and each once", () => {
    const all = snapshot({
      alpha: { observation: { rebootFor: ["mysql.service"] } },
      charlie: { observation: { upgradable } },
    });
    expect(nextOf(all, isDue({}))?.name).toBe("charlie");
    expect(nextOf(all, isDue({}, new Set(["charlie"])))?.name).toBe("alpha");
    expect(nextOf(all, isDue({ only: ["bravo"] }))).toBeUndefined();
    expect(nextOf(snapshot(), isDue({}), "bravo")?.name).toBe("bravo");
  });

  it("says what there is to do", () => {
    expect(duty(bravoWith({ upgradable, rebootFor: ["mysql.service"] }))).toBe(
      "bravo: upgrades datadog-agent 1:7.71.0-1 -> 1:7.72.1-1, mysql-community-server-core 8.4.6-1debian13 -> 8.4.7-1debian13; " +
        "a reboot for mysql.service",
    );
  });

  it("waits for a server that does not tell what could be upgraded, which is not the same as nothing", () => {
    const told = { observation: { upgradable: [] } };
    expect(untold(snapshot({ alpha: told, bravo: { observation: { upgradable: null } }, charlie: told }))).toMatch(
      /^not from bravo;/,
    );
    expect(untold(snapshot({ alpha: told, bravo: { observation: null }, charlie: told }))).toBeUndefined();
  });

  it("is refused where MySQL's versions would not go together, whatever else there is", () => {
    expect(mysqlRefusal(bravoWith({ upgradable }), ["8.4.6", "8.4.6"])).toBeUndefined();
    const series = [{ name: "mysql-server-core", from: "8.4.6-1", to: "9.7.4-2" }];
    expect(mysqlRefusal(bravoWith({ upgradable: series }), ["8.4.6"])).toMatch(
      /^bravo: mysql-server-core: 9\.7\.4 is of another/,
    );
    const added = [{ name: "mysql-server-core", from: "", to: "9.7.4-2" }];
    expect(mysqlRefusal(bravoWith({ upgradable: added }), ["8.4.6"])).toBeUndefined();
    const others = [{ name: "mysql-common", from: "8.4.6-1", to: "9.7.4-2" }];
    expect(mysqlRefusal(bravoWith({ upgradable: others }), ["8.4.6"])).toBeUndefined();
  });
});

describe("what is sent to a server", () => {
  const script = fileURLToPath(new URL("../../ops/commands/files/upgrade", import.meta.url));

  it.runIf(hasTool("shellcheck", "scripts of ops"))("satisfies shellcheck", () => {
    expect(runTool("shellcheck", [script])).toEqual({ status: 0, output: "" });
  });

  /** What the script does on a server, sent to a shell as SSH sends it. @param fails a command's first words */
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

  it("keeps packages from starting MySQL, ends what was interrupted, asks nobody, and takes up what is new", () => {
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

  it("leaves nothing frozen when it fails, and takes up nothing then", () => {
    expect(sent({ fails: "apt-get" }).slice(1)).toEqual([`${upgrades}, frozen`, "exit 1", "server.cnf"]);
  });

  it("starts no MySQL where there is none", () => {
    expect(sent({ hasMysql: false })).not.toContain("systemctl start mysql.service");
  });
});
