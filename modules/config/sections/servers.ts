import * as z from "zod";
import * as values from "../values/index.js";

/** All roles of servers. Each server has at least one role. */
export const roles = ["web", "database"] as const;

/**
 * Role of a server. The words primary and replica are member roles: they describe the state of a member of the database
 * group.
 */
export type Role = (typeof roles)[number];

export const server = z.strictObject({
  /** Fixed private address. If the server has the role database, the address must be in `network.databaseRange`; otherwise in `network.webRange`. */
  privateIp: z.ipv4(),
  /** Roles of the server. The number of servers with the role database must be odd, from 3 to 9. Default: ["web", "database"]. */
  roles: z.array(z.enum(roles)).min(1).default(["web", "database"]),
  /** Hetzner server type (x86 only). Default: `serverType` of the environment. */
  type: values.serverType.optional(),
  /** Hetzner location of the server, its addresses and its volume. An existing server cannot move. Default: `location` of the environment. */
  location: values.location.optional(),
  /** Placement group. Hetzner runs the servers of a group (at most ten) on different hosts. A change applies only when the server is created. Default: "servers". */
  placementGroup: values.placementGroup.default("servers"),
});
