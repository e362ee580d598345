import { isClaimed } from "../../../config/sections/application.js";
import type { Config, ServerConfig } from "../../../config/schema.js";
import { migrationsAccount } from "../../../platform/names.js";
import { paths } from "../../../platform/paths.js";
import { ports } from "../../../platform/ports.js";

/** Schema of the application. */
const databaseName = "app";

/** A replica further behind gets no reads, in seconds. The application's pages may be this old. */
const maximumReplicaLagSeconds = 5;

/** Content of the settings file of mysql-group; its fields are explained in files/mysql-group/settings.py. */
export const groupSettings = (config: Config, server: ServerConfig, members: readonly ServerConfig[]): string => {
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
    passwords: {
      app: paths.mysql.applicationPassword,
      ...(config.application.migrate && { [migrationsAccount]: paths.mysql.migrationsPassword }),
      replication: paths.mysql.replicationPassword,
      ...(config.monitoring.enabled && { datadog: paths.mysql.monitoringPassword }),
    },
  };
  return `${JSON.stringify(settings, null, 2)}\n`;
};
