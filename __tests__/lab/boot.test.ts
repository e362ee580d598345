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

/** Returns the warnings and errors in cloud-init's log, because cloud-init's status does not include all of them. */
const complaints = async (machine: Machine): Promise<string[]> =>
  (await machine.exec(["cat", "/var/log/cloud-init.log"]))
    .split("\n")
    .filter((line) => /WARNING|ERROR|CRITICAL|DEPRECATED|Traceback/.test(line));

const failedUnits = (machine: Machine): Promise<string> =>
  machine.exec(["systemctl", "list-units", "--failed", "--plain", "--no-legend"]);

describe("every machine", () => {
  it("cloud-init finishes on every server without an error, a warning or a failed unit", async () => {
    for (const machine of lab.machines) {
      expect(await machine.cloudInit()).toEqual(good);
      expect(await complaints(machine)).toEqual([]);
      expect(await failedUnits(machine)).toBe("");
      expect(await machine.exec(["systemctl", "is-system-running", "--wait"])).toBe("running");
    }
  });

  it("every machine boots with exactly the user data that a new rendering of the same configuration produces", async () => {
    for (const machine of lab.machines)
      for (const copy of ["seed/nocloud/user-data", "instance/user-data.txt"])
        expect(await machine.exec(["cat", `/var/lib/cloud/${copy}`])).toBe(
          userDataOf(lab.blueprint, machine.name).trimEnd(),
        );
  });

  it("the kernel of every server uses every network setting of the payload", async () => {
    for (const machine of lab.machines)
      for (const [name, value] of await networkSettings(machine))
        expect(await machine.exec(["sysctl", "--values", name]), `${name} of ${machine.name}`).toBe(value);
  });

  it("no service on any machine can write a core dump, because core dumps would contain secrets", async () => {
    const services = ["app", "haproxy", "mysql", "mysql-group", "nginx"];
    for (const machine of lab.machines) {
      const limits = await machine.exec(["systemctl", "show", "--value", "--property=LimitCORE", ...services]);
      expect(limits.split(/\n+/), machine.name).toEqual(services.map(() => "0"));
    }
  });
});

/**
 * Returns the network settings in the payload's sysctl.d. All other kernel settings belong to this host, so a machine cannot change them.
 */
async function networkSettings(machine: Machine): Promise<readonly (readonly [string, string])[]> {
  const text = await readFile(path.join(machine.root, "etc/sysctl.d/60-network.conf"), "utf8");
  const settings = [...text.matchAll(/^(net\S+) = (\S+)$/gm)].map(
    ([, name = "", value = ""]) => [name, value] as const,
  );
  expect(settings.length).toBeGreaterThan(10);
  return settings;
}

describe("a second boot", () => {
  it("a second boot of a machine changes no configuration file, package, unit or user", async () => {
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

/** State of a machine, as lines of text. Only the boot id may differ after a second boot. */
interface State {
  readonly boot: string;
  /** Mode, owner, path, and hash or link target of each file below /etc, /opt and /usr/local. */
  readonly files: readonly string[];
  readonly packages: readonly string[];
  readonly units: readonly string[];
  readonly users: readonly string[];
}

async function stateOf(machine: Machine): Promise<State> {
  const lines = async (command: string): Promise<string[]> => (await machine.exec(["sh", "-c", command])).split("\n");
  // The agent's directory is excluded, because a running agent stores its process id and its position in each log there.
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
