import path from "node:path";

/** Prefix of the lab's namespaces, control groups and mounts, so `down` finds them without stored state. */
export const prefix = "foobar-lab";

/** Directories of the lab. */
export interface Layout {
  /** Files that `down` removes. */
  readonly state: string;
  /** Files that only `down --purge` removes: base system, package repository and the repository's keys. */
  readonly cache: string;
  /** Logs of the lab's own services and of each machine's console. */
  readonly logs: string;
  /** Rendered configuration of the lab's own services. */
  readonly services: string;
  /** Names of unreachable internet hosts. */
  readonly away: string;
  /** Certificates and passwords of this lab. */
  readonly secrets: string;
  /**
   * Backing files of the data volumes. They are kept if a machine is replaced, but not if the lab is removed. FOOBAR_LAB_VOLUMES sets another
   * directory, for example in memory if the host's disk is busy.
   */
  readonly volumes: string;
  /** File with the numbers of the servers. */
  readonly numbers: string;
  /** Root disk of one machine: an overlay on the base system. */
  machine(name: string): string;
}

const state = `/var/lib/${prefix}`;

/** The lab's directories. A host can have only one lab, because namespaces and control groups belong to the host. */
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

/** Name of the network namespace of a host. */
export const namespaceOf = (host: string): string => `${prefix}-${host}`;
