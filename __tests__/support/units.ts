import { join } from "node:path";
import { temporaryFolder, writeBelow } from "./payload-files.js";
import { runTool } from "./tools.js";

/** Verdict of systemd on a unit. */
export interface Verdict {
  /** Of the unit and of those beside it; empty when there are none. */
  readonly complaints: string;
  /** From 0 to 10; 9.6 for a service without a sandbox. */
  readonly exposure: number;
  /** What it may still do, by systemd's names: a line of the sandbox that is dropped adds one. Sorted. */
  readonly allowed: readonly string[];
}

/**
 * What systemd counts for every service of ours that talks over the network: what it needs for that, what takes a user of its own in a
 * namespace, and what systemd does not see (PrivateDevices and the other lines bring a mount namespace).
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

/** The server's programs are not on this machine. */
const runnable = (unit: string): string => unit.replace(/^(Exec\w+=)[+!-]*"?\/[^\s"]+"?/gm, "$1/bin/true");

/** What systemd says of units, given by name, and how exposed the first of them is. */
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

/** The same of a vendor's unit with our drop-in, and of units beside it that it names. */
export const judgeDropIn = (unit: string, dropIn: string, beside: Readonly<Record<string, string>> = {}): Verdict =>
  judgeUnits({
    [unit]: "[Service]\nExecStart=/bin/true\n",
    [`${unit}.d/platform.conf`]: dropIn,
    ...beside,
  });
