import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rmdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { prefix } from "../layout.js";
import { waitFor } from "./shell.js";

/** Mount point of the cgroup2 tree. Hosts that also use version 1 have a separate directory for it. */
export const cgroupRoot = existsSync("/sys/fs/cgroup/unified") ? "/sys/fs/cgroup/unified" : "/sys/fs/cgroup";
/** Memory controller of version 1, if the host uses it. */
const memoryV1 = "/sys/fs/cgroup/memory";

/**
 * A control group of one machine or one service. The lab ends processes by their group, never by name or stored pid.
 *
 * A killed group must be removed before its name is reused. After `cgroup.kill`, the kernel immediately kills every process that
 * systemd spawns directly into a child group (CLONE_INTO_CGROUP). Therefore `create` always creates a new group.
 */
export class ControlGroup {
  /** Directory of the group in the cgroup2 tree. */
  readonly path: string;
  private readonly memoryPath: string;

  constructor(readonly name: string) {
    this.path = path.join(cgroupRoot, prefix, name);
    this.memoryPath = existsSync(memoryV1) ? path.join(memoryV1, prefix, name) : this.path;
  }

  /** Files to which a process writes its pid to join the group. */
  get joinFiles(): string[] {
    return [...new Set([this.path, this.memoryPath])].map((directory) => path.join(directory, "cgroup.procs"));
  }

  /** Creates an empty group and removes an existing one first. */
  async create(): Promise<void> {
    await this.remove();
    await mkdir(this.path, { recursive: true });
    await mkdir(this.memoryPath, { recursive: true });
    if (this.memoryPath === this.path) await this.enableMemory();
  }

  /** Whether the group or a child group contains a process. */
  async alive(): Promise<boolean> {
    return /^populated 1$/m.test(await readOr(path.join(this.path, "cgroup.events"), ""));
  }

  /** Sends SIGKILL to all processes of the group and its child groups at once. */
  async kill(): Promise<void> {
    if (existsSync(this.path)) await writeFile(path.join(this.path, "cgroup.kill"), "1");
  }

  /** Used memory in bytes, including the page cache; 0 if the group does not exist. */
  async memoryBytes(): Promise<number> {
    const file = this.memoryPath === this.path ? "memory.current" : "memory.usage_in_bytes";
    return Number(await readOr(path.join(this.memoryPath, file), "0"));
  }

  /** Anonymous memory in bytes, which the kernel cannot reclaim. */
  async anonymousBytes(): Promise<number> {
    const stat = await readOr(path.join(this.memoryPath, "memory.stat"), "");
    return Number(/^(?:total_rss|anon) (\d+)$/m.exec(stat)?.[1] ?? 0);
  }

  /** Processor time of the group so far, in seconds. */
  async cpuSeconds(): Promise<number> {
    const stat = await readOr(path.join(this.path, "cpu.stat"), "");
    return Number(/^usage_usec (\d+)$/m.exec(stat)?.[1] ?? 0) / 1e6;
  }

  /** Kills all processes of the group and removes it. */
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

/** Names of all existing groups. */
export async function groupNames(): Promise<string[]> {
  const entries = await readdir(path.join(cgroupRoot, prefix), { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
}

/** Removes all groups and their parent group. */
export async function removeAllGroups(): Promise<void> {
  for (const name of await groupNames()) await new ControlGroup(name).remove();
  for (const root of [cgroupRoot, memoryV1]) await removeTree(path.join(root, prefix));
}

/** Removes control groups one by one, the deepest first. Keeps groups that are still in use. */
async function removeTree(directory: string): Promise<void> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) if (entry.isDirectory()) await removeTree(path.join(directory, entry.name));
  await rmdir(directory).catch(() => undefined);
}

const readOr = (file: string, fallback: string): Promise<string> => readFile(file, "utf8").catch(() => fallback);
