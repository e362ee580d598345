import { isClaimed } from "../../../config/sections/application.js";
import { farMembers } from "../../../derived/loss.js";
import type { Config, ServerConfig } from "../../../config/schema.js";
import { migrationsAccount } from "../../../platform/names.js";
import { paths } from "../../../platform/paths.js";
import { ports } from "../../../platform/ports.js";

/** Name of the application's database schema. */
const databaseName = "app";

/**
 * Maximum replication lag in seconds of a replica that receives reads. Pages of the application may be outdated by this
 * time.
 */
const maximumReplicaLagSeconds = 5;

/** Returns the content of mysql-group's settings file. files/mysql-group/settings.py describes the fields. */
export const groupSettings = (config: Config, server: ServerConfig, members: readonly ServerConfig[]): string => {
  const far = farMembers(config).map(({ privateIp }) => privateIp);
  const settings = {
    server: server.name,
    address: server.privateIp,
    members: Object.fromEntries(members.map(({ name, privateIp }) => [name, privateIp])),
    rolePort: ports.memberRole,
    socket: paths.mysql.socket,
    subnet: config.network.subnet,
    database: databaseName,
    privileges: config.database.privileges,
    ...(isClaimed(config.application) && { claims: true }),
    maximumReplicaLagSeconds,
    ...(config.backup && { backup: true, group: config.database.groupName }),
    ...(far.length > 0 && { far }),
    passwords: {
      app: paths.mysql.applicationPassword,
      ...(config.application.migrate && { [migrationsAccount]: paths.mysql.migrationsPassword }),
      replication: paths.mysql.replicationPassword,
      ...(config.monitoring.enabled && { datadog: paths.mysql.monitoringPassword }),
    },
  };
  return `${JSON.stringify(settings, null, 2)}\n`;
};
