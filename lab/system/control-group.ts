import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rmdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { prefix } from "../layout.js";
import { waitFor } from "./shell.js";

/** Mount point of the cgroup2 tree: its own directory on hosts that still carry version 1 beside it. */
export const cgroupRoot = existsSync("/sys/fs/cgroup/unified") ? "/sys/fs/cgroup/unified" : "/sys/fs/cgroup";
/** Memory controller of version 1, where the host still uses it. */
const memoryV1 = "/sys/fs/cgroup/memory";

/**
 * A control group holding one machine or one service: the lab ends processes by their group, never by name or by a remembered pid.
 *
 * A group that was killed must be removed before the name is used again: below a group that once got `cgroup.kill`, every process
 * that systemd spawns straight into a child group (CLONE_INTO_CGROUP) is killed at once. `create` therefore starts from nothing.
 */
export class ControlGroup {
  /** Directory of the group in the cgroup2 tree. */
  readonly path: string;
  private readonly memoryPath: string;

  constructor(readonly name: string) {
    this.path = path.join(cgroupRoot, prefix, name);
    this.memoryPath = existsSync(memoryV1) ? path.join(memoryV1, prefix, name) : this.path;
  }

  /** Files a process writes its pid to in order to join. */
  get joinFiles(): string[] {
    return [...new Set([this.path, this.memoryPath])].map((directory) => path.join(directory, "cgroup.procs"));
  }

  /** Makes the group anew, without processes. */
  async create(): Promise<void> {
    await this.remove();
    await mkdir(this.path, { recursive: true });
    await mkdir(this.memoryPath, { recursive: true });
    if (this.memoryPath === this.path) await this.enableMemory();
  }

  /** Whether a process runs in the group or below it. */
  async alive(): Promise<boolean> {
    return /^populated 1$/m.test(await readOr(path.join(this.path, "cgroup.events"), ""));
  }

  /** SIGKILL to every process of the group and below, in one step. */
  async kill(): Promise<void> {
    if (existsSync(this.path)) await writeFile(path.join(this.path, "cgroup.kill"), "1");
  }

  /** Memory in use, in bytes, page cache included; 0 when the group does not exist. */
  async memoryBytes(): Promise<number> {
    const file = this.memoryPath === this.path ? "memory.current" : "memory.usage_in_bytes";
    return Number(await readOr(path.join(this.memoryPath, file), "0"));
  }

  /** Memory that cannot be given back under pressure (anonymous pages), in bytes. */
  async anonymousBytes(): Promise<number> {
    const stat = await readOr(path.join(this.memoryPath, "memory.stat"), "");
    return Number(/^(?:total_rss|anon) (\d+)$/m.exec(stat)?.[1] ?? 0);
  }

  /** Time that processors have spent for the group so far, in seconds. */
  async cpuSeconds(): Promise<number> {
    const stat = await readOr(path.join(this.path, "cpu.stat"), "");
    return Number(/^usage_usec (\d+)$/m.exec(stat)?.[1] ?? 0) / 1e6;
  }

  /** Ends what still runs and removes the group. */
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

/** Names of the groups that exist. */
export async function groupNames(): Promise<string[]> {
  const entries = await readdir(path.join(cgroupRoot, prefix), { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
}

/** Removes all groups and the one that holds them. */
export async function removeAllGroups(): Promise<void> {
  for (const name of await groupNames()) await new ControlGroup(name).remove();
  for (const root of [cgroupRoot, memoryV1]) await removeTree(path.join(root, prefix));
}

/** Control groups are removed directory by directory, the deepest first; one that is still busy stays. */
async function removeTree(directory: string): Promise<void> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) if (entry.isDirectory()) await removeTree(path.join(directory, entry.name));
  await rmdir(directory).catch(() => undefined);
}

const readOr = (file: string, fallback: string): Promise<string> => readFile(file, "utf8").catch(() => fallback);
