import { rule, unless } from "./rule.js";

const keysForNetworks = rule(["administrators"], ({ administrators: { cidrs, sshKeys } }) =>
  unless(cidrs.length === 0 || Object.keys(sshKeys).length > 0, () => ({
    path: "administrators.sshKeys",
    rule: "must contain at least one key if administrators.cidrs opens SSH",
    got: sshKeys,
    fix: "add a public key, or empty administrators.cidrs",
  })),
);

/** Returns the algorithm and the key of an SSH key line, without the comment. */
const keyIn = (line: string): string => line.split(" ").slice(0, 2).join(" ");

/** Checks that each SSH key appears only once, because Hetzner accepts a key only once per project. */
const keysOnce = rule(["administrators"], ({ administrators: { sshKeys } }) =>
  Object.entries(sshKeys).flatMap(([name, line], _, all) => {
    const first = all.find(([, other]) => keyIn(other) === keyIn(line))?.[0];
    return unless(first === name, () => ({
      path: `administrators.sshKeys.${name}`,
      rule: `must differ from the key of ${first}`,
      got: line,
      fix: "remove one of the two",
    }));
  }),
);

/** Rules about SSH logins. */
export const accessRules = [keysForNetworks, keysOnce];
