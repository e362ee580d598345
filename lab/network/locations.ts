import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { namespaceOf, type Layout } from "../layout.js";
import { startService, stopService } from "../system/service.js";
import { run } from "../system/shell.js";
import type { Host } from "./addresses.js";
import { fabricHost, mtu, privateBridge } from "./fabric.js";

/** A host of the private network and its location. */
export interface Located {
  readonly host: Host;
  readonly location: string;
}

/** Delay of packets from one host to another host in a different location. */
export interface Hop {
  readonly from: string;
  readonly to: string;
  /** Delay of each packet in milliseconds. */
  readonly milliseconds: number;
}

/** Settings of delay.py. */
export interface DelaySettings {
  readonly device: string;
  readonly mtu: number;
  /** Number of the routing table for packets to delay. */
  readonly table: number;
  readonly hops: readonly Hop[];
}

/** Round-trip times in milliseconds, from public measurements: between two German locations, and between all other locations. */
const roundTrip = { germany: 3.5, other: 25 } as const;
const germany = ["fsn1", "nbg1"];

/** Returns the delays between all hosts in different locations, in both directions. */
export const hopsBetween = (all: readonly Located[]): Hop[] =>
  all.flatMap((one) => all.flatMap((other) => hop(one, other)));

function hop(one: Located, other: Located): Hop[] {
  const [from, to] = [one.host.privateIpv4, other.host.privateIpv4];
  if (one.location === other.location || from === undefined || to === undefined) return [];
  const near = [one, other].every(({ location }) => germany.includes(location));
  return [{ from, to, milliseconds: (near ? roundTrip.germany : roundTrip.other) / 2 }];
}

const service = "delay";
const table = 100;

/** Starts the program that delays packets between locations. If all hosts are in one location, removes all delays. */
export async function startDelays(layout: Layout, all: readonly Located[]): Promise<void> {
  const hops = hopsBetween(all);
  await inFabric(["nft", "-f", "-"], rulesFor(hops));
  if (hops.length === 0) return stopService(service);
  const rule = ["fwmark", "1", "lookup", `${table}`];
  if (!(await inFabric(["ip", "rule", "show"])).includes(rule.join(" ").replace("1", "0x1")))
    await inFabric(["ip", "rule", "add", ...rule]);
  const settings: DelaySettings = { device: service, mtu: Number(mtu.private), table, hops };
  const configuration = JSON.stringify(settings);
  const file = path.join(layout.services, `${service}.json`);
  await mkdir(layout.services, { recursive: true, mode: 0o700 });
  await writeFile(file, configuration);
  const program = fileURLToPath(new URL("./delay.py", import.meta.url));
  await startService(layout, {
    name: service,
    host: fabricHost,
    command: ["/usr/bin/python3", program, file],
    configuration,
  });
}

/**
 * Returns nftables rules that mark packets to delay and silently drop packets of lost hosts and cut links. A reload keeps lost hosts and
 * cut links.
 */
const rulesFor = (hops: readonly Hop[]): string => `table inet locations {
  set far { type ipv4_addr . ipv4_addr; }
  set apart { type ipv4_addr . ipv4_addr; }
  set lost { type ipv4_addr; }
  set lost6 { type ipv6_addr; }
  chain prerouting { type filter hook prerouting priority mangle; policy accept; }
}
flush chain inet locations prerouting
flush set inet locations far
${hops.map(({ from, to }) => `add element inet locations far { ${from} . ${to} }\n`).join("")}table inet locations {
  chain prerouting {
    ip saddr @lost drop
    ip daddr @lost drop
    ip6 saddr @lost6 drop
    ip6 daddr @lost6 drop
    ip saddr . ip daddr @apart drop
    iifname ${privateBridge} ip saddr . ip daddr @far meta mark set 1
  }
}
`;

/** Silently drops all packets of the given hosts in both networks. Reconnects all other hosts. */
export const setLost = (hosts: readonly Host[]): Promise<string> =>
  setElements({
    lost: hosts.flatMap(({ publicIpv4, privateIpv4 }) => [publicIpv4, ...(privateIpv4 ? [privateIpv4] : [])]),
    lost6: hosts.map(({ publicIpv6 }) => publicIpv6),
  });

/** Cuts all private links between two groups of hosts. Restores all other links. */
export const setApart = (these: readonly Host[], those: readonly Host[]): Promise<string> =>
  setElements({
    apart: these.flatMap(({ privateIpv4: a }) => those.flatMap(({ privateIpv4: b }) => [`${a} . ${b}`, `${b} . ${a}`])),
  });

/** Replaces the elements of nftables sets in one transaction. */
const setElements = (sets: Readonly<Record<string, readonly string[]>>): Promise<string> =>
  inFabric(
    ["nft", "-f", "-"],
    Object.entries(sets)
      .map(([name, elements]) => [
        `flush set inet locations ${name}\n`,
        ...elements.map((element) => `add element inet locations ${name} { ${element} }\n`),
      ])
      .flat()
      .join(""),
  );

const inFabric = (command: readonly [string, ...string[]], input?: string): Promise<string> =>
  run("ip", ["netns", "exec", namespaceOf(fabricHost), ...command], input === undefined ? {} : { input });
