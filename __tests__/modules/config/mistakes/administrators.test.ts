import { exampleSshKey } from "../../../support/config.js";
import { refused } from "./refused.js";

refused("administrators", [
  [
    { administrators: { cidrs: ["0.0.0.0/0"] } },
    'administrators.cidrs[0]: must not be wider than /16, got "0.0.0.0/0"; list the administrators\' own addresses, not the whole internet',
  ],
  [
    { administrators: { cidrs: ["198.51.100.7/32", "::/0"], sshKeys: { jane: exampleSshKey } } },
    'administrators.cidrs[1]: must not be wider than /32, got "::/0"; list the administrators\' own addresses, not the whole internet',
  ],
  [
    { administrators: { cidrs: ["198.51.100.9/24"] } },
    'administrators.cidrs[0]: must have no bits set after its prefix, in its shortest form, got "198.51.100.9/24"; write it as 198.51.100.0/24',
  ],
  [
    { administrators: { cidrs: ["198.51.100.9"] } },
    'administrators.cidrs[0]: must be in CIDR notation, got "198.51.100.9"; write it as 198.51.100.9/32',
  ],
  [
    { administrators: { cidrs: ["office"] } },
    'administrators.cidrs[0]: must be a network in CIDR notation, got "office"; write it as 198.51.100.7/32 or 2001:db8:1::/48',
  ],
  [
    { administrators: { cidrs: ["198.51.100.7/32"] } },
    "administrators.sshKeys: must contain at least one key if administrators.cidrs opens SSH, got {}; add a public key, or empty administrators.cidrs",
  ],
  [
    { administrators: { cidrs: ["198.51.100.7/32", "198.51.100.7/32"], sshKeys: { jane: exampleSshKey } } },
    'administrators.cidrs[1]: must be listed once, got "198.51.100.7/32"; remove it',
  ],
  [
    { administrators: { sshKeys: { jane: exampleSshKey, work: `${exampleSshKey} work` } } },
    `administrators.sshKeys.work: must differ from the key of jane, got "${exampleSshKey.slice(0, 79)}…; remove one of the two`,
  ],
  [
    { administrators: { sshKeys: { jane: "ssh-ed25519 AAAA jane" } } },
    'administrators.sshKeys.jane: must be an OpenSSH public key, got "ssh-ed25519 AAAA jane"; paste one complete line, as in ~/.ssh/id_ed25519.pub',
  ],
  [
    { administrators: { sshKeys: { jane: `${exampleSshKey} ${"x".repeat(5000)}` } } },
    `administrators.sshKeys.jane: must have at most 4096 characters, got "${exampleSshKey.slice(0, 79)}…; shorten the comment after the key`,
  ],
  [
    { administrators: { sshKeys: { jane: "-----BEGIN OPENSSH PRIVATE KEY-----" } } },
    "administrators.sshKeys.jane: must be a public key, but this is a private key, got a private key; create a new key pair, and paste the content of its .pub file",
  ],
  ...["jane doe", "jane@foobar.com", "a.b"].map(
    (name) =>
      [
        { administrators: { sshKeys: { [name]: exampleSshKey } } },
        `administrators.sshKeys.${name}: must be a name of at most 63 letters, digits, hyphens and underscores, got "${name}"; write it as "jane"`,
      ] as const,
  ),
]);
