import ipaddr from "ipaddr.js";
import type { Config, ServerConfig } from "../../../modules/config/schema.js";
import { addresses } from "../../../modules/platform/addresses.js";
import { ports } from "../../../modules/platform/ports.js";
import { inboundOf, outboundOf, type ResolvedRule } from "../../../modules/derived/traffic/resolve.js";
import type { Target } from "./probes.js";

/** This module computes from the rule table whether a connection is allowed. The module does not use the code of the host firewall. */

const contains = (peer: string, address: string): boolean => {
  const parsed = ipaddr.parse(address);
  const [range, bits] = peer.includes("/")
    ? ipaddr.parseCIDR(peer)
    : ([ipaddr.parse(peer), peer.includes(":") ? 128 : 32] as const);
  return parsed.kind() === range.kind() && parsed.match(range, bits);
};

/** Checks whether a rule applies to an address. The range "0.0.0.0/0" does not include the link-local address of the metadata service. */
const isPeer = (rule: ResolvedRule, address: string): boolean =>
  rule.peers.some((peer) => contains(peer, address)) &&
  (address !== addresses.metadataService || rule.peers.includes(address));

const matches = (rule: ResolvedRule, { network, protocol, port }: Target): boolean =>
  rule.network === network &&
  rule.protocol === protocol &&
  (protocol === "icmp" || (port !== undefined && rule.ports.includes(port)));

/** Returns whether a server must accept a connection from an address. */
export const mayArrive = (config: Config, server: ServerConfig, from: string, target: Target): boolean =>
  inboundOf(config, server).some((rule) => matches(rule, target) && isPeer(rule, from));

/** Returns whether a user of a server may open a connection. */
export const mayLeave = (config: Config, server: ServerConfig, user: string, target: Target): boolean =>
  outboundOf(config, server).some(
    (rule) => matches(rule, target) && isPeer(rule, target.address) && rule.users?.some((one) => one === user),
  );

/**
 * Returns whether the provider's firewall must allow a server to open a connection. The provider's firewall does not distinguish the users
 * of a server.
 */
export const providerLetsOut = (config: Config, server: ServerConfig, target: Target): boolean =>
  outboundOf(config, server).some((rule) => matches(rule, target) && isPeer(rule, target.address));

/** Ports for which the rule table has no rule: Telnet, SMTP, MySQL's X protocol, Docker's API and an unassigned port. */
const unnamed = [23, 25, 33060, 2375, 40404];

/**
 * Returns the targets at one address: each port of the platform and some forbidden ports over TCP, some ports over UDP, and an ICMP echo.
 */
export const targetsAt = (name: string, address: string, network: Target["network"]): readonly Target[] => {
  const at = { name: `${name} ${address}`, address, network };
  const tcp = [...new Set([...Object.values(ports), ...unnamed])];
  const udp = [ports.dns, ports.ntp, ports.https, 40404];
  return [
    ...tcp.map((port) => ({ ...at, protocol: "tcp" as const, port })),
    ...udp.map((port) => ({ ...at, protocol: "udp" as const, port })),
    { ...at, protocol: "icmp" },
  ];
};
