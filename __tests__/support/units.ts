import { join } from "node:path";
import { temporaryFolder, writeBelow } from "./payload-files.js";
import { runTool } from "./tools.js";

/** Evaluation of a unit by systemd. */
export interface Verdict {
  /** Problems that systemd found in the given units; empty if there are none. */
  readonly complaints: string;
  /** Exposure of the first unit from 0 to 10. A service without a sandbox has 9.6. */
  readonly exposure: number;
  /**
   * Permissions that the sandbox of the first unit still allows, by systemd's names, sorted. If a sandbox setting is removed, a permission
   * is added.
   */
  readonly allowed: readonly string[];
}

/**
 * Permissions that systemd reports for all our network services. Some are needed by every network service. Some could be denied only with a
 * user namespace. Others are in fact denied, but systemd does not see this, because PrivateDevices and other settings imply a mount
 * namespace.
 */
export const allowedToAll: readonly string[] = [
  "DeviceAllow",
  "IPAddressDeny",
  "PrivateMounts",
  "PrivateNetwork",
  "PrivateUsers",
  "ProcSubset",
  "RestrictAddressFamilies_AF_INET_INET6",
  "RestrictAddressFamilies_AF_UNIX",
  "RootDirectoryOrRootImage",
  "SystemCallFilter_privileged",
  "SystemCallFilter_resources",
];

/** Replaces the programs in a unit with /bin/true, because the server's programs are not installed on this machine. */
const runnable = (unit: string): string => unit.replace(/^(Exec\w+=)[+!-]*"?\/[^\s"]+"?/gm, "$1/bin/true");

/** Returns systemd's evaluation of units. @param units content of each unit by name; the exposure of the first unit is measured */
export function judgeUnits(units: Readonly<Record<string, string>>): Verdict {
  const folder = temporaryFolder();
  writeBelow(
    folder,
    Object.entries(units).map(([path, content]) => ({ path, content: runnable(content) })),
  );
  const [first = "", ...others] = Object.keys(units)
    .filter((path) => !path.includes("/"))
    .map((path) => join(folder, path));
  const security = ["security", "--offline=true", "--no-pager"];
  const { output } = runTool("systemd-analyze", [...security, first]);
  const findings = JSON.parse(runTool("systemd-analyze", [...security, "--json=short", first]).output) as {
    readonly set: boolean | null;
    readonly json_field: string;
  }[];
  return {
    complaints: runTool("systemd-analyze", ["verify", first, ...others]).output,
    exposure: Number(/Overall exposure level for \S+: ([0-9.]+)/.exec(output)?.[1]),
    allowed: findings
      .filter(({ set }) => set === false)
      .map(({ json_field: name }) => name)
      .sort(),
  };
}

/** Returns systemd's evaluation of a vendor's unit with our drop-in. @param beside units that the drop-in refers to */
export const judgeDropIn = (unit: string, dropIn: string, beside: Readonly<Record<string, string>> = {}): Verdict =>
  judgeUnits({
    [unit]: "[Service]\nExecStart=/bin/true\n",
    [`${unit}.d/platform.conf`]: dropIn,
    ...beside,
  });
