import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { Lab } from "../../lab/lab.js";
import { layout, prefix } from "../../lab/layout.js";
import { tryRun } from "../../lab/system/shell.js";
import { labInAnyMode } from "./support/lab-in-mode.js";

/** Returns the lab's resources on this host, with the kind of resource as the key. */
async function traces(): Promise<Record<string, readonly string[]>> {
  const ours = (words: readonly string[]): string[] => words.filter((word) => word.includes(prefix));
  const lines = async (command: readonly [string, ...string[]]): Promise<string[]> => {
    const [program, ...args] = command;
    return (await tryRun(program, args)).stdout.split("\n");
  };
  const names = (directory: string): Promise<string[]> => readdir(directory).catch(() => []);
  const processes = (await names("/proc")).filter((name) => /^\d+$/.test(name));
  const groupsOf = (pid: string): Promise<string> => readFile(`/proc/${pid}/cgroup`, "utf8").catch(() => "");
  const kept = `${layout.cache}/`;
  return {
    processes: ours(await Promise.all(processes.map(async (pid) => `${pid} ${await groupsOf(pid)}`))),
    mounts: ours((await readFile("/proc/self/mountinfo", "utf8")).split("\n")),
    namespaces: ours(await lines(["ip", "netns", "list"])),
    controlGroups: ours(await lines(["find", "/sys/fs/cgroup", "-type", "d"])),
    loopDevices: ours(await lines(["losetup", "--list", "--noheadings", "--output", "BACK-FILE"])),
    files: ours([
      ...(existsSync(layout.state) ? [layout.state] : []),
      ...(await lines(["find", "/run", "/etc", "/tmp", "/var/tmp", "-xdev", "-name", `*${prefix}*`])),
      ...(await lines(["find", layout.cache, "-maxdepth", "1", "-name", "*.partial"])),
    ]).filter((file) => !file.startsWith(kept) || file.endsWith(".partial")),
  };
}

const none = { processes: [], mounts: [], namespaces: [], controlGroups: [], loopDevices: [], files: [] };

describe("a lab that is taken down while one machine is dead and another one is unreachable", () => {
  it("`lab down` leaves no process, mount, namespace, control group, loop device or file behind, even if machines are dead or unreachable", async () => {
    const lab = await labInAnyMode();
    const [first, second] = lab.machines;
    await first?.kill();
    await second?.partition();
    const before = await traces();
    for (const [kind, found] of Object.entries(before))
      expect({ kind, some: found.length > 0 }).toEqual({ kind, some: true });
    await lab.down();
    expect(await traces()).toEqual(none);
    await expect(Lab.attach()).rejects.toThrow("start it with `npm run lab up`");
  });
});
