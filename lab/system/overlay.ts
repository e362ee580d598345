import { mkdir, readFile, rm } from "node:fs/promises";
import path from "node:path";
import { run, type RunOptions } from "./shell.js";

/**
 * A writable copy of a read-only directory tree, implemented as an overlay mount.
 * The mount is `volatile`, because dpkg's fsync calls would take most of a boot's time. A root disk need not survive a power cut of this
 * host.
 */
export class Overlay {
  /** Mount point of the writable tree. */
  readonly root: string;

  constructor(
    readonly directory: string,
    private readonly lower: string,
  ) {
    this.root = path.join(directory, "root");
  }

  /** Mounts the writable tree if the tree is not mounted. */
  async mount(): Promise<void> {
    if (await isMounted(this.root)) return;
    const upper = path.join(this.directory, "upper");
    const work = path.join(this.directory, "work");
    for (const directory of [upper, work, this.root]) await mkdir(directory, { recursive: true });
    // An uncleanly ended volatile mount leaves this directory. While the directory exists, the kernel rejects a new mount.
    await rm(path.join(work, "work", "incompat"), { recursive: true, force: true });
    const options = `lowerdir=${this.lower},upperdir=${upper},workdir=${work},volatile`;
    await run("mount", ["-t", "overlay", "overlay", "-o", options, this.root]);
  }

  /** Unmounts the writable tree and all mounts below the tree. */
  async unmount(): Promise<void> {
    await unmountBelow(this.root);
  }

  /** Unmounts the writable tree and deletes the written data. */
  async remove(): Promise<void> {
    await this.unmount();
    await rm(this.directory, { recursive: true, force: true });
  }
}

/** Runs a command inside a directory tree with {@link cleanEnvironment}. */
export const runInRoot = (root: string, command: readonly string[], options: RunOptions = {}): Promise<string> =>
  run("chroot", [root, "/usr/bin/env", "-i", ...cleanEnvironment, ...command], options);

/** Environment variables of commands that run inside a machine's file system. */
export const cleanEnvironment = [
  "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  "HOME=/root",
  "LC_ALL=C.UTF-8",
  "DEBIAN_FRONTEND=noninteractive",
] as const;

/** Returns the mount points at and below a directory, starting with the deepest. */
async function mountsBelow(directory: string): Promise<string[]> {
  const table = await readFile("/proc/self/mountinfo", "utf8");
  return table
    .split("\n")
    .map((line) => line.split(" ")[4] ?? "")
    .filter((point) => point === directory || point.startsWith(`${directory}/`))
    .sort((a, b) => b.length - a.length);
}

/** Unmounts a directory and all mounts below the directory, starting with the deepest. */
export async function unmountBelow(directory: string): Promise<void> {
  for (const point of await mountsBelow(directory)) await run("umount", [point]);
}

const isMounted = async (directory: string): Promise<boolean> => (await mountsBelow(directory)).includes(directory);
