import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Properties of {@link bootCommand}. */
export interface BootProps {
  /** Host name inside the machine. */
  readonly name: string;
  /** Directory tree that becomes the machine's root. */
  readonly root: string;
  /**
   * Network namespace of the machine. The namespace is also systemd-nspawn's machine name, so the lab finds nspawn's directories by the
   * name.
   */
  readonly namespace: string;
  /** Additional options of systemd-nspawn that make devices of this host available. */
  readonly binds: readonly string[];
}

/**
 * Returns the command that boots a directory tree as a machine. Reasons for the parts of the command:
 * - `nsenter` is necessary in addition to `--network-namespace-path`; otherwise the machine sees this host's network devices in /sys.
 * - The mount namespace has propagation `slave`, because `private` would prevent the removal of other machines' network namespaces.
 * - If the host has control groups of versions 1 and 2, only version 2 is mounted; otherwise systemd in the machine uses the wrong tree.
 * - systemd-nspawn creates no lock files on this host, because a simulated power cut would not remove them.
 * - The kernel's network settings are writable; otherwise the kernel silently ignores the payload's settings in sysctl.d.
 * - With `--keep-unit --register=no`, systemd-nspawn needs no systemd or dbus on this host, so the lab also runs in a CI container. The
 * script
 *   `firmware` handles reboots.
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
