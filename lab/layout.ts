import path from "node:path";

/** Prefix of the names of the lab's namespaces, control groups and mounts. `down` finds these resources by the prefix. */
export const prefix = "foobar-lab";

/** Paths of the lab's directories and files. */
export interface Layout {
  /** Directory that `down` removes. */
  readonly state: string;
  /** Directory that only `down --purge` removes, with the base system, the package repository and the keys. */
  readonly cache: string;
  /** Directory with the logs of the lab's services and of the machines' consoles. */
  readonly logs: string;
  /** Directory with the rendered configuration files of the lab's services. */
  readonly services: string;
  /** Directory with one empty file for each unreachable internet host. */
  readonly away: string;
  /** Directory with the lab's certificates and passwords. */
  readonly secrets: string;
  /**
   * Directory with the backing files of the data volumes. A replacement of a machine keeps the file of the machine's volume. The removal
   * of the lab deletes all files. The variable FOOBAR_LAB_VOLUMES sets another directory, for example in memory if the host's disk is
   * slow.
   */
  readonly volumes: string;
  /** File that stores the number of each server. */
  readonly numbers: string;
  /** Returns the directory of one machine, with the machine's root disk. */
  machine(name: string): string;
}

const state = `/var/lib/${prefix}`;

/** Paths of the lab's directories. A host can have only one lab, because namespaces and control groups are global on a host. */
export const layout: Layout = {
  state,
  cache: `/var/cache/${prefix}`,
  logs: path.join(state, "logs"),
  services: path.join(state, "services"),
  away: path.join(state, "away"),
  secrets: path.join(state, "secrets"),
  volumes: process.env.FOOBAR_LAB_VOLUMES ?? path.join(state, "volumes"),
  numbers: path.join(state, "numbers.json"),
  machine: (name) => path.join(state, "machines", name),
};

/** Returns the name of the network namespace of a lab host. */
export const namespaceOf = (host: string): string => `${prefix}-${host}`;
