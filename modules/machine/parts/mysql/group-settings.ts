import { isClaimed } from "../../../config/sections/application.js";
import { farMembers } from "../../../derived/loss.js";
import type { Config, ServerConfig } from "../../../config/schema.js";
import { migrationsAccount } from "../../../platform/names.js";
import { paths } from "../../../platform/paths.js";
import { ports } from "../../../platform/ports.js";

/** Schema of the application. */
const databaseName = "app";

/** Maximum lag in seconds of a replica that gets reads. The application's pages may be this old. */
const maximumReplicaLagSeconds = 5;

/** Content of mysql-group's settings file; files/mysql-group/settings.py explains the fields. */
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
