import { readFile } from "node:fs/promises";
import path from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { userDataOf } from "../../lab/blueprint.js";
import type { Lab } from "../../lab/lab.js";
import type { Machine } from "../../lab/machine/machine.js";
import { settled } from "../../lab/group.js";
import { labInMode } from "./support/lab-in-mode.js";

let lab: Lab;
beforeAll(async () => {
  lab = await labInMode("terminate");
});

const good = { status: "done", errors: [], recoverable: {} };

/** Problems in cloud-init's log, regardless of its status. */
const complaints = async (machine: Machine): Promise<string[]> =>
  (await machine.exec(["cat", "/var/log/cloud-init.log"]))
    .split("\n")
    .filter((line) => /WARNING|ERROR|CRITICAL|DEPRECATED|Traceback/.test(line));

const failedUnits = (machine: Machine): Promise<string> =>
  machine.exec(["systemctl", "list-units", "--failed", "--plain", "--no-legend"]);

describe("every machine", () => {
  it("every machine finishes cloud-init without an error, a warning or a failed unit", async () => {
    for (const machine of lab.machines) {
      expect(await machine.cloudInit()).toEqual(good);
      expect(await complaints(machine)).toEqual([]);
      expect(await failedUnits(machine)).toBe("");
      expect(await machine.exec(["systemctl", "is-system-running", "--wait"])).toBe("running");
    }
  });

  it("every machine boots with exactly the bytes that rendering the same configuration again produces", async () => {
    for (const machine of lab.machines)
      for (const copy of ["seed/nocloud/user-data", "instance/user-data.txt"])
        expect(await machine.exec(["cat", `/var/lib/cloud/${copy}`])).toBe(
          userDataOf(lab.blueprint, machine.name).trimEnd(),
        );
  });

  it("every machine applies every network kernel setting of the payload", async () => {
    for (const machine of lab.machines)
      for (const [name, value] of await networkSettings(machine))
        expect(await machine.exec(["sysctl", "--values", name]), `${name} of ${machine.name}`).toBe(value);
  });

  it("every machine prevents services from writing core dumps, which would contain secrets", async () => {
    const services = ["app", "haproxy", "mysql", "mysql-group", "nginx"];
    for (const machine of lab.machines) {
      const limits = await machine.exec(["systemctl", "show", "--value", "--property=LimitCORE", ...services]);
      expect(limits.split(/\n+/), machine.name).toEqual(services.map(() => "0"));
    }
  });
});

/** The network settings of the payload's sysctl.d. A container shares all other kernel settings with this host. */
async function networkSettings(machine: Machine): Promise<readonly (readonly [string, string])[]> {
  const text = await readFile(path.join(machine.root, "etc/sysctl.d/60-network.conf"), "utf8");
  const settings = [...text.matchAll(/^(net\S+) = (\S+)$/gm)].map(
    ([, name = "", value = ""]) => [name, value] as const,
  );
  expect(settings.length).toBeGreaterThan(10);
  return settings;
}

describe("a second boot", () => {
  it("a second boot changes no configuration file, package, unit or user", async () => {
    await settled(lab);
    for (const machine of lab.machines) {
      const before = await stateOf(machine);
      await machine.off();
      await machine.start();
      expect(await machine.waitForCloudInit()).toEqual(good);
      await settled(lab);
      const after = await stateOf(machine);
      expect(before.files.length).toBeGreaterThan(500);
      expect(after.boot).not.toEqual(before.boot);
      expect({ ...after, boot: "" }).toEqual({ ...before, boot: "" });
      expect(await failedUnits(machine)).toBe("");
    }
  });
});

/** State that a boot must not change, line by line. */
interface State {
  readonly boot: string;
  /** Mode, owner, path, and hash or link of everything below /etc, /opt and /usr/local. */
  readonly files: readonly string[];
  readonly packages: readonly string[];
  readonly units: readonly string[];
  readonly users: readonly string[];
}

async function stateOf(machine: Machine): Promise<State> {
  const lines = async (command: string): Promise<string[]> => (await machine.exec(["sh", "-c", command])).split("\n");
  // While the agent runs, it stores its process id and its position in each log in its own directory.
  const trees = "/etc /opt /usr/local -path /opt/datadog-agent/run -prune -o";
  return {
    boot: await machine.exec(["cat", "/proc/sys/kernel/random/boot_id"]),
    files: [
      ...(await lines(`find ${trees} -printf '%M %u:%g %p %l\\n' | sort`)),
      ...(await lines(`find ${trees} -type f -print0 | sort -z | xargs -0 sha256sum`)),
    ],
    packages: await lines("dpkg-query -W"),
    units: await lines("systemctl list-unit-files --no-legend --no-pager | sort"),
    users: await lines("getent passwd"),
  };
}
