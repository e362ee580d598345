import * as z from "zod";
import * as values from "../values/index.js";

export const network = z.strictObject({
  cidr: values.networkCidr.default("10.0.0.0/16").describe("Private network."),
  subnet: values.subnetCidr.default("10.0.1.0/24").describe("Its one subnet, in which servers and balancer live."),
  databaseRange: values.databaseRangeCidr
    .optional()
    .describe(
      "Addresses of database members, present and future: the ones that servers trust as such. Default: the subnet's addresses 8 to 15.",
    ),
  webRange: values.rangeCidr
    .optional()
    .describe("Addresses of servers with the role web alone. Default: the upper half of the subnet."),
  balancerIp: z.ipv4().default("10.0.1.5").describe("Private address of the load balancer."),
  zone: values.zone.default("eu-central").describe("Hetzner network zone; the one `location` lies in."),
});
