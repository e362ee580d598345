import { existsSync } from "node:fs";
import { mkdir, readdir, rm, truncate, writeFile } from "node:fs/promises";
import path from "node:path";
import { run, tryRun } from "../system/shell.js";

/**
 * A block volume, emulated with a sparse file and a loop device. In the machine, the device has the same path as a volume at Hetzner.
 * The sparse file is not on the machine's root disk, so a replacement of the machine keeps the volume.
 */
export class Volume {
  private readonly file: string;

  /**
   * @param directory directory of the backing files
   * @param id number in the device's name, like the volume id at the provider
   * @param sizeGigabytes size of the device in gigabytes; the sparse file only occupies the space of written data
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

  /** Attaches the volume. If the volume does not exist, creates an empty volume. @returns path of the device on this host */
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

  /** Detaches the volume and deletes the volume's data. */
  async wipe(): Promise<void> {
    await detach(this.file);
    await rm(this.file, { force: true });
  }

  private async device(): Promise<string | undefined> {
    return (await devicesOf(this.file))[0];
  }
}

/** Detaches every volume of a directory, even if the volume's file was deleted. Keeps existing files. */
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

/**
 * Returns the loop devices of a file. A comparison of names is not sufficient, because containers share the host's loop devices and may
 * use equal names.
 */
async function devicesOf(file: string): Promise<string[]> {
  if (!existsSync(file)) return [];
  const { stdout } = await tryRun("losetup", ["--associated", file, "--noheadings", "--output", "NAME"]);
  return stdout.split("\n").filter((line) => line !== "");
}

/** Python script that shuts down the file system at the mount point in its argument: EXT4_IOC_SHUTDOWN with EXT4_GOING_FLAGS_NOLOGFLUSH. */
export const shutDownFileSystem =
  'import fcntl, os, struct, sys; fcntl.ioctl(os.open(sys.argv[1], os.O_RDONLY), 0x8004587D, struct.pack("I", 2))';
