import { type TargetHealth, targetHealth } from "./balancer/balancer.js";
import type { Config, Role } from "../modules/config/schema.js";
import { layout } from "./layout.js";
import type { Machine } from "./machine/machine.js";
import { startedServices } from "./system/service.js";

/** Current state of a machine. */
export interface MachineStatus {
  readonly name: string;
  readonly roles: readonly Role[];
  readonly running: boolean;
  readonly partitioned: boolean;
  readonly publicIpv4: string;
  readonly privateIpv4: string;
  /** Status of cloud-init, such as `done`, `running` or `error`; empty if the status is unknown. */
  readonly cloudInit: string;
  readonly failedUnits: readonly string[];
  readonly memoryMib: { readonly anonymous: number; readonly total: number };
  /** Members of the replication group as this machine's MySQL sees them; empty if the machine has no group. */
  readonly group: readonly GroupMember[];
}

/** A member of the replication group, as one server's MySQL sees the member. */
export interface GroupMember {
  readonly host: string;
  readonly state: string;
  readonly role: string;
}

/** Current state of the lab. */
export interface LabStatus {
  readonly machines: readonly MachineStatus[];
  readonly balancer: readonly TargetHealth[];
  /** Names of the lab's running services. */
  readonly services: readonly string[];
}

/** Returns the current state of all machines, load balancers and services of the lab. */
export async function statusOf({ servers }: Config, machines: readonly Machine[]): Promise<LabStatus> {
  const rolesOf = new Map(servers.map(({ name, roles }) => [name, roles]));
  return {
    machines: await Promise.all(machines.map((machine) => machineStatus(machine, rolesOf.get(machine.name) ?? []))),
    balancer: await targetHealth(layout),
    services: await startedServices(),
  };
}

/** Returns the status of a machine. If the machine starts or stops during the call, parts of the status are empty. */
async function machineStatus(machine: Machine, roles: readonly Role[]): Promise<MachineStatus> {
  const running = await machine.alive();
  const { anonymousBytes, totalBytes } = await machine.memory();
  const mib = (bytes: number): number => Math.round(bytes / 1024 ** 2);
  return {
    name: machine.name,
    roles,
    running,
    partitioned: await machine.partitioned(),
    publicIpv4: machine.host.publicIpv4,
    privateIpv4: machine.host.privateIpv4 ?? "",
    cloudInit: running ? ((await machine.cloudInit().catch(() => undefined))?.status ?? "") : "",
    failedUnits: running ? await failedUnits(machine).catch(() => []) : [],
    memoryMib: { anonymous: mib(anonymousBytes), total: mib(totalBytes) },
    group: running ? await groupMembers(machine).catch(() => []) : [],
  };
}

async function failedUnits(machine: Machine): Promise<string[]> {
  const { stdout } = await machine.tryExec(["systemctl", "list-units", "--failed", "--plain", "--no-legend"], {
    timeoutSeconds: 5,
  });
  return stdout.split("\n").flatMap((line) => (line === "" ? [] : [line.split(" ")[0] ?? ""]));
}

/** Returns the members of the replication group as a machine's MySQL sees them. */
async function groupMembers(machine: Machine): Promise<GroupMember[]> {
  const query =
    "SELECT member_host, member_state, member_role FROM performance_schema.replication_group_members ORDER BY member_host";
  const { ok, stdout } = await machine.tryExec(["mysql", "-NBe", query], { timeoutSeconds: 5 });
  if (!ok) return [];
  return stdout.split("\n").flatMap((line) => {
    const [host = "", state = "", role = ""] = line.split("\t");
    return host === "" ? [] : [{ host, state, role }];
  });
}
