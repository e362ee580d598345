import { domainToASCII } from "node:url";
import * as z from "zod";
import { isArm, loadBalancerTypes, locations, retiredServerTypes, serverTypes } from "../../platform/hetzner-offers.js";
import { ports } from "../../platform/ports.js";
import { secretName, secretWords } from "../../platform/secret-words.js";
import { suggestion } from "../suggest.js";
import { isHostName, isSpecialUse } from "./host-names.js";
import { custom, identifier, oneOf, matching, text } from "./verdict.js";

export * from "./application.js";
export * from "./backup.js";
export * from "./calendar.js";
export * from "./key-file.js";
export * from "./networks.js";
export * from "./ssh-keys.js";
export * from "./urls.js";
export { distinct, matching } from "./verdict.js";

/** Maximum length of a certificate's common name (RFC 5280, "ub-common-name"). */
const longestDomain = 64;

/**
 * Registered domain in lower case with at least two labels. An internationalised name must be in punycode. A public
 * suffix such as co.uk is accepted, but the plan of the edge stack then fails because Cloudflare has no such zone.
 */
export const domain = text((value) => {
  const ascii = domainToASCII(value);
  const meant = ascii.replace(/^www\./, "").replace(/\.$/, "");
  const fix = isHostName(meant)
    ? `write it as "${meant}"`
    : 'write it as "foobar.com", without scheme, path and trailing dot';
  if (/^www\./i.test(value)) return { rule: "must be the registered domain, without www", fix };
  if (value !== value.toLowerCase()) return { rule: "must be lower case", fix };
  if (value.length > longestDomain)
    return {
      rule: `must have at most ${longestDomain} characters`,
      fix: "use a shorter domain, because certificates do not allow longer names",
    };
  if (!isHostName(value) || ascii !== value) return { rule: "must be a domain name", fix };
  return isSpecialUse(value)
    ? { rule: "must be a domain of the public DNS", fix: "write the domain that you registered" }
    : undefined;
});

/** Maximum length of a server name. The server name and the longest environment name together fit into a Hetzner label (63 characters). */
const longestServerName = 40;

/** Names that a server must not have, because other constructs in the same stack have these ids, and `localhost`. */
const takenNames = [
  "authority",
  "backend",
  "constructor",
  "hcloud",
  "localhost",
  "network",
  `service-${ports.balancerHttps}`,
];

/** Matches words that YAML 1.1 reads as true, false or null. cloud-init uses YAML 1.1. */
const yamlWord = /^(y|n|yes|no|on|off|true|false|null)$/;

/** Secret words at the end of a host name. The policy `no-secret-literal` would reject these words in the JSON. */
const secretEnds = secretWords.filter((word) => !word.includes("_"));

/**
 * Name of a server: a host name label (RFC 1123) in lower case. The first character is a letter, because JavaScript
 * sorts numeric keys first.
 */
export const serverName = text((value) => {
  if (takenNames.includes(value))
    return {
      rule: `must not be one of ${takenNames.join(", ")}, because these names are reserved`,
      fix: "choose another",
    };
  if (yamlWord.test(value))
    return { rule: "must not be a word that YAML reads as true, false or null", fix: `write "server-${value}"` };
  if (!/^[a-z]([a-z0-9-]*[a-z0-9])?$/.test(value) || value.length > longestServerName)
    return {
      rule: `must be a host name of at most ${longestServerName} lower-case letters, digits and hyphens, beginning with a letter`,
      fix: 'write it as "alpha"',
    };
  return secretName.test(value)
    ? {
        rule: `must not end with ${secretEnds.slice(0, -1).join(", ")} or ${secretEnds.at(-1)}, because values with such names are treated as secrets`,
        fix: "choose another",
      }
    : undefined;
});

/** A name that becomes part of a Terraform address or a label. */
const shortName = (example: string) =>
  identifier(
    /^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$/,
    "must be a name of at most 40 lower-case letters, digits and hyphens, beginning with a letter",
    `write it as "${example}"`,
  );

/** Name of a placement group. */
export const placementGroup = shortName("servers-2");

/** Name of a worker or schedule. The name is part of the name of its systemd unit. */
export const taskName = shortName("send-mail");

/** Name of a downtime. */
export const downtimeName = shortName("new-disks");

/** Time in UTC in Datadog's format, on an existing date. */
export const utcTime = text((value) => {
  const time = new Date(value);
  const isWritten = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/.test(value) && !Number.isNaN(time.getTime());
  if (!isWritten) return { rule: "must be a time in UTC", fix: "write it as 2026-12-01T20:00:00Z" };
  const real = time.toISOString().replace(".000Z", "Z");
  return real === value ? undefined : { rule: "must be an existing date", fix: `write it as ${real}` };
});

/** Date that exists in the calendar. */
export const day = text((value) => {
  const time = new Date(`${value}T00:00:00Z`);
  const isWritten = /^\d{4}-\d{2}-\d{2}$/.test(value) && !Number.isNaN(time.getTime());
  if (!isWritten) return { rule: "must be a date", fix: "write it as 2027-10-23" };
  const real = time.toISOString().slice(0, 10);
  return real === value ? undefined : { rule: "must be an existing date", fix: `write it as ${real}` };
});

/** Hetzner location, such as nbg1. */
export const location = oneOf("location", Object.keys(locations));

/** Hetzner network zone, such as eu-central. */
export const zone = oneOf("network zone", [...new Set(Object.values(locations).map((place) => place.zone))]);

/** Hetzner load balancer type, such as lb11. */
export const loadBalancerType = oneOf("load balancer type", Object.keys(loadBalancerTypes));

/** Hetzner server type that is sold, x86 only. */
export const serverType = text((value) => {
  if (isArm(value))
    return {
      rule: "must be an x86 type, because MySQL's apt repository has no arm64 packages for Debian",
      fix: "choose a cx, cpx or ccx type",
    };
  const successor = Object.hasOwn(retiredServerTypes, value) ? retiredServerTypes[value] : undefined;
  if (successor)
    return {
      rule: "must be available for new servers, but this type is retired",
      fix: `use its successor ${successor}`,
    };
  return Object.hasOwn(serverTypes, value)
    ? undefined
    : { rule: "must be a known server type", fix: suggestion(value, Object.keys(serverTypes)) };
});

/** Name of an SSH key. The name is part of a Terraform address, so it must not contain dots or @. */
export const sshKeyName = identifier(
  /^[A-Za-z0-9]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?$/,
  "must be a name of at most 63 letters, digits, hyphens and underscores",
  'write it as "jane"',
);

/** Fingerprint of a key as `gpg --show-keys` prints it, without spaces. */
export const keyFingerprint = matching(
  /^[0-9A-F]{40}$/,
  "must be 40 upper-case hexadecimal digits",
  "copy it from the output of `gpg --show-keys`, without spaces",
);

/** SHA-256 of a file, as `sha256sum` prints it. */
export const sha256 = matching(
  /^[0-9a-f]{64}$/,
  "must be 64 lower-case hexadecimal digits",
  "copy the SHA-256 that the build prints",
);

/** Datadog handle that receives notifications: a channel or a person. */
export const receiver = matching(
  /^@[A-Za-z0-9][\w.@+-]{0,98}$/,
  "must be a Datadog handle",
  'write it as "@pagerduty-foobar" or "@jane@foobar.com"',
);

/** Name of a bucket. S3 allows dots, but this project rejects them, because certificates of object storages cover only one level. */
export const bucketName = matching(
  /^[a-z0-9]([a-z0-9-]{1,61})[a-z0-9]$/,
  "must be a bucket name of 3 to 63 lower-case letters, digits and hyphens",
  'write it as "foobar-terraform-state"',
);

/** Name of an object at a vendor, such as an account, on a single line. */
export const name = matching(
  /^\S(.{0,98}\S)?$/,
  "must be a name of at most 100 characters, without spaces at its start or end",
  "copy it from the vendor's console",
);

/** A region of an object storage. */
export const region = matching(
  /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/,
  "must be a region of at most 63 lower-case letters, digits and hyphens",
  'write it as "fsn1"',
);

/** Folder in a bucket. A name must not begin or end with a dot, so that no path leads out of the folder. */
export const folder = matching(
  /^(?=.{1,200}$)[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*(\/[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*)*$/,
  "must be a folder: letters, digits, hyphens and underscores, with single dots and slashes between them",
  'write it as "foobar/production"',
);

/** Maximum length of a WAF expression. Cloudflare allows 4096 characters, and this project adds a condition on the site's host names. */
const longestExpression = 3800;

/** Returns an expression without its strings. A string without an end remains in the result. */
const withoutStrings = (expression: string): string =>
  expression.replaceAll(/\br(#*)"[^]*?"\1|"(?:\\[^]|[^"\\])*"/g, "");

/**
 * Returns true if all brackets outside strings are balanced. With unbalanced brackets, the rule could match every host
 * of the zone.
 */
function isBalanced(expression: string): boolean {
  const closing: Record<string, string> = { "(": ")", "{": "}", "[": "]" };
  const open: string[] = [];
  for (const character of withoutStrings(expression)) {
    if (character === '"') return false;
    const close = closing[character];
    if (close !== undefined) open.push(close);
    else if (")}]".includes(character) && open.pop() !== character) return false;
  }
  return open.length === 0;
}

/** Expression in Cloudflare's Rules language. */
export const expression = text((value) => {
  if (value.trim() === "" || value.length > longestExpression)
    return {
      rule: `must be an expression of at most ${longestExpression} characters`,
      fix: "write an expression, or remove the setting",
    };
  const odd = /[^\t\n -~]/u.exec(withoutStrings(value))?.[0];
  if (odd !== undefined)
    return { rule: `must not contain the character ${odd} outside of quotes`, fix: 'replace it, for example “ by "' };
  return isBalanced(value)
    ? undefined
    : {
        rule: "must have a matching counterpart for each bracket and quote",
        fix: "add or remove the bracket or the quote",
      };
});

/** UUID that identifies a replication group. */
export const groupName = z.uuid({ abort: true }).superRefine((value, context) => {
  if (/^(0|f|-)+$/i.test(value)) context.addIssue(custom("must be a unique UUID", "create one with `uuidgen`"));
  // The name must be in lower case, because it is part of object names in the archive and MySQL writes GTIDs in lower case.
  else if (value !== value.toLowerCase())
    context.addIssue(custom("must be in lower case", `write it as ${value.toLowerCase()}`));
});
