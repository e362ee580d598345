import Table from "cli-table3";
import type { LabStatus, MachineStatus } from "../status.js";

/** Prints the status as tables that fit a terminal of 100 columns. */
export function printStatus(status: LabStatus): void {
  const machines = table("machine", "roles", "power", "cloud-init", "public", "private", "group", "memory");
  for (const machine of status.machines)
    machines.push([
      machine.name,
      machine.roles.join(", "),
      power(machine),
      machine.cloudInit || "-",
      machine.publicIpv4,
      machine.privateIpv4,
      databaseRole(machine),
      `${machine.memoryMib.anonymous} MiB`,
    ]);
  console.log(machines.toString());
  const balancer = table("balancer service", "target", "healthy", "last check");
  for (const { service, target, healthy, lastCheck } of status.balancer)
    balancer.push([service, target, healthy ? "yes" : "no", lastCheck]);
  console.log(balancer.toString());
  console.log(`services: ${status.services.join(", ")}`);
  for (const { name, failedUnits } of status.machines)
    if (failedUnits.length > 0) console.log(`${name}: failed units: ${failedUnits.join(", ")}`);
}

const table = (...head: string[]): Table.Table => new Table({ head, style: { head: [], border: [], compact: true } });

const power = ({ running, partitioned }: MachineStatus): string =>
  `${running ? "on" : "off"}${partitioned ? ", partitioned" : ""}`;

/** Returns a machine's role and state in the replication group, as the machine's own MySQL reports them. */
function databaseRole({ group, privateIpv4, name }: MachineStatus): string {
  const own = group.find(({ host }) => host === privateIpv4 || host === name);
  return own === undefined ? "-" : `${own.role || "-"} ${own.state}`.toLowerCase();
}
