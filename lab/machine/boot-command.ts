import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Properties of {@link bootCommand}. */
export interface BootProps {
  /** Host name inside the machine. */
  readonly name: string;
  /** Directory tree that becomes its root. */
  readonly root: string;
  /** Its network namespace, also used as systemd-nspawn's machine name, so the lab can identify its directories on this host. */
  readonly namespace: string;
  /** Additional systemd-nspawn options for devices. */
  readonly binds: readonly string[];
}

/**
 * Returns the command that boots a directory tree as a machine. Reasons for its parts:
 * - It uses nsenter in addition to `--network-namespace-path`; otherwise the machine sees this host's network devices in /sys.
 * - The mount namespace has propagation `slave`, because `private` would keep other machines' network namespaces alive forever.
 * - It mounts only cgroup2 if the host also has version 1; otherwise systemd in the machine uses the wrong tree.
 * - It creates no lock files on this host, because a power cut would leave them behind.
 * - It makes the kernel's network settings writable; otherwise the payload's settings (sysctl.d) are silently rejected.
 * - `--keep-unit --register=no` needs no systemd or dbus on this host, so it also works in a CI container. Reboots are then
 *   handled by `firmware`.
 */
export function bootCommand({ name, root, namespace, binds }: BootProps): string[] {
  const nspawn = [
    "env",
    "SYSTEMD_NSPAWN_API_VFS_WRITABLE=network",
    "SYSTEMD_NSPAWN_LOCK=0",
    "systemd-nspawn",
    "--quiet",
    "--boot",
    `--directory=${root}`,
    `--machine=${namespace}`,
    `--hostname=${name}`,
    "--register=no",
    "--keep-unit",
    "--console=read-only",
    `--network-namespace-path=/run/netns/${namespace}`,
    "--resolv-conf=off",
    "--timezone=off",
    "--link-journal=no",
    "--capability=CAP_NET_ADMIN",
    ...binds,
  ];
  const remount = existsSync("/sys/fs/cgroup/unified")
    ? ["sh", "-c", 'umount -R /sys/fs/cgroup && mount -t cgroup2 cgroup2 /sys/fs/cgroup && exec "$@"', "sh"]
    : [];
  return [
    "nsenter",
    `--net=/run/netns/${namespace}`,
    "unshare",
    "--mount",
    "--propagation",
    "slave",
    ...remount,
    fileURLToPath(new URL("firmware", import.meta.url)),
    ...nspawn,
  ];
}
