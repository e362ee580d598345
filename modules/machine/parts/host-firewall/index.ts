import type { PayloadContext, PayloadPart } from "../../part/part.js";
import { addresses } from "../../../platform/addresses.js";
import { packages } from "../../../platform/packages.js";
import { ports } from "../../../platform/ports.js";
import { users, type ServiceUser } from "../../../platform/users.js";
import { readStatic, renderTemplate } from "../../part/templates.js";
import { relaying } from "../../../derived/conditions.js";
import { inboundOf, outboundOf } from "../../../derived/traffic/resolve.js";
import { inboundMatches, outboundMatches } from "./matches.js";

const file = (name: string): URL => new URL(`./files/${name}`, import.meta.url);

/** Path of the file that defines the server's private address. All other rules are equal on servers with the same roles. */
const ownAddress = "/etc/nftables/own-address.nft";

/** Service users that must not use the local DNS resolver, because DNS queries can leak data. */
export const withoutNames: readonly ServiceUser[] = [
  users.application,
  users.migrations,
  users.mysql,
  users.haproxy,
  users.nginx,
];

/**
 * Services of each role that systemd starts only if the firewall rules are loaded. The monitoring agent and sshd are
 * not in this list, so that operators can diagnose a failure.
 */
const guarded = {
  web: ["nginx.service", "haproxy.service", "app.socket", "app.service"],
  database: ["mysql.service", "mysql-group.service"],
} as const;

/** Returns the part with the host firewall and the local DNS resolver. The resolver is the only program that may query name servers. */
export function hostFirewallPart({ config, roles }: PayloadContext): PayloadPart {
  /**
   * True if the firewall rules detect silent database members. In this case, HAProxy on each member contacts all other
   * members every second.
   */
  const hears = relaying.holds(config) && roles.includes("database");
  return {
    name: "host-firewall",
    packages: packages.hostFirewall,
    files: [
      {
        path: "/etc/nftables.conf",
        content: renderTemplate(file("nftables.conf.hbs"), {
          ownAddress,
          dnsPort: ports.dns,
          ...(hears && {
            members: config.network.databaseRange,
            mysqlUser: users.mysql,
            groupPort: ports.mysqlGroup,
          }),
          withoutNames: withoutNames.map((user) => `"${user}"`).join(", "),
          inbound: inboundOf(config, { roles }).map((rule) => ({ why: rule.why, matches: inboundMatches(rule) })),
          outbound: outboundOf(config, { roles }).map((rule) => ({ why: rule.why, matches: outboundMatches(rule) })),
        }),
      },
      {
        path: "/etc/systemd/system/nftables.service.d/platform.conf",
        content: renderTemplate(file("service.conf.hbs"), {
          services: [
            ...new Set([
              ...roles.flatMap((role) => guarded[role]),
              ...(relaying.holds(config) ? ["haproxy.service"] : []),
            ]),
          ].join(" "),
        }),
      },
      {
        path: "/etc/systemd/resolved.conf.d/60-platform.conf",
        content: renderTemplate(file("resolved.conf.hbs"), { resolvers: addresses.resolvers.join(" ") }),
      },
      { path: "/etc/sysctl.d/60-network.conf", content: readStatic(file("sysctl.conf")) },
    ],
    ownFiles: ({ privateIp }) => [
      { path: ownAddress, content: renderTemplate(file("own-address.nft.hbs"), { privateIp }) },
    ],
    setup: readStatic(file("setup-host-firewall")),
    check: renderTemplate(file("check-host-firewall.hbs"), {
      // The check ignores the content of the set `heard`, because the content changes every second.
      withoutHeard: hears ? ' | sed "/set heard {/,/^\\t}$/d"' : "",
    }),
  };
}
