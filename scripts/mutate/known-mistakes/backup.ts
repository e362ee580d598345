import type { KnownMistakes } from "../mutation.js";

export const backup: KnownMistakes = {
  "mysql-backup/mysql-backup.service": [
    ["User=mysql-backup", "User=root", "the shipper is root"],
    ["RuntimeDirectory=mysql-backup\n", "", "it can tell nobody"],
    ["SupplementaryGroups=mysql\n", "", "it cannot read the logs"],
  ],
  "mysql-backup/mysql-base.service": [
    ["ExecStopPost=+/usr/bin/rm -rf /var/lib/mysql-files/base\n", "", "a copy of all data stays on the disk"],
    ["-m 0750", "-m 0755", "everybody reads the data"],
  ],
  "mysql-backup/mysql-base.timer": [["OnUnitInactiveSec=300\n", "", "one copy, and never another"]],
  "mysql-backup/install": [
    ["[ ! -e /etc/mysql-backup/restore.json ] ||", "", "a restore nobody asked for"],
    ["--now ", "", "nothing ships before a reboot"],
  ],
  "setup-backup": [['ln -sfn "$RELEASE_SHA256"', 'ln -s "$RELEASE_SHA256"', "a second run makes a link in the folder"]],
};
