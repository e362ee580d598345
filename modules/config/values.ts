import { readFileSync } from "node:fs";
import ipaddr from "ipaddr.js";
import * as z from "zod";
import { ports } from "../platform/ports.js";
import { isArm, loadBalancerTypes, locations, retiredServerTypes, serverTypes } from "../platform/hetzner-offers.js";
import { canonicalCidr, isPrivate, prefixLength } from "./addresses.js";
import { suggestion } from "./suggest.js";

/** Rule and fix of a value that is not right; nothing for one that is. */
type Verdict = { readonly rule: string; readonly fix: string } | undefined;

/** An issue with a rule and a fix of this project's, as issues.ts reads them. */
const custom = (rule: string, fix: string) => ({ code: "custom", message: rule, params: { fix } }) as const;

/** A text with a rule of its own, whose message names the rule and the fix. */
const text = (judge: (value: string) => Verdict) =>
  z.string().superRefine((value, context) => {
    const verdict = judge(value);
    if (verdict) context.addIssue(custom(verdict.rule, verdict.fix));
  });

/** A text of one form. */
export const matching = (pattern: RegExp, rule: string, fix: string) =>
  text((value) => (pattern.test(value) ? undefined : { rule, fix }));

const known = (what: string, values: readonly string[]) =>
  text((value) =>
    values.includes(value) ? undefined : { rule: `must be a known ${what}`, fix: suggestion(value, values) },
  );

const label = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** Longest domain that leaves room for "www." within DNS's 253 characters. */
const longestDomain = 249;

/** Registered domain: lower case, at least two labels. Internationalised names are written in punycode. */
export const domain = text((value) => {
  if (value.startsWith("www."))
    return { rule: "must be the registered domain, without www", fix: `write it as "${value.slice(4)}"` };
  if (value !== value.toLowerCase()) return { rule: "must be lower case", fix: `write it as "${value.toLowerCase()}"` };
  const labels = value.split(".");
  const fits = labels.length >= 2 && labels.every((part) => label.test(part)) && value.length <= longestDomain;
  return fits
    ? undefined
    : { rule: "must be a domain name", fix: 'write it as "foobar.com", without scheme, path and final dot' };
});

/** Longest server name: with the longest environment name it still fits a Hetzner label (63 characters). */
const longestServerName = 40;

/** Names that stand beside servers' names in the stacks, where each can be there once; and the one that every machine has already. */
const takenNames = ["authority", "backend", "hcloud", "localhost", "network", `service-${ports.balancerHttps}`];

/** Server name: RFC 1123 label in lower case. It begins with a letter, because keys that look like numbers lose their order. */
export const serverName = text((value) => {
  if (takenNames.includes(value))
    return {
      rule: `must be none of ${takenNames.join(", ")}, which mean something else already`,
      fix: "choose another",
    };
  return /^[a-z]([a-z0-9-]*[a-z0-9])?$/.test(value) && value.length <= longestServerName
    ? undefined
    : {
        rule: `must be a host name of at most ${longestServerName} lower-case letters, digits and hyphens, beginning with a letter`,
        fix: 'write it as "alpha"',
      };
});

/** A name of the owner's choice that becomes part of an address in Terraform, or of a label. */
const shortName = (example: string) =>
  matching(
    /^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$/,
    "must be a name of at most 40 lower-case letters, digits and hyphens, beginning with a letter",
    `write it as "${example}"`,
  );

export const placementGroup = shortName("servers-2");

export const downtimeName = shortName("new-disks");

export const location = known("location", Object.keys(locations));

export const zone = known("network zone", [...new Set(Object.values(locations).map((place) => place.zone))]);

export const loadBalancerType = known("load balancer type", Object.keys(loadBalancerTypes));

export const serverType = text((value) => {
  if (isArm(value))
    return {
      rule: "must be an x86 type: MySQL's apt repository has no arm64 packages for Debian",
      fix: "choose a cx, cpx or ccx type",
    };
  const successor = retiredServerTypes[value];
  if (successor) return { rule: "must be on sale: it is retired", fix: `use its successor ${successor}` };
  return value in serverTypes
    ? undefined
    : { rule: "must be a known server type", fix: suggestion(value, Object.keys(serverTypes)) };
});

/** Private IPv4 network as Hetzner takes it. */
const privateNetwork = (widest: number, narrowest: number) =>
  z.cidrv4().superRefine((value, context) => {
    if (!ipaddr.IPv4.isValidCIDR(value)) return;
    const refuse = (rule: string, fix: string) => context.addIssue(custom(rule, fix));
    if (canonicalCidr(value) !== value)
      refuse("must have no bits set behind its prefix", `write it as ${canonicalCidr(value)}`);
    else if (!isPrivate(value))
      refuse("must lie inside 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16", "choose one such as 10.0.0.0/16");
    else if (prefixLength(value) < widest || prefixLength(value) > narrowest)
      refuse(
        `must have a prefix from /${widest} to /${narrowest}`,
        `write it as ${value.split("/")[0]}/${Math.min(Math.max(widest, widest > 8 ? 24 : 16), narrowest)}`,
      );
  });

/** A network at Hetzner is a /8 to a /24. */
export const networkCidr = privateNetwork(8, 24);

/** From /27 on, a subnet's default ranges for database members and web servers lie apart. */
export const subnetCidr = privateNetwork(9, 27);

/** Part of a subnet that holds the servers of a role. */
export const rangeCidr = privateNetwork(10, 30);

/** Eight or sixteen addresses: a group has nine members at most, and HAProxy asks each address for its role. */
export const databaseRangeCidr = privateNetwork(28, 29);

/** Prefixes an administrator's network has at least: a wider one is not one administrator's. */
const shortestPrefix = { ipv4: 16, ipv6: 32 } as const;

/** A network that SSH may come from. */
export const administratorCidr = text((value) => {
  if (!ipaddr.isValidCIDR(value))
    return ipaddr.isValid(value)
      ? {
          rule: "must be in CIDR notation",
          fix: `write it as ${value}/${ipaddr.parse(value).kind() === "ipv4" ? 32 : 128}`,
        }
      : { rule: "must be a network in CIDR notation", fix: "write it as 198.51.100.7/32 or 2001:db8:1::/48" };
  const shortest = shortestPrefix[ipaddr.parseCIDR(value)[0].kind()];
  if (prefixLength(value) < shortest)
    return {
      rule: `must not be wider than /${shortest}`,
      fix: "name the administrators' own addresses, never the world",
    };
  return canonicalCidr(value) === value
    ? undefined
    : {
        rule: "must have no bits set behind its prefix, in its shortest form",
        fix: `write it as ${canonicalCidr(value)}`,
      };
});

const keyTypes = ["ssh-ed25519", "ssh-rsa", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"];
const hardwareKeyTypes = ["sk-ssh-ed25519@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com"];

/** The algorithm that an OpenSSH public key's own bytes name. */
function algorithmOf(base64: string): string | undefined {
  const bytes = Buffer.from(base64, "base64");
  return bytes.length > 4 ? bytes.toString("latin1", 4, 4 + bytes.readUInt32BE(0)) : undefined;
}

/** Public key as in ~/.ssh/id_ed25519.pub. */
export const sshPublicKey = text((value) => {
  const [algorithm = "", base64 = ""] = value.split(" ");
  if (value.includes("PRIVATE KEY"))
    return {
      rule: "must be a public key, this is a private one",
      fix: "replace that key pair, and paste the .pub file of the new one",
    };
  return [...keyTypes, ...hardwareKeyTypes].includes(algorithm) && algorithmOf(base64) === algorithm
    ? undefined
    : { rule: "must be an OpenSSH public key", fix: "paste one whole line, as in ~/.ssh/id_ed25519.pub" };
});

/** Name of a key: part of an address in Terraform, which holds neither dots nor @. */
export const sshKeyName = matching(
  /^[A-Za-z0-9]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?$/,
  "must be a name of at most 63 letters, digits, hyphens and underscores",
  'write it as "jane"',
);

export const sha256 = matching(
  /^[0-9a-f]{64}$/,
  "must be 64 lower-case hexadecimal digits",
  "take the SHA-256 that the build prints",
);

/** A URL with rules of its own; the first that is broken counts. */
const url = (...judges: readonly ((url: URL) => Verdict)[]) =>
  z.url().superRefine((value, context) => {
    if (!URL.canParse(value)) return;
    const verdict = judges.map((judge) => judge(new URL(value))).find((one) => one !== undefined);
    if (verdict) context.addIssue(custom(verdict.rule, verdict.fix));
  });

const withoutCredentials = ({ username, password }: URL): Verdict =>
  username + password === ""
    ? undefined
    : { rule: "must hold no user name or password", fix: "let it be read without: it stands in plain files" };

const overTls = (url: URL): Verdict =>
  url.protocol === "https:"
    ? undefined
    : { rule: "must be an https URL", fix: `write it as ${url.href.replace(/^[a-z]+:/, "https:")}` };

const overHttp = ({ protocol }: URL): Verdict =>
  protocol === "https:" || protocol === "http:"
    ? undefined
    : { rule: "must be an http or https URL", fix: 'write it as "https://mirror.foobar.com/path"' };

/** As the rule table lets servers out: to the internet, on the usual ports. */
const withinReach = ({ hostname, port }: URL): Verdict => {
  const address = hostname.replaceAll(/[[\]]/g, "");
  if (port !== "")
    return { rule: "must name no port: servers reach the usual one only", fix: "have it served on the usual port" };
  return ipaddr.isValid(address) && ipaddr.parse(address).range() !== "unicast"
    ? { rule: "must be on the internet: servers fetch nothing over the private network", fix: "name a public host" }
    : undefined;
};

/** Something that servers download, with a digest to know it by. */
export const downloadUrl = url(withoutCredentials, overTls, withinReach);

/** apt repository; without TLS too, since apt checks signatures. */
export const mirrorUrl = url(withoutCredentials, overHttp, withinReach);

/** A service that Terraform talks to. */
export const endpointUrl = url(withoutCredentials, overTls);

/** Handle of a Datadog notification: a channel or a person. */
export const receiver = matching(
  /^@\S+$/,
  "must be a Datadog handle",
  'write it as "@pagerduty-foobar" or "@jane@foobar.com"',
);

export const bucketName = matching(
  /^[a-z0-9]([a-z0-9-]{1,61})[a-z0-9]$/,
  "must be a bucket name of 3 to 63 lower-case letters, digits and hyphens",
  'write it as "foobar-terraform-state"',
);

/** Content of a file; nothing where there is none to read. */
function contentOf(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

const armoredPublicKey = /^-----BEGIN PGP PUBLIC KEY BLOCK-----\n[^]+\n-----END PGP PUBLIC KEY BLOCK-----\s*$/;

/** File with an armored public key, relative to the working directory. The configuration then holds the key itself. */
export const publicKeyFile = z.string().transform((file, context) => {
  const key = contentOf(file);
  if (key !== undefined && armoredPublicKey.test(key)) return key;
  context.addIssue(
    key === undefined
      ? custom("must name a file that can be read", "write its absolute path, or one from the project's folder")
      : custom("must name a file with one armored public key", "write what `gpg --armor --export KEY` prints into it"),
  );
  return z.NEVER;
});

export const notEmpty = matching(/\S/, "must not be empty", "write a text, or leave the setting out");

/** Identity of a replication group. */
export const groupName = z.uuid().superRefine((value, context) => {
  if (/^(0|f|-)+$/i.test(value)) context.addIssue(custom("must be a UUID of its own", "make one with `uuidgen`"));
});
