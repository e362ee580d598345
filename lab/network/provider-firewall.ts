import type { FirewallRule } from "@cdktf/provider-hcloud/lib/firewall";
import { addresses } from "../../modules/platform/addresses.js";
import type { LabEnvironment } from "../environment.js";
import { namespaceOf } from "../layout.js";
import type * as ProviderFirewall from "../../modules/hetzner/provider-firewall.js";
import { run } from "../system/shell.js";
import type { Host } from "./addresses.js";
import { fabricHost } from "./fabric.js";

/** A server's host, and the rules of the server's firewall resource. */
export interface Filtered {
  readonly host: Host;
  readonly rules: readonly FirewallRule[];
}

const table = "provider";

/** Returns nftables rules for the firewalls of all servers. The rules correspond to the firewall resources of the servers. */
export async function providerFirewallOf({ config, servers }: LabEnvironment): Promise<string> {
  // The dynamic import keeps CDKTF out of bundles. CDKTF would delay every command, although only this function needs CDKTF.
  const file = new URL("../../modules/hetzner/provider-firewall.ts", import.meta.url);
  const { providerFirewallRules } = (await import(file.href)) as typeof ProviderFirewall;
  const hostOf = new Map(servers.map((host) => [host.name, host]));
  return providerFirewall(
    config.servers.flatMap((server) => {
      const host = hostOf.get(server.name);
      return host ? [{ host, rules: providerFirewallRules(config, server) }] : [];
    }),
  );
}

/**
 * Returns the provider's firewall as nftables rules for the router between all hosts. The firewall is stateful and filters only the
 * servers' public traffic. Traffic without a matching rule is silently dropped. Servers can always reach the metadata service, as at
 * Hetzner.
 */
export function providerFirewall(filtered: readonly Filtered[]): string {
  const jumps = filtered.flatMap(({ host }) =>
    [`ip %s ${host.publicIpv4}`, `ip6 %s ${publicRange(host)}`].flatMap((match) => [
      `${match.replace("%s", "saddr")} jump ${host.name}_out`,
      `${match.replace("%s", "daddr")} jump ${host.name}_in`,
    ]),
  );
  const hooks = ["forward", "input"].map((hook) =>
    chain(hook, [
      `type filter hook ${hook} priority 10; policy accept;`,
      "ct state established,related accept",
      `ip daddr ${addresses.metadataService} accept`,
      "icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-solicit, nd-router-advert } accept",
      ...jumps,
    ]),
  );
  const servers = filtered.flatMap(({ host, rules }) =>
    (["in", "out"] as const).map((direction) =>
      chain(`${host.name}_${direction}`, [
        ...rules.filter((rule) => rule.direction === direction).flatMap(passes),
        "drop",
      ]),
    ),
  );
  return `table inet ${table}\ndelete table inet ${table}\ntable inet ${table} {\n${[...servers, ...hooks].join("\n")}\n}\n`;
}

/**
 * Replaces the provider's firewall. @param rules nftables rules @default - none: all traffic passes, so that tests reach the servers' host
 * firewalls
 */
export const setProviderFirewall = (rules?: string): Promise<string> =>
  run("ip", ["netns", "exec", namespaceOf(fabricHost), "nft", "-f", "-"], {
    input: rules ?? `table inet ${table}\ndelete table inet ${table}\n`,
  });

const chain = (name: string, lines: readonly string[]): string =>
  `  chain ${name} {\n${lines.map((line) => `    ${line}\n`).join("")}  }`;

/** Returns the IPv6 range of a server, which is the server's complete /64 network. */
const publicRange = ({ publicIpv6 }: Host): string => `${publicIpv6.replace(/::[0-9a-f]+$/, "::")}/64`;

/** Returns the nftables lines of a firewall rule, one line for each address family of the rule. */
function passes({ direction, protocol, port, sourceIps, destinationIps }: FirewallRule): string[] {
  const peers = (direction === "in" ? sourceIps : destinationIps) ?? [];
  return (["ip", "ip6"] as const).flatMap((family) => {
    const own = peers.filter((peer) => peer.includes(":") === (family === "ip6"));
    const icmp = family === "ip" ? "icmp" : "ipv6-icmp";
    const what = protocol === "icmp" ? `meta l4proto ${icmp}` : `${protocol} dport ${port}`;
    const address = `${family} ${direction === "in" ? "saddr" : "daddr"} { ${own.join(", ")} }`;
    return own.length === 0 ? [] : [`${address} ${what} return`];
  });
}
