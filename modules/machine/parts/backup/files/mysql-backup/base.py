"""A base: a copy of all data at one moment, from which a restore begins. MySQL makes it, on a replica, without stopping anything."""

import hashlib
import json
import math
import os
import shutil
import time

import pymysql
from names import digest, moment, read_base, stamp
from sealing import PACK, encrypt, flow, require_ended, seal
from ship import connect, plain, rows

FORMAT = 1
# Where MySQL may write files; on the system disk, so that the data volume need not have twice the room.
CLONE = "/var/lib/mysql-files/base"
PART_BYTES = 64 << 20
LEFT_BYTES = 2 << 30
CLONE_SECONDS = 6 * 3600
# Each member in turn may try for so long.
TURN_SECONDS = 900
# How often rows are tried to be counted, between which transactions, and for how long each table.
SNAPSHOTS, QUIET_SECONDS, COUNT_SECONDS = 100, 0.05, 600

MEMBERS = "SELECT MEMBER_ID, MEMBER_ROLE FROM performance_schema.replication_group_members WHERE MEMBER_STATE = 'ONLINE' ORDER BY MEMBER_HOST"

TABLES = (
    "SELECT TABLE_SCHEMA, TABLE_NAME FROM information_schema.TABLES WHERE TABLE_TYPE = 'BASE TABLE' AND ENGINE = 'InnoDB'"
    " AND TABLE_SCHEMA NOT IN ('mysql', 'sys')"
)


def whose_turn(members, overdue_seconds):
    """
    The member that makes the base: a replica where there is one. One after the other, so that a member that cannot is not waited for.
    `members`: (server, role) of those that are online.
    """
    able = [server for server, role in members if role != "PRIMARY"] or [server for server, _ in members]
    return able[int(overdue_seconds // TURN_SECONDS) % len(able)] if able else None


def make_when_due(settings, bucket):
    """@returns exit code"""
    connection = connect(settings, CLONE_SECONDS)
    times = [base.time for item in bucket.list(f"{settings.timeline}/base/") if (base := read_base(settings.timeline, item.key))]
    ((server, version, now),) = rows(connection, "SELECT @@server_uuid, VERSION(), UNIX_TIMESTAMP()")
    overdue = now - moment(max(times, default="19700101T000000Z")) - settings.baseHours * 3600
    if overdue < 0 or whose_turn(rows(connection, MEMBERS), overdue) != server:
        return 0
    _require_room(settings)
    rows(connection, f"CLONE LOCAL DATA DIRECTORY = '{CLONE}'")
    ((gtids,),) = rows(connection, "SELECT GTID_EXECUTED FROM performance_schema.clone_status")
    # Rounded up: at that moment, and from then on, nothing that it holds is of later.
    taken = stamp(math.ceil(time.time()))
    folder = f"{settings.timeline}/base/{taken}-{server}"
    parts = list(_ship(bucket, folder, settings.recipients))
    counted = seal(json.dumps(_counted(connection)).encode(), settings.recipients)
    count = f"{folder}/rows.{digest(counted)}"
    bucket.put(count, counted)
    manifest = {
        "format": FORMAT,
        "what": "A data directory of MySQL, by CLONE LOCAL DATA DIRECTORY. Its parts, one after the other: age --decrypt | zstd --decompress | tar --extract",
        "mysql": version,
        "timeline": settings.timeline,
        "server": server,
        "taken": taken,
        "gtids": gtids.replace("\n", ""),
        "recipients": settings.recipients,
        "parts": parts,
        # Sealed too: rows of each table at a set of GTIDs soon after, which a drill compares.
        "rows": count,
    }
    content = json.dumps(manifest, indent=2).encode()
    bucket.put(f"{folder}/manifest.{digest(content)}", content)
    print(f"base {folder}: {sum(part['bytes'] for part in parts)} bytes")
    return 0


def _counted(connection):
    """
    Rows of each table, by one snapshot. Which transactions it has is known when none was committed around it: a commit can be seen a moment
    before its GTID. Where they come too fast for that, nothing is counted, nor where MySQL refuses; the base is good without.
    """
    try:
        rows(connection, f"SET SESSION max_execution_time = {COUNT_SECONDS * 1000}")
        for _ in range(SNAPSHOTS):
            before = _executed(connection)
            rows(connection, "START TRANSACTION WITH CONSISTENT SNAPSHOT")
            time.sleep(QUIET_SECONDS)
            if _executed(connection) == before:
                return {"gtids": before, "rows": {f"{schema}.{table}": rows(connection, f"SELECT COUNT(*) FROM `{schema}`.`{table}`")[0][0] for schema, table in rows(connection, TABLES)}}
            rows(connection, "ROLLBACK")
        print("rows are not counted: transactions come too fast")
    except pymysql.Error as problem:
        print(f"rows are not counted: {plain(problem)}")
    return None


def _executed(connection):
    ((executed,),) = rows(connection, "SELECT @@GLOBAL.gtid_executed")
    return executed.replace("\n", "")


def _require_room(settings):
    needed = sum(os.lstat(os.path.join(folder, file)).st_size for folder, _, files in os.walk(settings.data) for file in files if not file.startswith(("binlog.", "relay")))
    free = shutil.disk_usage(os.path.dirname(CLONE)).free
    if free < needed + LEFT_BYTES:
        raise OSError(f"a base needs {(needed + LEFT_BYTES) >> 20} MiB at {CLONE}, and there are {free >> 20}")


def _ship(bucket, folder, recipients):
    processes = flow(["tar", "--create", "--directory", CLONE, "."], PACK, encrypt(recipients))
    number = 0
    while part := processes[-1].stdout.read(PART_BYTES):
        key = f"{folder}/{number:04}.{digest(part)}"
        bucket.put(key, part)
        yield {"key": key, "bytes": len(part), "sha256": hashlib.sha256(part).hexdigest()}
        number += 1
    require_ended(processes)
