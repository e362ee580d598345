import { endsOf } from "../../../derived/ends.js";
import type { Config } from "../../../config/schema.js";
import { toNumber } from "../../../config/addresses.js";
import type { PayloadContext, PayloadPart } from "../../part/part.js";
import { packages } from "../../../platform/packages.js";
import { paths } from "../../../platform/paths.js";
import { readStatic, renderTemplate } from "../../part/templates.js";

const file = (name: string): URL => new URL(`./files/${name}`, import.meta.url);

/** Path on the server and source file of each file that is equal on all servers. */
const staticFiles: Readonly<Record<string, string>> = {
  "/etc/apt/apt.conf.d/60platform-upgrades": "apt-upgrades.conf",
  "/etc/ssh/sshd_config.d/10-platform.conf": "sshd.conf",
  "/etc/sysctl.d/60-hardening.conf": "sysctl.conf",
  "/etc/systemd/system.conf.d/60-no-core-dumps.conf": "no-core-dumps.conf",
  "/etc/systemd/journald.conf.d/60-platform.conf": "journald.conf",
  "/etc/systemd/system/logrotate.timer.d/60-platform.conf": "logrotate-timer.conf",
  "/etc/systemd/system/apt-daily-upgrade.service.d/60-platform.conf": "apt-upgrade-service.conf",
  "/etc/chrony/sources.d/hetzner.sources": "hetzner.sources",
};

/** Number of half-hour slots for automatic upgrades, from 21:00 to 05:00 UTC. */
const upgradeSlots = 16;

/**
 * Returns the time of a server's automatic upgrade, in UTC. The time depends only on the server's private address.
 * Adding a server therefore does not change the times of other servers. Servers with adjacent addresses get different
 * slots.
 */
function upgradeTime(privateIp: string): string {
  const minutes = 21 * 60 + (toNumber(privateIp) % upgradeSlots) * 30;
  return [Math.floor(minutes / 60) % 24, minutes % 60].map((part) => String(part).padStart(2, "0")).join(":");
}

/**
 * Returns the content of the file that check-expiry reads. Each line begins with an expiry date and describes what
 * expires.
 */
const endsText = (config: Config): string =>
  endsOf(config)
    .map(({ ends, what, remedy }) => `${ends} ends: ${what}; ${remedy}\n`)
    .join("");

/** Returns the part with operating system settings: clock, journal, upgrades, SSH and kernel. */
export function hardeningPart({ config }: PayloadContext): PayloadPart {
  return {
    name: "hardening",
    packages: packages.hardening,
    files: [
      ...Object.entries(staticFiles).map(([path, name]) => ({ path, content: readStatic(file(name)) })),
      { path: paths.restartUpgraded, permissions: "0755", content: readStatic(file("restart-upgraded")) },
      // `npm run ops upgrade` updates this file on running servers, so a changed file makes no server outdated.
      { path: paths.ends, content: endsText(config), decisiveContent: "" },
    ],
    ownFiles: ({ privateIp }) => [
      {
        path: "/etc/systemd/system/apt-daily-upgrade.timer.d/60-platform.conf",
        content: renderTemplate(file("apt-upgrade-timer.conf.hbs"), { time: upgradeTime(privateIp) }),
      },
    ],
    setup: readStatic(file("setup-hardening")),
  };
}
