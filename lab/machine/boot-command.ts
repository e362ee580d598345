import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** What `bootCommand` needs to know. */
export interface BootProps {
  /** Host name inside the machine. */
  readonly name: string;
  /** Directory tree that becomes its root. */
  readonly root: string;
  /** Its network namespace; also what systemd-nspawn calls the machine, so that its directories on this host are known as the lab's. */
  readonly namespace: string;
  /** Further options of systemd-nspawn, for devices. */
  readonly binds: readonly string[];
}

/**
 * The command that boots a directory tree as a machine, and why each of its parts is needed:
 * - entered by nsenter as well as `--network-namespace-path`, or the machine sees this host's network devices in /sys;
 * - a mount namespace with propagation `slave`: `private` would pin other machines' network namespaces for ever;
 * - one plain cgroup2 mount where the host carries version 1 beside it, or systemd inside would find the wrong tree;
 * - no lock files on this host, which a power cut would leave behind;
 * - kernel settings of the network are writable: else those of the payload (sysctl.d) would be refused without a word;
 * - `--keep-unit --register=no`: no systemd or dbus on this host is asked, so it works in a CI container too; a reboot is then
 *   the caller's matter, and `firmware` sees to it.
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
