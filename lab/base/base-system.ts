import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { nameServers } from "../network/addresses.js";
import { cached } from "../system/cache.js";
import { run } from "../system/shell.js";
import { hostMirror, sourceLines } from "./mirror.js";

/** Release of Debian the machines run. */
export const suite = "trixie";

/** What a fresh Hetzner Debian server has that matters here; everything else must come from the payload. */
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
 * How the lab's image differs from the real one, each for a reason:
 * the package lists are a saved copy, so their date of expiry is not looked at; no translations, which the saved copy lacks.
 */
const aptSettings = ['Acquire::Check-Valid-Until "false";', 'Acquire::Languages "none";'];

/** A directory tree that every machine is an overlay of. */
export interface BaseSystem {
  readonly root: string;
  /** Hash of everything it was made from. */
  readonly key: string;
}

/**
 * Builds the base root file system, or finds it built: about 35 s and 320 MB, kept under the cache directory by the hash of its recipe.
 * @param trustedCa certificate that the machines trust for https inside the lab
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
