import { addresses } from "../../../platform/addresses.js";
import type { ResolvedRule } from "../../../derived/traffic/resolve.js";

/** Defined in files/own-address.nft.hbs. */
const ownAddress = "$own_address";

const set = (items: readonly (string | number)[]): string => `{ ${items.join(", ")} }`;
const isEverywhere = (peers: readonly string[]): boolean =>
  peers.some((peer) => addresses.everywhere.some((all) => all === peer));
const isIpv6 = (address: string): boolean => address.includes(":");

/** nftables match of a rule's protocol and ports, for one IP family. */
function service(rule: ResolvedRule, family: "ip" | "ip6"): string {
  if (rule.protocol !== "icmp") return `${rule.protocol} dport ${set(rule.ports)}`;
  return family === "ip" ? "icmp type echo-request" : "icmpv6 type echo-request";
}

/** nftables match of the other side's addresses, for one IP family. @returns undefined if the rule has no peer of that family */
function otherSide(rule: ResolvedRule, family: "ip" | "ip6", field: "saddr" | "daddr"): string | undefined {
  const peers = rule.peers.filter((peer) => isIpv6(peer) === (family === "ip6"));
  if (isEverywhere(peers)) return family === "ip" ? `ip ${field} != @not_internet` : `ip6 ${field} @internet6`;
  return peers.length > 0 ? `${family} ${field} ${set(peers)}` : undefined;
}

const joined = (parts: readonly (string | undefined)[]): string => parts.filter(Boolean).join(" ");

const perFamily = (match: (family: "ip" | "ip6") => string | undefined): readonly string[] =>
  (["ip", "ip6"] as const).map(match).filter((text) => text !== undefined);

/** nftables matches of connections that others may open. Private rules match only the private address, public rules any other address. */
export const inboundMatches = (rule: ResolvedRule): readonly string[] =>
  perFamily((family) => {
    const other = otherSide(rule, family, "saddr");
    const own = family === "ip" ? `ip daddr ${rule.network === "private" ? "" : "!= "}${ownAddress}` : undefined;
    return other && joined([other, own, service(rule, family)]);
  });

/** nftables matches of connections that this server's users may open. */
export const outboundMatches = (rule: ResolvedRule): readonly string[] =>
  perFamily((family) => {
    const other = otherSide(rule, family, "daddr");
    const who = rule.users ? `meta skuid ${set(rule.users.map((user) => `"${user}"`))}` : undefined;
    const own = rule.network === "private" && family === "ip" ? `ip saddr ${ownAddress}` : undefined;
    return other && joined([who, own, other, service(rule, family)]);
  });
