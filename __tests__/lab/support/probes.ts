import { readFile } from "node:fs/promises";
import type { Lab } from "../../../lab/lab.js";
import type { Machine } from "../../../lab/machine/machine.js";

const program = new URL("probe.py", import.meta.url);

/** Something to reach. */
export interface Target {
  /** For a person: "alpha private". */
  readonly name: string;
  readonly address: string;
  readonly network: "public" | "private";
  readonly protocol: "tcp" | "udp" | "icmp";
  /** @default - none, for icmp */
  readonly port?: number;
  /** The port to send from. @default - one that is free */
  readonly fromPort?: number;
}

/** See probe.py. */
export type Outcome = "open" | "closed" | "prohibited" | "silent";

/** Whether no firewall was in the way, somebody listening or not. */
export const passed = (outcome: Outcome): boolean => outcome === "open" || outcome === "closed";

/** Outcomes by user, in the order of the targets. */
export type Outcomes = Readonly<Record<string, readonly Outcome[]>>;

/** Seconds after which no answer counts as silence; what may be lost is repeated every second. */
const seconds = 4;

/** Probes from a server, as several of its users at a time. */
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
