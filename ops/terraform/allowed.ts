/** Addresses that a plan may change, with the allowed actions in Terraform's notation, such as "delete,create". */
export type Allowed = Readonly<Record<string, readonly string[]>>;

const made = ["create", "delete,create", "create,delete"];

/**
 * Returns the allowed changes of the servers' stack when one server is replaced. Updates are allowed because they complete an interrupted
 * run.
 */
export const replacementOf = (name: string): Allowed => ({
  [`hcloud_server.${name}`]: [...made, "update"],
  [`hcloud_volume_attachment.${name}_data`]: [...made, "update"],
});

/** Returns the allowed changes of the foundation stack when a data volume is created again. */
export const volumeOf = (name: string): Allowed => ({ [`hcloud_volume.${name}_data`]: ["create"] });

/** Returns the allowed changes that complete a replacement which was interrupted after the server was created. */
export const completionOf = (name: string): Allowed => ({
  [`hcloud_server.${name}`]: ["update"],
  [`hcloud_volume_attachment.${name}_data`]: [...made, "update"],
});

/**
 * Returns the allowed changes of the edge stack that register a replaced server with its load balancer again.
 * @param balancers ids of the active load balancers, as they appear in Terraform addresses
 * @param before id of the previous load balancer during a migration. Then the server may be a target of either load balancer, and
 * addresses have an index.
 */
export const retargetingOf = (name: string, balancers: readonly string[], before?: string): Allowed => {
  const target = (of: string): string => `hcloud_load_balancer_target.${of}_${name}`;
  if (before === undefined) return Object.fromEntries(balancers.map((balancer) => [target(balancer), made]));
  return Object.fromEntries([...balancers, before].map((balancer) => [`${target(balancer)}[0]`, [...made, "delete"]]));
};
