import { access, constants, readFile } from "node:fs/promises";
import path from "node:path";
import { hostMirror } from "./base/mirror.js";
import { cgroupRoot } from "./system/control-group.js";
import { tryRun } from "./system/shell.js";

/** Programs of this host that the lab calls. */
const programs = [
  ...[
    "apt-ftparchive",
    "curl",
    "dnsmasq",
    "dpkg-deb",
    "gpg",
    "haproxy",
    "ip",
    "losetup",
    "mkfs.ext4",
    "mmdebstrap",
    "nft",
  ],
  ...["nsenter", "openssl", "python3", "ssh", "ssh-keygen", "sysctl", "systemd-nspawn", "tcpdump", "wrk", "xz"],
];

/** Command that installs all programs without starting services. An installation with apt alone would start services. */
const installer = "sudo scripts/install-tools.sh";

/** Returns the reasons why this host can never run a lab, each with a fix; empty if the host is supported. */
export function hostProblems(): string[] {
  if (process.platform !== "linux")
    return [`needs Linux, got ${process.platform}; run it on a Linux machine or in a Linux CI job`];
  if (process.getuid?.() !== 0)
    return [`needs root (namespaces, mounts, systemd-nspawn), got user ${process.getuid?.()}; run it with sudo`];
  return [];
}

/** Returns the reasons why the lab cannot run on this host now, each with a fix; empty if the lab can run. */
export async function problems(): Promise<string[]> {
  const unfit = hostProblems();
  if (unfit.length > 0) return unfit;
  const found: string[] = [];
  if (process.arch !== "x64")
    found.push(`needs an x64 processor like the servers, got ${process.arch}; run it on an x64 machine`);
  const missing = await missingPrograms();
  if (missing.length > 0) found.push(`programs are missing (${missing.join(", ")}); install them with: ${installer}`);
  else await hostMirror().catch((problem: Error) => found.push(problem.message));
  if (!(await readFile("/proc/filesystems", "utf8")).includes("overlay") && !(await tryRun("modprobe", ["overlay"])).ok)
    found.push("the kernel has no overlay file system; use a kernel with CONFIG_OVERLAY_FS");
  if (!(await exists("/dev/loop-control"))) found.push("no loop devices (/dev/loop-control); run `modprobe loop`");
  if (!(await exists(path.join(cgroupRoot, "cgroup.procs"), constants.W_OK)))
    found.push(
      `no writable version 2 control groups at ${cgroupRoot}; in a container, mount a writable cgroup2 file system there`,
    );
  if (!(await tryRun("unshare", ["--net", "--mount", "true"])).ok)
    found.push(
      "cannot create network and mount namespaces; give the container or CI job CAP_SYS_ADMIN and CAP_NET_ADMIN",
    );
  return found;
}

/**
 * Checks that the lab can run on this host.
 * @param find function that returns the problems of this host @default problems
 * @throws Error with all problems if the host has any
 */
export async function requireLabHost(find: () => string[] | Promise<string[]> = problems): Promise<void> {
  const found = await find();
  if (found.length > 0) throw new Error(found.map((problem) => `lab: ${problem}`).join("\n"));
}

async function missingPrograms(): Promise<string[]> {
  const directories = `${process.env.PATH ?? ""}:/usr/sbin:/sbin`.split(":");
  const present = await Promise.all(
    programs.map(async (program) =>
      (await Promise.all(directories.map((directory) => exists(`${directory}/${program}`)))).includes(true),
    ),
  );
  return programs.filter((_, index) => !present[index]);
}

const exists = (file: string, mode = constants.F_OK): Promise<boolean> =>
  access(file, mode).then(
    () => true,
    () => false,
  );
