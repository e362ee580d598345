import * as z from "zod";
import * as values from "../values/index.js";

/** What a server does. A server carries one or both. */
export const roles = ["web", "database"] as const;

/** A role of a server. What a member of the database group is, primary or replica, is called its member role. */
export type Role = (typeof roles)[number];

export const server = z.strictObject({
  privateIp: z
    .ipv4()
    .describe("Fixed private address: in `network.databaseRange` with the role database, else in `network.webRange`."),
  roles: z
    .array(z.enum(roles))
    .min(1)
    .default(["web", "database"])
    .describe("What the server does. Database members must be an odd number of at least 3."),
  type: values.serverType.optional().describe("Hetzner server type. Default: `serverType` of the environment."),
  placementGroup: values.placementGroup
    .default("servers")
    .describe("Spread placement group, at most ten servers each. Decided when the server is created."),
});
