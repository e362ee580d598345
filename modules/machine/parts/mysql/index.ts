import { toNumber } from "../../../config/addresses.js";
import { memoryOf } from "../../../config/sections/application.js";
import { largestBufferPoolMib } from "../../../config/buffer-pool.js";
import { farMembers } from "../../../derived/loss.js";
import { jobsArePaused } from "../../../config/restore.js";
import { serversWithRole, type Config, type ServerConfig } from "../../../config/schema.js";
import type { PayloadContext, PayloadFile, PayloadPart } from "../../part/part.js";
import { packages } from "../../../platform/packages.js";
import { paths } from "../../../platform/paths.js";
import { ports } from "../../../platform/ports.js";
import { serverTypes } from "../../../platform/hetzner-offers.js";
import { readStatic, renderTemplate } from "../../part/templates.js";
import { mysqlAptSource } from "./apt-source.js";
import { groupSettings } from "./group-settings.js";

const file = (name: string): URL => new URL(`./files/${name}`, import.meta.url);
const copied = (path: string, name: string, permissions?: string): PayloadFile => ({
  path,
  content: readStatic(file(name)),
  ...(permissions && { permissions }),
});

/**
 * Maximum number of connections to one member. The limit allows two pools of ten connections for each of 70 web servers, and 100
 * connections for recovery, monitoring and operators.
 */
const maximumConnections = 1500;

/**
 * Returns the part with MySQL as a member of the replication group. The program mysql-group starts or joins the group
 * and reports the member's role. The programs mysql-data and mysql-group are in the release, not in the payload. The
 * part `release` installs mysql-data, and the systemd unit of mysql-group installs mysql-group.
 */
export function mysqlPart({ config }: PayloadContext): PayloadPart {
  const members = serversWithRole(config, "database");
  return {
    name: "mysql",
    packages: packages.mysql,
    aptSources: [mysqlAptSource(config)],
    files: [
      copied("/etc/mysql/initialize.sql", "initialize.sql"),
      copied("/etc/systemd/system/mysql.service.d/group.conf", "mysql-service.conf"),
      copied("/etc/systemd/system/mysql-data.service", "mysql-data.service"),
      copied("/etc/tmpfiles.d/mysql-logs.conf", "mysql-logs.conf"),
      copied("/etc/logrotate.d/mysql-server", "logrotate"),
      copied("/usr/local/sbin/mysql-group", "mysql-group.sh", "0755"),
      copied("/etc/systemd/system/mysql-group.service", "mysql-group.service"),
    ],
    ownFiles: (server) => [
      namingMembers(paths.mysql.configuration, members, (known) => serverConfiguration(config, server, known)),
      namingMembers(paths.mysql.groupSettings, members, (known) => groupSettings(config, server, known)),
    ],
    setup: readStatic(file("setup-mysql")),
    check: renderTemplate(file("check-mysql.hbs"), { rolePort: ports.memberRole }),
  };
}

/**
 * Returns a file with the database members that were configured when the server was created. A member uses this list
 * only to find the group, and then gets the current list from the group. Adding a member therefore makes no existing
 * server outdated.
 */
const namingMembers = (
  path: string,
  members: readonly ServerConfig[],
  content: (members: readonly ServerConfig[]) => string,
): PayloadFile => ({ path, content: content(members), decisiveContent: content([]) });

function serverConfiguration(config: Config, server: ServerConfig, members: readonly ServerConfig[]): string {
  return renderTemplate(file("server.cnf.hbs"), {
    ...paths.mysql,
    address: server.privateIp,
    // The server id is derived from the private address. Therefore it is unique in the network and does not depend on
    // the order of servers in the configuration.
    serverId: toNumber(server.privateIp),
    port: ports.mysql,
    groupPort: ports.mysqlGroup,
    groupName: config.database.groupName,
    seeds: members.map(({ privateIp }) => `${privateIp}:${ports.mysqlGroup}`).join(","),
    subnet: config.network.subnet,
    bufferPoolMib: config.database.bufferPoolMib ?? poolOf(config, server),
    maximumConnections,
    backedUp: config.backup !== undefined,
    paused: jobsArePaused(config),
    isFar: farMembers(config).some(({ name }) => name === server.name),
  });
}

function poolOf({ application }: Config, { type, roles }: ServerConfig): number {
  const known = serverTypes[type];
  if (!known)
    throw new Error(`serverType: must be a known server type, got ${type}; see modules/platform/hetzner-offers.ts`);
  return largestBufferPoolMib({
    memoryMib: known.memoryGib * 1024,
    ...(roles.includes("web") && { applicationMib: memoryOf(application) }),
  });
}
