import { existsSync } from "node:fs";
import { mkdir, readdir, rm, truncate, writeFile } from "node:fs/promises";
import path from "node:path";
import { run, tryRun } from "../system/shell.js";

/**
 * A block volume: a sparse file behind a loop device, shown to its machine under the name Hetzner's udev rules give a volume.
 * The file is not part of the machine's root disk, so it survives a replaced machine.
 */
export class Volume {
  private readonly file: string;

  /**
   * @param directory where backing files lie
   * @param id number in the device name, as the cloud's id of the volume
   * @param sizeGigabytes size the machine sees; the file takes only what is written
   */
  constructor(
    directory: string,
    readonly id: number,
    private readonly sizeGigabytes: number,
  ) {
    this.file = path.join(directory, `${id}.img`);
  }

  /** Path of the device inside the machine. */
  get machineDevice(): string {
    return `/dev/disk/by-id/scsi-0HC_Volume_${this.id}`;
  }

  /** Attaches the volume, blank at first, and returns the device on this host. */
  async attach(): Promise<string> {
    const present = await this.device();
    if (present !== undefined) return present;
    if (!existsSync(this.file)) {
      await mkdir(path.dirname(this.file), { recursive: true });
      await writeFile(this.file, "");
      await truncate(this.file, this.sizeGigabytes * 1024 ** 3);
    }
    return run("losetup", ["--find", "--show", this.file]);
  }

  /** Detaches the volume and deletes what is on it. */
  async wipe(): Promise<void> {
    await detach(this.file);
    await rm(this.file, { force: true });
  }

  private async device(): Promise<string | undefined> {
    return (await devicesOf(this.file))[0];
  }
}

/** Detaches every volume of a directory, also one whose file is gone; files that are there stay. */
export async function detachAll(directory: string): Promise<void> {
  for (const file of await readdir(directory).catch(() => [])) await detach(path.join(directory, file));
  const all = await tryRun("losetup", ["--list", "--noheadings", "--raw", "--output", "NAME,BACK-FILE"]);
  for (const line of all.stdout.split("\n")) {
    const [device = "", file = "", deleted] = line.split(/ |\\x20/);
    if (file.startsWith(`${directory}/`) && deleted) await tryRun("losetup", ["--detach", device]);
  }
}

async function detach(file: string): Promise<void> {
  for (const device of await devicesOf(file)) await run("losetup", ["--detach", device]);
}

/** By the file itself and not by its name, which the file of a lab in another container may have too: all of them see the host's loop devices. */
async function devicesOf(file: string): Promise<string[]> {
  if (!existsSync(file)) return [];
  const { stdout } = await tryRun("losetup", ["--associated", file, "--noheadings", "--output", "NAME"]);
  return stdout.split("\n").filter((line) => line !== "");
}

/** Python that shuts a mounted file system down at once: EXT4_IOC_SHUTDOWN with EXT4_GOING_FLAGS_NOLOGFLUSH. Its argument is the mount point. */
export const shutDownFileSystem =
  'import fcntl, os, struct, sys; fcntl.ioctl(os.open(sys.argv[1], os.O_RDONLY), 0x8004587D, struct.pack("I", 2))';
