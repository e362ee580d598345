import * as z from "zod";
import * as values from "../values/index.js";

/** Networks that a rule of a provider firewall takes (Hetzner's OpenAPI description of `source_ips`: "100 CIDR blocks at most"). */
const mostSources = 100;

export const administrators = z.strictObject({
  cidrs: values
    .distinct(values.administratorCidr, mostSources)
    .default([])
    .describe(`Networks that SSH is allowed from, at most ${mostSources}. None means no SSH at all.`),
  sshKeys: z
    .record(values.sshKeyName, values.sshPublicKey.describe("Public key, one line as in ~/.ssh/id_ed25519.pub."))
    .default({})
    .describe("Public keys, by the name they get at Hetzner. Servers take them at creation only."),
});
