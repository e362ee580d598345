/** Addresses that a plan may change, with the allowed actions in Terraform's notation: "delete,create". */
export type Allowed = Readonly<Record<string, readonly string[]>>;

const made = ["create", "delete,create", "create,delete"];

/** Allowed changes of the servers' stack for the replacement of one server. An update completes an interrupted run. */
export const replacementOf = (name: string): Allowed => ({
  [`hcloud_server.${name}`]: [...made, "update"],
  [`hcloud_volume_attachment.${name}_data`]: [...made, "update"],
});

/** Allowed changes of the foundation stack for a new data volume. */
export const volumeOf = (name: string): Allowed => ({ [`hcloud_volume.${name}_data`]: ["create"] });

/** Allowed changes that complete an interrupted replacement after the server was created. */
export const completionOf = (name: string): Allowed => ({
  [`hcloud_server.${name}`]: ["update"],
  [`hcloud_volume_attachment.${name}_data`]: [...made, "update"],
});

/**
 * Allowed changes of the edge stack that register a replaced server with its load balancer again.
 * @param balancers ids of the active load balancers in addresses
 * @param before the previous load balancer during a migration; then each of the two may have the server, and addresses have an index
 */
export const retargetingOf = (name: string, balancers: readonly string[], before?: string): Allowed => {
  const target = (of: string): string => `hcloud_load_balancer_target.${of}_${name}`;
  if (before === undefined) return Object.fromEntries(balancers.map((balancer) => [target(balancer), made]));
  return Object.fromEntries([...balancers, before].map((balancer) => [`${target(balancer)}[0]`, [...made, "delete"]]));
};
