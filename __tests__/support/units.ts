import { join } from "node:path";
import { temporaryFolder, writeBelow } from "./payload-files.js";
import { runTool } from "./tools.js";

/** systemd's evaluation of a unit. */
export interface Verdict {
  /** Problems of the unit and of the other given units; empty if there are none. */
  readonly complaints: string;
  /** From 0 to 10; 9.6 for a service without a sandbox. */
  readonly exposure: number;
  /** Remaining permissions by systemd's names, sorted. Removing a sandbox setting adds one. */
  readonly allowed: readonly string[];
}

/**
 * Permissions that systemd reports for every network service of ours: those that a network service needs, those that would require a
 * user namespace, and those that systemd overlooks (PrivateDevices and other settings imply a mount namespace).
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

/** Replaces the server's programs, which are not installed on this machine. */
const runnable = (unit: string): string => unit.replace(/^(Exec\w+=)[+!-]*"?\/[^\s"]+"?/gm, "$1/bin/true");

/** Returns systemd's problems with units, given by name, and the exposure of the first unit. */
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

/** Evaluates a vendor's unit with our drop-in, together with the units it refers to. */
export const judgeDropIn = (unit: string, dropIn: string, beside: Readonly<Record<string, string>> = {}): Verdict =>
  judgeUnits({
    [unit]: "[Service]\nExecStart=/bin/true\n",
    [`${unit}.d/platform.conf`]: dropIn,
    ...beside,
  });
