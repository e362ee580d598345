import * as z from "zod";
import * as values from "../values/index.js";

export const network = z.strictObject({
  /** Private network in CIDR notation. Default: "10.0.0.0/16". */
  cidr: values.networkCidr.default("10.0.0.0/16"),
  /** Subnet of the private network, which contains the servers and the load balancer. Default: "10.0.1.0/24". */
  subnet: values.subnetCidr.default("10.0.1.0/24"),
  /** Address range of current and future database members. Default: addresses 8 to 15 of the subnet. */
  databaseRange: values.databaseRangeCidr.optional(),
  /** Address range of servers whose only role is web. Default: the upper half of the subnet. */
  webRange: values.rangeCidr.optional(),
  /** Private address of the load balancer. Default: "10.0.1.5". */
  balancerIp: z.ipv4().default("10.0.1.5"),
  /** Hetzner network zone that contains `location` and all other locations. Default: "eu-central". */
  zone: values.zone.default("eu-central"),
});
