"""Stores the branches of the group's history in the table backup.branch. The newest row of the group is the
current branch. Two groups that start from the same data use the same GTIDs for different transactions.
Therefore the archive stores the logs of each branch separately."""

import json
import os

from gtid import branch_source, parse, union

TABLE = (
    "CREATE TABLE IF NOT EXISTS backup.branch (number INT PRIMARY KEY, id CHAR(16) CHARACTER SET ascii NOT NULL,"
    " timeline CHAR(36) CHARACTER SET ascii NOT NULL, parent CHAR(16) CHARACTER SET ascii, forked LONGTEXT NOT NULL, lost TEXT NOT NULL,"
    " reason TEXT NOT NULL, member VARCHAR(100) NOT NULL, begun DATETIME(6) NOT NULL)"
)
EXISTS = "SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'backup' AND TABLE_NAME = 'branch'"
NEWEST = "SELECT number, id, timeline, forked, lost FROM backup.branch ORDER BY number DESC LIMIT 1"
INSERT = (
    "INSERT INTO backup.branch (number, id, timeline, parent, forked, lost, reason, member, begun)"
    " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, UTC_TIMESTAMP(6))"
)


def ensure(cursor, settings):
    """Adds the first branch of this group if the table contains none. After a restore, the table contains only
    branches of the original group."""
    if not cursor.execute(EXISTS):
        cursor.execute(TABLE)
    newest = _newest(cursor)
    if newest is None or newest[2] != settings.group:
        _begin(cursor, settings, newest, _executed(cursor), [], "first start" if newest is None else f"restored data of {newest[2]}")


def fork(cursor, settings, lost):
    """Adds a branch and starts a new binary log. mysql-group calls this function before it starts a group
    without the members in `lost`. Does nothing if the environment has no archive or if an earlier attempt has
    already added the branch."""
    if not settings.backup or not cursor.execute(EXISTS):
        return
    newest, executed, lost = _newest(cursor), _executed(cursor), list(lost)
    if newest is None or newest[4] == json.dumps(lost) and parse(executed) == union(parse(newest[3]), {branch_source(newest[1]): [(1, 1)]}):
        return
    cursor.execute("FLUSH NO_WRITE_TO_BINLOG BINARY LOGS")
    branch = os.urandom(8).hex()
    cursor.execute("SET GLOBAL super_read_only = OFF")
    try:
        cursor.execute("SET SESSION gtid_next = %s", [f"{branch_source(branch)}:1"])
        _begin(cursor, settings, newest, executed, lost, "mysql-group force-bootstrap", branch)
        cursor.execute("SET SESSION gtid_next = AUTOMATIC")
    finally:
        cursor.execute("SET GLOBAL super_read_only = ON")


def _begin(cursor, settings, newest, executed, lost, reason, branch=None):
    number, parent = (newest[0] + 1, newest[1]) if newest else (1, None)
    cursor.execute(INSERT, [number, branch or os.urandom(8).hex(), settings.group, parent, executed, json.dumps(lost), reason, settings.server])


def _newest(cursor):
    return cursor.fetchone() if cursor.execute(NEWEST) else None


def _executed(cursor):
    cursor.execute("SELECT @@GLOBAL.gtid_executed")
    return cursor.fetchone()[0].replace("\n", "")
