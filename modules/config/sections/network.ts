import * as z from "zod";
import * as values from "../values/index.js";

export const network = z.strictObject({
  cidr: values.networkCidr.default("10.0.0.0/16").describe("Private network in CIDR notation."),
  subnet: values.subnetCidr
    .default("10.0.1.0/24")
    .describe("Subnet of the private network, which contains the servers and the load balancer."),
  databaseRange: values.databaseRangeCidr
    .optional()
    .describe(
      "Address range of current and future database members. Servers trust exactly these addresses as database members. Default: addresses 8 to 15 of the subnet.",
    ),
  webRange: values.rangeCidr
    .optional()
    .describe("Address range of servers whose only role is web. Default: the upper half of the subnet."),
  balancerIp: z.ipv4().default("10.0.1.5").describe("Private address of the load balancer."),
  zone: values.zone
    .default("eu-central")
    .describe("Hetzner network zone that contains `location` and all other locations."),
});
