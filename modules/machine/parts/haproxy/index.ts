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

/** Maximum connections, including monitoring. */
const maximumConnections = 1000;
/** Maximum idle time of a connection. The application's probes use each connection within 30 s. */
const idleMinutes = 30;

/** Longest wait for an application that opens its port itself; a switch of releases takes less. HAProxy tries once a second. */
const holdSeconds = 30;

/** Every address that a database member has or may get, so that members added later need no change of this file. */
function possibleMembers({ network: { databaseRange, subnet } }: Config): readonly string[] {
  const reserved = reservedAddresses(subnet);
  return [...addressesOf(databaseRange)].filter((address) => !(address in reserved));
}

/** Number of addresses of web-only servers used as relays to the primary; more relays would only add checks. */
const webRelays = 8;

/** Addresses of current and future web servers. Any of them may reach the primary if this server cannot. */
function possibleRelays(config: Config): readonly string[] {
  const relays = [...possibleMembers(config)];
  const most = relays.length + webRelays;
  for (const address of addressesOf(config.network.webRange)) {
    if (relays.length === most) break;
    if (!(address in reservedAddresses(config.network.subnet))) relays.push(address);
  }
  return relays;
}

/** Environment variable that HAProxy has if the member with this address is far from the server. */
const farVariable = (address: string): string => `FAR_${address.replaceAll(".", "_")}`;

/**
 * HAProxy on a web server: loopback ports for writes and reads, and the application's port if the application opens its own. A server without
 * the role `web` uses only its relay.
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
          far: membersFarFrom(config, location).map((member) => farVariable(member.privateIp)),
        }),
      },
    ],
    setup: readStatic(file("setup-haproxy")),
  };
}
