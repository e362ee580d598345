import { rule, unless } from "./rule.js";

const backedUpInProduction = rule(
  ["environment", "backup", "acceptNoBackup"],
  ({ environment, backup, acceptNoBackup }) =>
    unless(environment !== "production" || backup !== undefined || acceptNoBackup, () => ({
      path: "backup",
      rule: "must be set in production, because replication does not protect against a wrong DELETE or the loss of the project",
      got: backup,
      fix: "set backup: { … } (see docs/backup.md), or acceptNoBackup: true",
    })),
);

const restoreFromSomewhere = rule(["backup", "restore"], ({ backup, restore }) =>
  unless(restore === undefined || backup !== undefined, () => ({
    path: "restore",
    rule: "must be combined with backup, which contains the address of the archive",
    got: restore,
    fix: "set backup: { … }",
  })),
);

/**
 * Checks that a restored replication group has a new group name. With the old name, new transactions would have GTIDs
 * that the archive already contains.
 */
const newTimeline = rule(["restore", "database"], ({ restore, database: { groupName } }) =>
  unless(restore?.timeline !== groupName, () => ({
    path: "database.groupName",
    rule: "must be a new UUID for a restored database",
    got: groupName,
    fix: "create a UUID with `uuidgen`, and keep the old UUID in restore.timeline",
  })),
);

const basesWithinRetention = rule(["backup"], ({ backup }) =>
  unless(backup === undefined || backup.baseHours <= backup.retentionDays * 24, () => ({
    path: "backup.baseHours",
    rule: "must not exceed backup.retentionDays, because earlier points in time could not be restored",
    got: backup?.baseHours,
    fix: `write at most ${(backup?.retentionDays ?? 0) * 24}, or raise backup.retentionDays`,
  })),
);

/**
 * Checks that the GTID at which a restore ends belongs to the restored group. The archive contains no other
 * transactions, so the restore would fail on the server.
 */
const stopsInTimeline = rule(["restore"], ({ restore }) => {
  const group = /^before (.*):/.exec(restore?.at ?? "")?.[1];
  return unless(group === undefined || group === restore?.timeline, () => ({
    path: "restore.at",
    rule: `must be a transaction of restore.timeline (${restore?.timeline})`,
    got: restore?.at,
    fix: "copy the GTID from the binary log, or set restore.timeline to the group that wrote the transaction",
  }));
});

/** Checks that no server has the name `drill`, because the archive stores the results of restore drills in the folder `drill`. */
const noServerNamedDrill = rule(["backup", "servers"], ({ backup, servers }) =>
  unless(backup === undefined || !("drill" in servers), () => ({
    path: "servers.drill",
    rule: "must have another name if backup is set, because the archive stores the results of restore drills under this name",
    got: "drill",
    fix: "choose another name for the server",
  })),
);

export const backupRules = [
  noServerNamedDrill,
  basesWithinRetention,
  backedUpInProduction,
  restoreFromSomewhere,
  newTimeline,
  stopsInTimeline,
];
