import { createHash } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname, networkInterfaces } from "node:os";

/** Identifies a running process. No other process has the same values, also not on other machines, in containers or after a restart. */
export interface ProcessIdentity {
  /** Hash of the machine id. */
  readonly machine: string;
  /** Identifies the running kernel and the PID namespace. */
  readonly boot: string;
  readonly pid: number;
  /** Start time of the process in kernel ticks, because process ids are reused. Empty without /proc. */
  readonly began: string;
}

/** Returns the first result that is not empty. A missing file counts as empty. */
function firstOf(...reads: readonly (() => string)[]): string {
  for (const read of reads) {
    try {
      const text = read().trim();
      if (text !== "") return text;
    } catch {
      // The next read is tried.
    }
  }
  return "";
}

const hardwareAddress = (): string =>
  Object.values(networkInterfaces())
    .flatMap((addresses = []) => addresses)
    .filter(({ internal, mac }) => !internal && mac !== "00:00:00:00:00:00")
    .map(({ mac }) => mac)
    .sort()[0] ?? "";

/**
 * Returns a hash of the machine id, because systemd asks not to publish the id itself. Without a machine id, the hash is made from the
 * host name and a hardware address. A host name alone would not suffice: two machines may have the same.
 * @param files files that may contain the machine id
 */
export function machineId(files: readonly string[] = ["/etc/machine-id", "/var/lib/dbus/machine-id"]): string {
  const reads = files.map((file) => () => readFileSync(file, "utf8").replace(/^uninitialized$/m, ""));
  const id = firstOf(...reads, () => `${hostname()} ${hardwareAddress()}`);
  return createHash("sha256").update(`ops.lock ${id}`).digest("hex").slice(0, 32);
}

function startOf(pid: number): string {
  const fields = firstOf(() => readFileSync(`/proc/${pid}/stat`, "utf8").replace(/^.*\) /s, ""));
  return fields.split(" ")[19] ?? "";
}

export const thisProcess = (): ProcessIdentity => ({
  machine: machineId(),
  boot: [
    firstOf(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8")),
    firstOf(() => readlinkSync("/proc/self/ns/pid")),
  ].join(" "),
  pid: process.pid,
  began: startOf(process.pid),
});

/**
 * - `running`, `ended`: the process belongs to this machine, and the check found it running or ended
 * - `other-boot`: the process ran before a restart of this machine, or runs on a clone of this machine
 * - `elsewhere`: the process belongs to another machine or container, so its state cannot be checked
 */
export type Liveness = "running" | "ended" | "other-boot" | "elsewhere";

export function livenessOf({ machine, boot, pid, began }: ProcessIdentity, here = thisProcess()): Liveness {
  if (machine !== here.machine) return "elsewhere";
  if (boot !== here.boot) return boot.split(" ")[0] === here.boot.split(" ")[0] ? "elsewhere" : "other-boot";
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: the process runs, and belongs to another user.
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return "ended";
  }
  return began === startOf(pid) ? "running" : "ended";
}
