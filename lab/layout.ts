import path from "node:path";

/** Every name the lab gives to a namespace, a control group or a mount begins with this, so that `down` finds them without notes. */
export const prefix = "foobar-lab";

/** Directories of the lab. */
export interface Layout {
  /** Everything that `down` removes. */
  readonly state: string;
  /** What `down` keeps and `down --purge` removes: base system, package repository, keys of the repository. */
  readonly cache: string;
  /** Logs of the lab's own services and of each machine's console. */
  readonly logs: string;
  /** Rendered configuration of the lab's own services. */
  readonly services: string;
  /** Host names of the internet that are away. */
  readonly away: string;
  /** Certificates and passwords made for this lab. */
  readonly secrets: string;
  /** Backing files of the data volumes. They outlive a machine, not the lab. */
  readonly volumes: string;
  /** Root disk of one machine: an overlay on the base system. */
  machine(name: string): string;
}

const state = `/var/lib/${prefix}`;

/** The lab's directories: one lab per host, for its namespaces and control groups are the host's. */
export const layout: Layout = {
  state,
  cache: `/var/cache/${prefix}`,
  logs: path.join(state, "logs"),
  services: path.join(state, "services"),
  away: path.join(state, "away"),
  secrets: path.join(state, "secrets"),
  volumes: path.join(state, "volumes"),
  machine: (name) => path.join(state, "machines", name),
};

/** Name of the network namespace of a host. */
export const namespaceOf = (host: string): string => `${prefix}-${host}`;
