import { serversWithRole, type Config } from "../../../config/schema.js";
import { packages } from "../../../platform/packages.js";
import { paths } from "../../../platform/paths.js";
import { ports } from "../../../platform/ports.js";
import type { PayloadFile, PayloadPart } from "../../part/part.js";
import { readStatic } from "../../part/templates.js";

const file = (name: string): URL => new URL(`./files/${name}`, import.meta.url);

const json = (path: string, settings: object): PayloadFile => ({
  path,
  content: `${JSON.stringify(settings, null, 2)}\n`,
});

/**
 * Returns the part with the program mysql-backup. Every member uploads its binary logs. Members take turns to create
 * base backups. If a restore is configured, the first member restores the data. The code and the units of mysql-backup
 * (files/mysql-backup) are in the release, not in the payload.
 */
export function backupPart(config: Config, backup: NonNullable<Config["backup"]>): PayloadPart {
  const { restore, database } = config;
  const { endpoint, region, bucket, recipients, baseHours } = backup;
  const [first, ...others] = serversWithRole(config, "database");
  return {
    name: "backup",
    packages: packages.backup,
    ownFiles: ({ name }) => [
      json(paths.backup.settings, {
        timeline: database.groupName,
        member: name,
        members: Object.fromEntries(
          serversWithRole(config, "database").map((member) => [member.privateIp, member.name]),
        ),
        ...{ endpoint, region, bucket, recipients, baseHours },
        socket: paths.mysql.socket,
        data: paths.mysql.dataDirectory,
      }),
      ...(restore ? [json(paths.backup.restore, { ...restore, startJobs: undefined })] : []),
      ...(restore && name === first?.name
        ? [
            json(paths.backup.restoring, {
              others: others.map(({ privateIp }) => privateIp),
              rolePort: ports.memberRole,
            }),
          ]
        : []),
    ],
    setup: readStatic(file("setup-backup")),
    check: readStatic(file("check-backup")),
  };
}
