import * as z from "zod";
import * as values from "../values/index.js";

/**
 * Maximum number of networks in one rule of a provider firewall (Hetzner's OpenAPI description of `source_ips`: "100 CIDR blocks at most").
 */
const mostSources = 100;

export const administrators = z.strictObject({
  /** Networks that may connect by SSH, at most 100. If the list is empty, SSH is closed. */
  cidrs: values.distinct(values.administratorCidr, mostSources).default([]),
  /** Public keys of the administrators, each in one line as in ~/.ssh/id_ed25519.pub. The name that you choose is also the key's name at Hetzner. Servers get the keys only when they are created. */
  sshKeys: z.record(values.sshKeyName, values.sshPublicKey).default({}),
});
