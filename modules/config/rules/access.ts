import { rule, unless } from "./rule.js";

const keysForNetworks = rule(["administrators"], ({ administrators: { cidrs, sshKeys } }) =>
  unless(cidrs.length === 0 || Object.keys(sshKeys).length > 0, () => ({
    path: "administrators.sshKeys",
    rule: "must hold a key when administrators.cidrs opens SSH",
    got: sshKeys,
    fix: "add a public key, or empty administrators.cidrs",
  })),
);

const networksOnce = rule(["administrators"], ({ administrators: { cidrs } }) =>
  cidrs.flatMap((cidr, index) =>
    unless(cidrs.indexOf(cidr) === index, () => ({
      path: `administrators.cidrs[${index}]`,
      rule: "must be listed once",
      got: cidr,
      fix: "remove it",
    })),
  ),
);

export const accessRules = [keysForNetworks, networksOnce];
