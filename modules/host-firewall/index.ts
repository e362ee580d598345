import type { PayloadContext, PayloadPart } from "../payload/part.js";
import { setupScript } from "../payload/setup-script.js";
import { packages } from "../platform/packages.js";
import { ports } from "../platform/ports.js";
import { users, type ServiceUser } from "../platform/users.js";
import { readStatic, renderTemplate } from "../templates.js";
import { inboundOf, outboundOf } from "../traffic/resolve.js";
import { inboundMatches, outboundMatches } from "./matches.js";

const file = (name: string): URL => new URL(`./files/${name}`, import.meta.url);

/** Users that may not ask the local resolver: asking for a name is a way to send data out. */
export const withoutNames: readonly ServiceUser[] = [users.application, users.mysql, users.haproxy, users.nginx];

/** The server's own firewall: the rule table as nftables. */
export function hostFirewallPart({ config, server }: PayloadContext): PayloadPart {
  const script = setupScript("setup-host-firewall", file("setup-host-firewall"));
  return {
    packages: packages.hostFirewall,
    files: [
      {
        path: "/etc/nftables.conf",
        content: renderTemplate(file("nftables.conf.hbs"), {
          server: server.name,
          dnsPort: ports.dns,
          withoutNames: withoutNames.map((user) => `"${user}"`).join(", "),
          inbound: inboundOf(config, server).map((rule) => ({ why: rule.why, matches: inboundMatches(rule, server) })),
          outbound: outboundOf(config, server).map((rule) => ({
            why: rule.why,
            matches: outboundMatches(rule, server),
          })),
        }),
      },
      { path: "/etc/sysctl.d/60-network.conf", content: readStatic(file("sysctl.conf")) },
      ...script.files,
    ],
    commands: script.commands,
  };
}
