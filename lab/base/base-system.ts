import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { nameServers } from "../network/addresses.js";
import { cached } from "../system/cache.js";
import { run } from "../system/shell.js";
import { hostMirror, sourceLines } from "./mirror.js";

/** Debian release of the machines. */
export const suite = "trixie";

/** Packages in the lab's image, which a new Debian server at Hetzner also has. The payload must install all other packages. */
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
 * apt settings of the lab's image that Hetzner's image does not have. apt ignores the expiry date of package lists, because the lab's
 * lists are a saved copy. apt reads no translations, because the saved copy has none.
 */
const aptSettings = ['Acquire::Check-Valid-Until "false";', 'Acquire::Languages "none";'];

/** Read-only directory tree on which the overlay disks of all machines are based. */
export interface BaseSystem {
  readonly root: string;
  /** Hash of all inputs of the build. */
  readonly key: string;
}

/**
 * Returns the base system from the cache. If the cache has no base system with the same inputs, builds a base system, which takes about 35
 * s and 320 MB.
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
