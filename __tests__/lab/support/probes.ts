import { readFile } from "node:fs/promises";
import type { Lab } from "../../../lab/lab.js";
import type { Machine } from "../../../lab/machine/machine.js";

const program = new URL("probe.py", import.meta.url);

/** A network destination to probe. */
export interface Target {
  /** Readable name, such as "alpha private". */
  readonly name: string;
  readonly address: string;
  readonly network: "public" | "private";
  readonly protocol: "tcp" | "udp" | "icmp";
  /** @default - none, for icmp */
  readonly port?: number;
  /** The source port. @default - any free port */
  readonly fromPort?: number;
}

/** See probe.py. */
export type Outcome = "open" | "closed" | "prohibited" | "silent";

/** Whether no firewall blocked the probe. A closed port also counts. */
export const passed = (outcome: Outcome): boolean => outcome === "open" || outcome === "closed";

/** Outcomes by user, in the order of the targets. */
export type Outcomes = Readonly<Record<string, readonly Outcome[]>>;

/** Seconds after which a missing response counts as silence. Datagrams are repeated every second, because they may be lost. */
const seconds = 4;

/** Probes from a server, as several of its users in parallel. */
export async function probeFromServer(
  machine: Machine,
  users: readonly string[],
  targets: readonly Target[],
): Promise<Outcomes> {
  const input = JSON.stringify({ users, targets, seconds });
  return JSON.parse(await machine.exec(["python3", "-c", await readFile(program, "utf8")], { input })) as Outcomes;
}

/** Probes from another host of the lab. */
export async function probeFromHost(lab: Lab, host: string, targets: readonly Target[]): Promise<readonly Outcome[]> {
  const input = JSON.stringify({ users: ["root"], targets, seconds });
  const command = ["python3", "-c", await readFile(program, "utf8")] as const;
  const outcomes = JSON.parse(await lab.execIn(host, command, { input })) as Outcomes;
  return outcomes["root"] ?? [];
}

/** "alpha private tcp 80" */
export const label = ({ name, protocol, port }: Target): string =>
  [name, protocol, port].filter((word) => word !== undefined).join(" ");
