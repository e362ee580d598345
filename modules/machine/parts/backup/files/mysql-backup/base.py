"""A base: a copy of all data at one moment, from which a restore begins. MySQL makes it, on a replica, without stopping anything."""

import hashlib
import json
import os
import shutil
import time

from names import digest, moment, read_base, stamp
from sealing import PACK, encrypt, flow, require_ended
from ship import connect, rows

FORMAT = 1
# Where MySQL may write files; on the system disk, so that the data volume need not have twice the room.
CLONE = "/var/lib/mysql-files/base"
PART_BYTES = 64 << 20
LEFT_BYTES = 2 << 30
CLONE_SECONDS = 6 * 3600
# Each member in turn may try for so long.
TURN_SECONDS = 900

MEMBERS = "SELECT MEMBER_ID, MEMBER_ROLE FROM performance_schema.replication_group_members WHERE MEMBER_STATE = 'ONLINE' ORDER BY MEMBER_HOST"


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
    taken = stamp(time.time())
    folder = f"{settings.timeline}/base/{taken}-{server}"
    parts = list(_ship(bucket, folder, settings.recipients))
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
    }
    content = json.dumps(manifest, indent=2).encode()
    bucket.put(f"{folder}/manifest.{digest(content)}", content)
    print(f"base {folder}: {sum(part['bytes'] for part in parts)} bytes", flush=True)
    return 0


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
