import { rule, unless } from "./rule.js";

const backedUpInProduction = rule(
  ["environment", "backup", "acceptNoBackup"],
  ({ environment, backup, acceptNoBackup }) =>
    unless(environment !== "production" || backup !== undefined || acceptNoBackup, () => ({
      path: "backup",
      rule: "must name a bucket in production: three members keep no data through a wrong DELETE, or the loss of the project",
      got: backup,
      fix: "set backup: { … }, see docs/backup.md, or say acceptNoBackup: true",
    })),
);

const restoreFromSomewhere = rule(["backup", "restore"], ({ backup, restore }) =>
  unless(restore === undefined || backup !== undefined, () => ({
    path: "restore",
    rule: "must come with backup, which says where the archive is",
    got: restore,
    fix: "set backup: { … }",
  })),
);

/** Transactions of a restored group would have the names of others that are in the archive already. */
const newTimeline = rule(["restore", "database"], ({ restore, database: { groupName } }) =>
  unless(restore?.timeline !== groupName, () => ({
    path: "database.groupName",
    rule: "must be a new one for what begins with restored data",
    got: groupName,
    fix: "make one with `uuidgen`; restore.timeline keeps the old one",
  })),
);

const basesWithinRetention = rule(["backup"], ({ backup }) =>
  unless(backup === undefined || backup.baseHours <= backup.retentionDays * 24, () => ({
    path: "backup.baseHours",
    rule: "must be shorter than backup.retentionDays, or moments within it cannot be restored",
    got: backup?.baseHours,
    fix: `write at most ${(backup?.retentionDays ?? 0) * 24}, or raise backup.retentionDays`,
  })),
);

/** The archive of a group holds its own transactions; a restore would look for another one until the end, and fail on the server. */
const stopsInTimeline = rule(["restore"], ({ restore }) => {
  const group = /^before (.*):/.exec(restore?.at ?? "")?.[1];
  return unless(group === undefined || group === restore?.timeline, () => ({
    path: "restore.at",
    rule: `must name a transaction of restore.timeline (${restore?.timeline})`,
    got: restore?.at,
    fix: "take the transaction's name as the binary log shows it, or the group that it was written in as restore.timeline",
  }));
});

/** The archive has a directory for each server, and one named `drill` for the results of drills. */
const noServerNamedDrill = rule(["backup", "servers"], ({ backup, servers }) =>
  unless(backup === undefined || !("drill" in servers), () => ({
    path: "servers.drill",
    rule: "must have another name with backup: the archive keeps the results of drills below that name",
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
