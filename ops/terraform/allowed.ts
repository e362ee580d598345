/** Addresses that a plan may touch, and the actions it may take there, as Terraform writes them: "delete,create". */
export type Allowed = Readonly<Record<string, readonly string[]>>;

const made = ["create", "delete,create", "create,delete"];

/** What the replacement of one server may do in the stack of the servers. An update is what an interrupted run had not come to. */
export const replacementOf = (name: string): Allowed => ({
  [`hcloud_server.${name}`]: [...made, "update"],
  [`hcloud_volume_attachment.${name}_data`]: [...made, "update"],
});

/** What the creation of a new data volume may do in the foundation stack. */
export const volumeOf = (name: string): Allowed => ({ [`hcloud_volume.${name}_data`]: ["create"] });

/** What an interrupted replacement may have left undone beside a server that it has made. */
export const completionOf = (name: string): Allowed => ({
  [`hcloud_server.${name}`]: ["update"],
  [`hcloud_volume_attachment.${name}_data`]: [...made, "update"],
});

/**
 * What puts a replaced server on its balancer again may do in the stack of the edge.
 * @param balancers the active ones, as addresses call them
 * @param before the one it leaves; while there is another, each may have the server or not, and its address has an index
 */
export const retargetingOf = (name: string, balancers: readonly string[], before?: string): Allowed => {
  const target = (of: string): string => `hcloud_load_balancer_target.${of}_${name}`;
  if (before === undefined) return Object.fromEntries(balancers.map((balancer) => [target(balancer), made]));
  return Object.fromEntries([...balancers, before].map((balancer) => [`${target(balancer)}[0]`, [...made, "delete"]]));
};
