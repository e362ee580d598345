import { readFile } from "node:fs/promises";
import type { Lab } from "../../../lab/lab.js";
import type { Machine } from "../../../lab/machine/machine.js";

const program = new URL("probe.py", import.meta.url);

/** A network destination to probe. */
export interface Target {
  /** Name for the report, such as "alpha private". */
  readonly name: string;
  readonly address: string;
  readonly network: "public" | "private";
  readonly protocol: "tcp" | "udp" | "icmp";
  /** Destination port. @default - none, only for icmp */
  readonly port?: number;
  /** Source port. @default - any free port */
  readonly fromPort?: number;
}

/** Outcome of one probe; probe.py describes the values. */
export type Outcome = "open" | "closed" | "prohibited" | "silent";

/** Checks that no firewall blocked the probe. A rejection by a closed port also means that the probe passed. */
export const passed = (outcome: Outcome): boolean => outcome === "open" || outcome === "closed";

/** Outcomes of the probes in the order of the targets, with the user as the key. */
export type Outcomes = Readonly<Record<string, readonly Outcome[]>>;

/** Time limit of each probe in seconds. If no response arrives within the time limit, the outcome of the probe is "silent". */
const seconds = 4;

/** Probes targets from a server, as several users of the server in parallel. */
export async function probeFromServer(
  machine: Machine,
  users: readonly string[],
  targets: readonly Target[],
): Promise<Outcomes> {
  const input = JSON.stringify({ users, targets, seconds });
  return JSON.parse(await machine.exec(["python3", "-c", await readFile(program, "utf8")], { input })) as Outcomes;
}

/** Probes targets from a host of the lab that is not a server. */
export async function probeFromHost(lab: Lab, host: string, targets: readonly Target[]): Promise<readonly Outcome[]> {
  const input = JSON.stringify({ users: ["root"], targets, seconds });
  const command = ["python3", "-c", await readFile(program, "utf8")] as const;
  const outcomes = JSON.parse(await lab.execIn(host, command, { input })) as Outcomes;
  return outcomes["root"] ?? [];
}

/** Describes a target, for example "alpha private tcp 80". */
export const label = ({ name, protocol, port }: Target): string =>
  [name, protocol, port].filter((word) => word !== undefined).join(" ");
