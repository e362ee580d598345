import ipaddr from "ipaddr.js";
import * as z from "zod";
import { addresses } from "../../platform/addresses.js";
import { canonicalCidr, isInside, isPrivate, prefixLength } from "../addresses.js";
import { custom, text, type Verdict } from "./verdict.js";

/** Returns the schema of a private IPv4 network that Hetzner accepts. */
function privateNetwork(widest: number, narrowest: number) {
  const usual = Math.min(Math.max(widest, widest > 8 ? 24 : 16), narrowest);
  const judge = (value: string): Verdict => {
    if (canonicalCidr(value) !== value)
      return { rule: "must have no bits set after its prefix", fix: `write it as ${canonicalCidr(value)}` };
    if (!isPrivate(value))
      return {
        rule: "must lie inside 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16",
        fix: "choose a private network such as 10.0.0.0/16",
      };
    return prefixLength(value) >= widest && prefixLength(value) <= narrowest
      ? undefined
      : {
          rule: `must have a prefix from /${widest} to /${narrowest}`,
          fix: `write it as ${value.split("/")[0]}/${usual}`,
        };
  };
  return z.cidrv4().superRefine((value, context) => {
    const verdict = ipaddr.IPv4.isValidCIDR(value) ? judge(value) : undefined;
    if (verdict) context.addIssue(custom(verdict.rule, verdict.fix));
  });
}

/** Private network at Hetzner, from /8 to /24. */
export const networkCidr = privateNetwork(8, 24);

/** Subnet of at least /27, so that the default ranges of database members and web servers do not overlap. */
export const subnetCidr = privateNetwork(9, 27);

/** Range of a subnet that is reserved for the servers of a role. */
export const rangeCidr = privateNetwork(10, 30);

/**
 * Range of eight or sixteen addresses for database members. A group has at most nine members, and HAProxy checks every address of the
 * range.
 */
export const databaseRangeCidr = privateNetwork(28, 29);

/**
 * Minimum prefix lengths of an administrator's network. A larger network would also contain addresses of other people.
 */
const shortestPrefix = { ipv4: 16, ipv6: 32 } as const;

/**
 * Networks that are reserved for documentation (RFC 5737, RFC 3849). The schema accepts them, so that examples are
 * valid.
 */
const documentation = ["192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32"].map((cidr) =>
  ipaddr.parseCIDR(cidr),
);

/** Returns true if an address is public, so that an internet host can have it. In IPv6, only 2000::/3 is public. */
function isPublic(address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  if (documentation.some((network) => network[0].kind() === address.kind() && address.match(network))) return true;
  if (address.range() !== "unicast") return false;
  return address.kind() === "ipv4" || address.match(ipaddr.parseCIDR("2000::/3"));
}

/** IPv4 networks that are not public (IANA's registry of special-purpose addresses). A configured /8 can contain one of these networks. */
const specialIpv4 = [
  "100.64.0.0/10",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
];

const notCidr: Verdict = {
  rule: "must be a network in CIDR notation",
  fix: "write it as 198.51.100.7/32 or 2001:db8:1::/48",
};

/**
 * Returns true if all programs interpret the address in the same way. For example, some programs read numbers with
 * leading zeros as octal.
 */
const isPlainAddress = (address: string): boolean =>
  address.includes(":") || ipaddr.IPv4.isValidFourPartDecimal(address);

/**
 * Returns the address that the owner probably intended: decimal numbers without leading zeros, or hexadecimal numbers
 * converted to decimal.
 */
function plainAddress(address: string): string {
  const decimal = address.replaceAll(/(^|\.)0+(?=\d)/g, "$1");
  return ipaddr.IPv4.isValidFourPartDecimal(decimal) ? decimal : ipaddr.parse(address).toString();
}

/** Returns the problem of an IPv4 network in IPv6 notation, or `undefined` if the network is not of this kind. */
function mappedVerdict(address: string, prefix = 128): Verdict {
  const parsed = ipaddr.parse(address);
  if (!(parsed instanceof ipaddr.IPv6) || !parsed.isIPv4MappedAddress() || prefix <= 96) return undefined;
  return {
    rule: "must be written as an IPv4 network",
    fix: `write it as ${parsed.toIPv4Address().toString()}/${prefix - 96}`,
  };
}

/** Returns the problem of a network's notation, or `undefined` if the notation is valid. */
function notationVerdict(value: string): Verdict {
  const [address = "", prefix] = value.split("/");
  if (!ipaddr.isValid(address) || address.includes("%")) return notCidr;
  if (!isPlainAddress(address))
    return {
      rule: "must be written in four decimal numbers without leading zeros",
      fix: `write it as ${plainAddress(address)}/${prefix ?? 32}, if this is the intended network`,
    };
  const mapped = mappedVerdict(address, prefix === undefined ? undefined : Number(prefix));
  if (mapped) return mapped;
  if (prefix === undefined)
    return { rule: "must be in CIDR notation", fix: `write it as ${value}/${address.includes(":") ? 128 : 32}` };
  return ipaddr.isValidCIDR(value) ? undefined : notCidr;
}

/** Returns the problem of a network with host bits, or `undefined` if the network has none. */
const canonicalVerdict = (value: string): Verdict =>
  canonicalCidr(value) === value
    ? undefined
    : {
        rule: "must have no bits set after its prefix, in its shortest form",
        fix: `write it as ${canonicalCidr(value)}`,
      };

/**
 * Minimum prefix lengths of networks to which the application may connect. A larger network would contain private
 * ranges. The network of all addresses is allowed as an exception.
 */
const widestPeer = { ipv4: 8, ipv6: 16 } as const;

/** A network to which the application may connect. */
export const egressCidr = text((value) => {
  const notation = notationVerdict(value);
  if (notation) return notation;
  if (addresses.everywhere.some((all) => all === value)) return undefined;
  const [address, prefix] = ipaddr.parseCIDR(value);
  const widest = widestPeer[address.kind()];
  if (prefix < widest)
    return {
      rule: `must not be wider than /${widest}, except for 0.0.0.0/0 and ::/0`,
      fix: "list the required networks, or 0.0.0.0/0 or ::/0 for all",
    };
  const canonical = canonicalVerdict(value);
  if (canonical) return canonical;
  const inside = address.kind() === "ipv4" ? specialIpv4.find((range) => isInside(range, value)) : undefined;
  return isPublic(address) && inside === undefined
    ? undefined
    : {
        rule: `must be a public network: ${inside ?? value} is private, and the application must not connect to servers or the metadata service`,
        fix: "list the peer's public addresses",
      };
});

/** A network from which administrators may connect with SSH. */
export const administratorCidr = text((value) => {
  const notation = notationVerdict(value);
  if (notation) return notation;
  const [address, prefix] = ipaddr.parseCIDR(value);
  const shortest = shortestPrefix[address.kind()];
  if (prefix < shortest)
    return {
      rule: `must not be wider than /${shortest}`,
      fix: "list the administrators' own addresses, not the whole internet",
    };
  const canonical = canonicalVerdict(value);
  if (canonical) return canonical;
  return isPublic(address)
    ? undefined
    : {
        rule: "must be a public network, because administrators connect to the servers' public addresses",
        fix: "write your public address, for example as `curl https://ifconfig.co` prints it",
      };
});
