import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { livenessOf, machineId, thisProcess } from "../../../ops/core/machine.js";
import { temporaryFolder } from "../../support/payload-files.js";

it("the machine ID in a lock is a hash of the first usable machine-id file", () => {
  const folder = temporaryFolder();
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const [one, other] = [file("one", "11\n"), file("other", "22\n")];
  const unusable = [join(folder, "missing"), file("empty", "\n"), file("early", "uninitialized\n")];
  expect(machineId([one])).toMatch(/^[0-9a-f]{32}$/);
  expect(machineId([one])).not.toBe(machineId([other]));
  expect(machineId([...unusable, other])).toBe(machineId([other]));
});

it("the machine ID in a lock is a hash of the host name and a hardware address if no machine-id file is usable", () => {
  expect(machineId([])).toMatch(/^[0-9a-f]{32}$/);
});

const here = thisProcess();

it("the run that holds a lock counts as ended if its process has ended or if another process has the same process ID", async () => {
  expect(livenessOf(here)).toBe("running");
  expect(livenessOf({ ...here, began: "0" })).toBe("ended");
  const child = spawn("true");
  await once(child, "exit");
  expect(livenessOf({ ...here, pid: child.pid ?? 0 })).toBe("ended");
});

it("the state of the run that holds a lock is unknown if the run is on another machine or in another container", () => {
  expect(livenessOf({ ...here, machine: "another" })).toBe("elsewhere");
  expect(livenessOf({ ...here, boot: `${here.boot.split(" ")[0]} pid:[1]` })).toBe("elsewhere");
});

it("the state of the run that holds a lock is unknown if the machine has rebooted since the run took the lock", () => {
  expect(livenessOf({ ...here, boot: "earlier pid:[1]" })).toBe("other-boot");
});
