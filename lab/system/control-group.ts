import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rmdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { prefix } from "../layout.js";
import { waitFor } from "./shell.js";

/** Mount point of version 2 of the control groups. Hosts that also use version 1 have a separate directory for version 2. */
export const cgroupRoot = existsSync("/sys/fs/cgroup/unified") ? "/sys/fs/cgroup/unified" : "/sys/fs/cgroup";
/** Directory of the memory controller of version 1. The directory exists only if the host uses version 1. */
const memoryV1 = "/sys/fs/cgroup/memory";

/**
 * A control group of one machine or one service. To end processes, the lab always kills a control group. The lab never uses process names
 * or stored pids.
 *
 * A killed group must be removed before another group can have the same name. After `cgroup.kill`, the kernel immediately kills every
 * process that
 * systemd spawns directly into a child group (CLONE_INTO_CGROUP). Therefore `create` always creates a new group.
 */
export class ControlGroup {
  /** Directory of the control group in the cgroup2 tree. */
  readonly path: string;
  private readonly memoryPath: string;

  constructor(readonly name: string) {
    this.path = path.join(cgroupRoot, prefix, name);
    this.memoryPath = existsSync(memoryV1) ? path.join(memoryV1, prefix, name) : this.path;
  }

  /** Paths of the files to which a process writes its pid to join the control group. */
  get joinFiles(): string[] {
    return [...new Set([this.path, this.memoryPath])].map((directory) => path.join(directory, "cgroup.procs"));
  }

  /** Creates an empty control group. Removes an existing group with the same name first. */
  async create(): Promise<void> {
    await this.remove();
    await mkdir(this.path, { recursive: true });
    await mkdir(this.memoryPath, { recursive: true });
    if (this.memoryPath === this.path) await this.enableMemory();
  }

  /** Checks whether the control group or a child group contains a process. */
  async alive(): Promise<boolean> {
    return /^populated 1$/m.test(await readOr(path.join(this.path, "cgroup.events"), ""));
  }

  /** Sends SIGKILL to all processes of the control group and of all child groups at once. */
  async kill(): Promise<void> {
    if (existsSync(this.path)) await writeFile(path.join(this.path, "cgroup.kill"), "1");
  }

  /** Returns the used memory in bytes, including the page cache; 0 if the control group does not exist. */
  async memoryBytes(): Promise<number> {
    const file = this.memoryPath === this.path ? "memory.current" : "memory.usage_in_bytes";
    return Number(await readOr(path.join(this.memoryPath, file), "0"));
  }

  /** Returns the anonymous memory in bytes. The kernel cannot reclaim anonymous memory. */
  async anonymousBytes(): Promise<number> {
    const stat = await readOr(path.join(this.memoryPath, "memory.stat"), "");
    return Number(/^(?:total_rss|anon) (\d+)$/m.exec(stat)?.[1] ?? 0);
  }

  /** Returns the processor time in seconds that the control group has used. */
  async cpuSeconds(): Promise<number> {
    const stat = await readOr(path.join(this.path, "cpu.stat"), "");
    return Number(/^usage_usec (\d+)$/m.exec(stat)?.[1] ?? 0) / 1e6;
  }

  /** Kills all processes of the control group, then removes the group. */
  async remove(): Promise<void> {
    if (await this.alive()) await this.kill();
    await waitFor(`end of control group ${this.name}`, async (see) => {
      await removeTree(this.path);
      await removeTree(this.memoryPath);
      see(
        `processes ${(await readOr(path.join(this.path, "cgroup.procs"), "")).trim().replaceAll("\n", ", ") || "below it"}`,
      );
      return !existsSync(this.path) && !existsSync(this.memoryPath);
    });
  }

  private async enableMemory(): Promise<void> {
    for (const directory of [cgroupRoot, path.dirname(this.path)])
      await writeFile(path.join(directory, "cgroup.subtree_control"), "+memory").catch(() => undefined);
  }
}

/** Returns the names of all existing control groups of the lab. */
export async function groupNames(): Promise<string[]> {
  const entries = await readdir(path.join(cgroupRoot, prefix), { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
}

/** Removes all control groups of the lab and their parent group. */
export async function removeAllGroups(): Promise<void> {
  for (const name of await groupNames()) await new ControlGroup(name).remove();
  for (const root of [cgroupRoot, memoryV1]) await removeTree(path.join(root, prefix));
}

/** Removes a control group and all child groups, starting with the deepest groups. Keeps groups that are still in use. */
async function removeTree(directory: string): Promise<void> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) if (entry.isDirectory()) await removeTree(path.join(directory, entry.name));
  await rmdir(directory).catch(() => undefined);
}

const readOr = (file: string, fallback: string): Promise<string> => readFile(file, "utf8").catch(() => fallback);
