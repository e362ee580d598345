import { existsSync } from "node:fs";
import { mkdir, readdir, rm, truncate, writeFile } from "node:fs/promises";
import path from "node:path";
import { run, tryRun } from "../system/shell.js";

/**
 * A block volume: a sparse file with a loop device. In the machine, the device has the name that Hetzner's udev rules give a volume.
 * The file is not part of the machine's root disk, so it is kept if the machine is replaced.
 */
export class Volume {
  private readonly file: string;

  /**
   * @param directory directory of the backing files
   * @param id number in the device name, like the cloud's volume id
   * @param sizeGigabytes size of the device; the file uses only the space of written data
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

  /** Attaches the volume, creating an empty one if needed. @returns the device on this host */
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

  /** Detaches the volume and deletes its data. */
  async wipe(): Promise<void> {
    await detach(this.file);
    await rm(this.file, { force: true });
  }

  private async device(): Promise<string | undefined> {
    return (await devicesOf(this.file))[0];
  }
}

/** Detaches every volume of a directory, including volumes whose file was deleted. Keeps the files. */
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

/** Finds devices by the file, not by its name, because all containers share the host's loop devices and may use the same file name. */
async function devicesOf(file: string): Promise<string[]> {
  if (!existsSync(file)) return [];
  const { stdout } = await tryRun("losetup", ["--associated", file, "--noheadings", "--output", "NAME"]);
  return stdout.split("\n").filter((line) => line !== "");
}

/** Python script that shuts down a mounted file system: EXT4_IOC_SHUTDOWN with EXT4_GOING_FLAGS_NOLOGFLUSH. Its argument is the mount point. */
export const shutDownFileSystem =
  'import fcntl, os, struct, sys; fcntl.ioctl(os.open(sys.argv[1], os.O_RDONLY), 0x8004587D, struct.pack("I", 2))';
