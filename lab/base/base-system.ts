import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { nameServers } from "../network/addresses.js";
import { cached } from "../system/cache.js";
import { run } from "../system/shell.js";
import { hostMirror, sourceLines } from "./mirror.js";

/** Debian release of the machines. */
export const suite = "trixie";

/** Relevant packages of a new Debian server at Hetzner. The payload must install all other packages. */
const packages = [
  "systemd",
  "systemd-sysv",
  "dbus",
  "udev",
  "cloud-init",
  "openssh-server",
  "sudo",
  "ca-certificates",
  "curl",
  "e2fsprogs",
  "python3",
  "gnupg",
  "iproute2",
  "iputils-ping",
  "kmod",
  "less",
  "procps",
  "apt-utils",
];

/**
 * Differences between the lab's image and the real image. The package lists are a saved copy, so their expiry date is ignored.
 * Translations are disabled, because the saved copy lacks them.
 */
const aptSettings = ['Acquire::Check-Valid-Until "false";', 'Acquire::Languages "none";'];

/** The read-only directory tree under the overlay disks of all machines. */
export interface BaseSystem {
  readonly root: string;
  /** Hash of all its inputs. */
  readonly key: string;
}

/**
 * Returns the base file system from the cache or builds it, which takes about 35 s and 320 MB. The cache key is a hash of its inputs.
 * @param trustedCa certificate authority that machines trust for https inside the lab
 */
export async function baseSystem(cache: string, trustedCa: string): Promise<BaseSystem> {
  const sources = sourceLines(await hostMirror(), suite);
  const ca = await readFile(trustedCa, "utf8");
  const recipe = { packages, aptSettings, sources, ca, nameServers, hooks: hooks("", "") };
  const key = createHash("sha256").update(JSON.stringify(recipe)).digest("hex").slice(0, 16);
  const root = await cached(cache, "base", key, (directory) => build(cache, directory, sources, trustedCa));
  return { root, key };
}

async function build(cache: string, root: string, sources: readonly string[], trustedCa: string): Promise<void> {
  const aptFile = path.join(cache, "apt.conf");
  await writeFile(aptFile, `${aptSettings.join("\n")}\n`);
  const options = [
    "--mode=root",
    "--variant=minbase",
    `--include=${packages.join(",")}`,
    '--aptopt=APT::Install-Recommends "false"',
    ...aptSettings.map((line) => `--aptopt=${line.replace(/;$/, "")}`),
    ...hooks(aptFile, trustedCa).map((hook) => `--customize-hook=${hook}`),
  ];
  await run("mmdebstrap", [...options, suite, root, ...sources]);
}

const hooks = (aptFile: string, trustedCa: string): string[] => [
  `cp "${aptFile}" "$1/etc/apt/apt.conf.d/90lab"`,
  `cp "${trustedCa}" "$1/usr/local/share/ca-certificates/lab.crt" && chroot "$1" update-ca-certificates`,
  'rm -f "$1"/etc/ssh/ssh_host_*; : > "$1/etc/machine-id"; echo localhost > "$1/etc/hostname"',
  `rm -f "$1/etc/resolv.conf"; printf '${nameServers.map((address) => `nameserver ${address}\\n`).join("")}' > "$1/etc/resolv.conf"`,
  'chroot "$1" systemctl enable systemd-networkd',
];
