import { access, constants, readFile } from "node:fs/promises";
import path from "node:path";
import { cgroupRoot } from "./control-group.js";
import { tryRun } from "./shell.js";

/** A program the lab calls and the Debian or Ubuntu package that brings it. */
const programs: Readonly<Record<string, string>> = {
  "apt-ftparchive": "apt-utils",
  "dpkg-deb": "dpkg-dev",
  dnsmasq: "dnsmasq-base",
  gpg: "gnupg",
  haproxy: "haproxy",
  ip: "iproute2",
  losetup: "mount",
  "mkfs.ext4": "e2fsprogs",
  mmdebstrap: "mmdebstrap",
  nft: "nftables",
  nsenter: "util-linux",
  openssl: "openssl",
  "systemd-nspawn": "systemd-container",
  tcpdump: "tcpdump",
  xz: "xz-utils",
};

/** Why the lab cannot run here, each with its remedy; empty when it can. */
export async function problems(): Promise<string[]> {
  if (process.platform !== "linux")
    return [`needs Linux, got ${process.platform}; run it in a Linux machine or CI job`];
  if (process.getuid?.() !== 0)
    return [`needs root (namespaces, mounts, systemd-nspawn), got user ${process.getuid?.()}; run it with sudo`];
  const found: string[] = [];
  const missing = await missingPackages();
  if (missing.length > 0)
    found.push(
      `programs are missing; install them with:\n  apt-get install -y --no-install-recommends ${missing.join(" ")}`,
    );
  if (!(await readFile("/proc/filesystems", "utf8")).includes("overlay") && !(await tryRun("modprobe", ["overlay"])).ok)
    found.push("the kernel has no overlay file system; use a kernel with CONFIG_OVERLAY_FS");
  if (!(await exists("/dev/loop-control"))) found.push("no loop devices (/dev/loop-control); run `modprobe loop`");
  if (!(await exists(path.join(cgroupRoot, "cgroup.procs"), constants.W_OK)))
    found.push(`no writable control groups of version 2 at ${cgroupRoot}; a container needs them mounted for itself`);
  if (!(await tryRun("unshare", ["--net", "--mount", "true"])).ok)
    found.push(
      "network and mount namespaces are refused; the container or CI job needs CAP_SYS_ADMIN and CAP_NET_ADMIN",
    );
  return found;
}

/** Refuses to go on where the lab cannot run. */
export async function requireLabHost(): Promise<void> {
  const found = await problems();
  if (found.length > 0) throw new Error(found.map((problem) => `lab: ${problem}`).join("\n"));
}

async function missingPackages(): Promise<string[]> {
  const directories = `${process.env.PATH ?? ""}:/usr/sbin:/sbin`.split(":");
  const missing = new Set<string>();
  for (const [program, debianPackage] of Object.entries(programs)) {
    const present = await Promise.all(directories.map((directory) => exists(`${directory}/${program}`)));
    if (!present.includes(true)) missing.add(debianPackage);
  }
  return [...missing].sort();
}

const exists = (file: string, mode = constants.F_OK): Promise<boolean> =>
  access(file, mode).then(
    () => true,
    () => false,
  );
