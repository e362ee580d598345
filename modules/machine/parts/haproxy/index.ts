import { addressesOf, reservedAddresses } from "../../../config/addresses.js";
import { farMembers, membersFarFrom } from "../../../derived/loss.js";
import type { Config } from "../../../config/schema.js";
import type { PayloadContext, PayloadPart } from "../../part/part.js";
import { sandbox } from "../../part/sandbox.js";
import { packages } from "../../../platform/packages.js";
import { paths } from "../../../platform/paths.js";
import { ports } from "../../../platform/ports.js";
import { readStatic, renderTemplate } from "../../part/templates.js";

const file = (name: string): URL => new URL(`./files/${name}`, import.meta.url);

/** Maximum number of connections to HAProxy, including connections for monitoring. */
const maximumConnections = 1000;
/**
 * Maximum idle time of a database connection in minutes. The application's health probes use each connection at least
 * every 30 s.
 */
const idleMinutes = 30;

/**
 * Maximum time in seconds that HAProxy holds a request during a restart of an application that opens its port itself.
 * HAProxy retries once a second. A switch of releases is faster than this limit.
 */
const holdSeconds = 30;

/**
 * Returns all addresses that current and future database members may have. HAProxy's configuration therefore does not
 * change if a member is added.
 */
function possibleMembers({ network: { databaseRange, subnet } }: Config): readonly string[] {
  const reserved = reservedAddresses(subnet);
  return [...addressesOf(databaseRange)].filter((address) => !(address in reserved));
}

/**
 * Maximum number of servers without a database that serve as relays to the primary. More relays would only cause more
 * health checks.
 */
const webRelays = 8;

/**
 * Returns addresses of current and future relays. If this server cannot reach the primary, HAProxy connects through a
 * relay.
 */
function possibleRelays(config: Config): readonly string[] {
  const relays = [...possibleMembers(config)];
  const most = relays.length + webRelays;
  for (const address of addressesOf(config.network.webRange)) {
    if (relays.length === most) break;
    if (!(address in reservedAddresses(config.network.subnet))) relays.push(address);
  }
  return relays;
}

/** Returns the name of an environment variable of HAProxy. The variable is set if the member with this address is in a distant location. */
const farVariable = (address: string): string => `FAR_${address.replaceAll(".", "_")}`;

/**
 * Returns the part with HAProxy. On a web server, HAProxy opens loopback ports for database writes and reads. If the
 * application opens a port itself, HAProxy also listens on the loopback port to which nginx sends requests. On a server
 * without the role `web`, HAProxy is only a relay.
 */
export function haproxyPart({ config, roles }: PayloadContext): PayloadPart {
  const members = possibleMembers(config);
  const hasFarMembers = farMembers(config).length > 0;
  const content = renderTemplate(file("haproxy.cfg.hbs"), {
    members,
    relays: roles.includes("web") ? possibleRelays(config) : [],
    maximumConnections,
    idleMinutes,
    writePort: ports.databaseWrite,
    readPort: ports.databaseRead,
    relayPort: ports.databaseRelay,
    relayHealthPort: ports.databaseRelayHealth,
    holdsRequests: config.application.listens === "port",
    holdSeconds,
    applicationPort: ports.application,
    applicationItselfPort: ports.applicationItself,
    healthPort: ports.applicationHealth,
    statsPort: ports.haproxyStats,
    mysqlPort: ports.mysql,
    rolePort: ports.memberRole,
    hasFarMembers,
    readers: members.map((address) => ({ address, ...(hasFarMembers && { variable: farVariable(address) }) })),
  });
  return {
    name: "haproxy",
    packages: packages.haproxy,
    files: [
      { path: paths.haproxy.configuration, content },
      { path: "/etc/systemd/system/haproxy.service.d/platform.conf", content: readStatic(file("service.conf")) },
      sandbox({
        unit: "haproxy.service",
        why: "to confine its workers to their directory and to stop them",
        capabilities: ["SETUID", "SETGID", "SYS_CHROOT", "KILL"],
        writable: ["/run"],
        systemCalls: ["chroot"],
      }),
    ],
    ownFiles: ({ privateIp, location }) => [
      {
        path: "/etc/systemd/system/haproxy.service.d/own-address.conf",
        content: renderTemplate(file("own-address.conf.hbs"), {
          privateIp,
          // Only web servers send reads. If other servers had this list, each removed member would make them outdated.
          far: roles.includes("web")
            ? membersFarFrom(config, location).map((member) => farVariable(member.privateIp))
            : [],
        }),
      },
    ],
    setup: readStatic(file("setup-haproxy")),
  };
}
