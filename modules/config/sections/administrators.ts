import * as z from "zod";
import * as values from "../values/index.js";

/** Maximum networks in one rule of a provider firewall (Hetzner's OpenAPI description of `source_ips`: "100 CIDR blocks at most"). */
const mostSources = 100;

export const administrators = z.strictObject({
  cidrs: values
    .distinct(values.administratorCidr, mostSources)
    .default([])
    .describe(`Networks that may connect by SSH, at most ${mostSources}. If the list is empty, SSH is closed.`),
  sshKeys: z
    .record(values.sshKeyName, values.sshPublicKey.describe("Public key in one line, as in ~/.ssh/id_ed25519.pub."))
    .default({})
    .describe(
      "Public keys of the administrators. Each key's name is also its name at Hetzner. Servers get the keys only when they are created.",
    ),
});
