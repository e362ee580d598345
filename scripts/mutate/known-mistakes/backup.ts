import type { KnownMistakes } from "../mutation.js";

export const backup: KnownMistakes = {
  "mysql-backup/mysql-backup.service": [
    ["User=mysql-backup", "User=root", "the shipper is root"],
    ["RuntimeDirectory=mysql-backup\n", "", "it can tell nobody"],
    ["SupplementaryGroups=mysql\n", "", "it cannot read the logs"],
  ],
  "mysql-backup/mysql-base.service": [
    [
      "ExecStopPost=+/usr/bin/rm -rf /var/lib/mysql-files/base /run/mysql-base-force\n",
      "",
      "a copy of all data stays on the disk",
    ],
    ["-m 0750", "-m 0755", "everybody reads the data"],
  ],
  "mysql-backup/mysql-base.timer": [["OnUnitInactiveSec=300\n", "", "one copy, and never another"]],
  "mysql-backup/restore.py": [
    [
      "        done.write_text(wanted)\n        os.sync()\n        if made",
      "        if made",
      "its own data are taken for somebody's",
    ],
    ["    shutil.chown(data.parent, USER)\n", "", "MySQL cannot make its socket"],
    ['            "--event-scheduler=OFF",\n', "", "events run during a restore, by today's clock"],
    ["    if free < needed:", "    if free < 0:", "a restore fills the volume"],
  ],
  "mysql-backup/contents.py": [
    [
      "except (Refused, ValueError) as problem:",
      "except Refused as problem:",
      "a restore fails if any single segment cannot be decrypted",
    ],
    ["                        allowed = None\n", "                        pass\n", "a branch ends where it begins"],
  ],
  "mysql-backup/replay.py": [
    ["SLACK = 60_000_000", "SLACK = 60_000_000_000", "a forged transaction counts until a day later"],
    [
      "        if len(best) <= len(others) + len(lacking) and",
      "        if len(best) < len(others) + len(lacking) and",
      "one member against one is believed",
    ],
    [
      "            stream.connected = False\n            return True",
      "            return True",
      "what is missing in a hole is not noticed",
    ],
  ],
  "mysql-backup/ship.py": [
    ["HEARTBEAT_SECONDS = 30", "HEARTBEAT_SECONDS = 300", "a restore of a quiet site is refused"],
    ["TICK_SECONDS = 3\n", "TICK_SECONDS = 30\n", "ten times as much is lost"],
    ["8 << 20, 64 << 20", "8 << 20, 8 << 30", "the kernel ends it for lack of memory"],
    ["ROTATE_SECONDS = 86400", "ROTATE_SECONDS = 86400 * 365", "a quiet site's archive loses its beginning"],
    [
      "self._archived = _compact(found)\n        self._verify",
      "self._verify",
      "what disappears from the bucket is not shipped again",
    ],
    ["KEEP_SECONDS = 3 * 86400", "KEEP_SECONDS = 3 * 3600", "a member that was away for a night must clone"],
    ["LOOK_SECONDS = 600", "LOOK_SECONDS = 60000", "a base that is made is alerted as missing"],
    ["        os.fsync(opened.fileno())\n", "", "what was lost is forgotten in a power cut"],
    ["        opened.flush()\n", "", "the same"],
    [" AND NOT @@super_read_only", "", "a primary that may not write fails at each step"],
    ["closed and stop == file.end", "closed", "pieces within a log are called its last"],
  ],
  "mysql-backup/base.py": [
    ["COUNT_SECONDS = 100, 0.05, 600", "COUNT_SECONDS = 100, 0, 600", "rows are counted at other transactions"],
    [" WHERE MEMBER_STATE = 'ONLINE' ORDER BY", " ORDER BY", "the turn of a member that is away"],
    [" ORDER BY MEMBER_HOST", "", "two copies at once, or none"],
    ["TURN_SECONDS = 900", "TURN_SECONDS = 9", "two copies at once"],
    ["PART_BYTES = 64 << 20", "PART_BYTES = 64 << 30", "ended for want of memory"],
  ],
  "mysql-backup/bucket.py": [
    ["credentials.strip().partition", "credentials.partition", "the bucket refuses everything"],
    [
      "except (OSError, http.client.HTTPException) as",
      "except OSError as",
      "an answer that breaks off ends the program",
    ],
  ],
  "mysql-backup/comparing.py": [
    [" AND t.TABLE_SCHEMA NOT IN ('mysql', 'sys')", "", "a drill compares rows that MySQL itself changes"],
  ],
  "mysql-backup/install": [
    ["[ ! -e /etc/mysql-backup/restore.json ] ||", "", "a restore nobody asked for"],
    ["--now ", "", "nothing ships before a reboot"],
  ],
  "setup-backup": [['ln -sfn "$RELEASE_SHA256"', 'ln -s "$RELEASE_SHA256"', "a second run makes a link in the folder"]],
};
