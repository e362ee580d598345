import type { PayloadContext } from "../payload/part.js";
import { paths } from "../platform/paths.js";
import { ports } from "../platform/ports.js";
import { databaseMembers, databaseName } from "./members.js";

/** A replica further behind gets no reads, in seconds. The application's pages may be this old. */
const maximumReplicaLagSeconds = 5;

/** Content of the settings file of mysql-group; its fields are explained in files/mysql-group/settings.py. */
export const groupSettings = ({ config, server }: PayloadContext): object => ({
  server: server.name,
  address: server.privateIp,
  members: Object.fromEntries(databaseMembers(config).map(({ name, privateIp }) => [name, privateIp])),
  rolePort: ports.mysqlRole,
  socket: paths.mysql.socket,
  subnet: config.network.subnet,
  database: databaseName,
  maximumReplicaLagSeconds,
  passwords: {
    app: paths.mysql.applicationPassword,
    replication: paths.mysql.replicationPassword,
    ...(config.monitoring.enabled && { datadog: paths.mysql.monitoringPassword }),
  },
});
