"""Creates base backups. A base backup is a complete copy of the data, with which a restore begins. MySQL creates
the copy on a running replica."""

import contextlib
import hashlib
import json
import mmap
import os
import shutil
import time

import binlog
import comparing
import listing
import pymysql
from gtid import parse
from names import backup_name, digest, manifest_key, moment, number, stamp
from sealing import PACK, encrypt, flow, require_ended, seal
from ship import BRANCHES, ROOM, ROTATE, STATE, arrived, connect, plain, rows

FORMAT = 2
# Folder for the copy, in which MySQL may write files. The folder is on the system disk, so that the data volume needs
# no space for a second copy.
CLONE = "/var/lib/mysql-files/base"
PART_BYTES = 64 << 20
LEFT_BYTES = 2 << 30
# A health notice warns if a base backup would use more than this share of the free space.
ROOM_SHARE = 0.8
CLONE_SECONDS = 6 * 3600
# Seconds for which a member may try to create a due base backup. After TURN_SECONDS, the next member tries.
TURN_SECONDS = 900
# Maximum number of attempts to take a consistent snapshot, required seconds without a commit in an attempt, and time
# limit in seconds for counting the rows of a table.
SNAPSHOTS, QUIET_SECONDS, COUNT_SECONDS = 100, 0.05, 600

# Maximum replication lag in seconds of the replica that creates the base backup. A replica with more lag is skipped.
LAG_SECONDS = 60
# The search for the newest commit reads only binary logs that were written within this many seconds.
LOGS_SECONDS = 25 * 3600

MEMBERS = "SELECT MEMBER_HOST, MEMBER_ROLE FROM performance_schema.replication_group_members WHERE MEMBER_STATE = 'ONLINE' ORDER BY MEMBER_HOST"

# Both times in this difference are from the primary's clock, so an incorrect local clock does not change the lag.
LAG = (
    "SELECT COALESCE(TIMESTAMPDIFF(SECOND,"
    " (SELECT MAX(LAST_APPLIED_TRANSACTION_ORIGINAL_COMMIT_TIMESTAMP) FROM performance_schema.replication_applier_status_by_worker"
    " WHERE CHANNEL_NAME = 'group_replication_applier'),"
    " (SELECT LAST_QUEUED_TRANSACTION_ORIGINAL_COMMIT_TIMESTAMP FROM performance_schema.replication_connection_status"
    " WHERE CHANNEL_NAME = 'group_replication_applier')), 0)"
)
HEARTBEAT_AT = "SELECT TIMESTAMPDIFF(MICROSECOND, '1970-01-01', MAX(at)) FROM backup.heartbeat"

def whose_turn(members, made, overdue_seconds):
    """Returns the member that creates the base backup. Replicas take turns, because the replica with the oldest
    last base backup is chosen. The primary is chosen only if there is no replica. The next member is chosen
    after TURN_SECONDS, because a member may be unable to create a base backup. `members`: (address, role) of
    online members. `made`: time of each member's last base backup."""
    able = [address for address, role in members if role != "PRIMARY"] or [address for address, _ in members]
    able.sort(key=lambda address: (made.get(address, 0), address))
    return able[int(overdue_seconds // TURN_SECONDS) % len(able)] if able else None


def overdue_seconds(now, made, base_seconds, gap_since):
    """Returns the seconds since a base backup became due. The result is negative if no base backup is due.
    A base backup is due if the newest base backup is older than `base_seconds`, or if transactions are
    missing in the bucket. A base backup is also due if the newest base backup of all other members is older
    than twice `base_seconds`, because the member with the newest base backup may be compromised. `made`: time
    of each member's last base backup, from the bucket's clock.
    """
    last, second = [*sorted(made.values(), reverse=True), 0, 0][:2]
    due = [now - last - base_seconds]
    if len(made) > 1:
        due.append(now - second - 2 * base_seconds)
    if gap_since and last < gap_since:
        due.append(now - gap_since)
    return max(due)


def make_when_due(settings, bucket, force=False):
    """Creates a base backup if one is due, or if `force` is true. Returns the exit code."""
    connection = connect(settings, CLONE_SECONDS)
    if not force and not _is_due(settings, bucket, connection):
        return 0
    _require_room(settings)
    # Starts a new binary log, so that a restore from the new base backup needs no earlier log.
    rows(connection, ROTATE)
    first_log, *_ = rows(connection, "SHOW BINARY LOG STATUS")[0]
    branch, at_least = _branch(settings, connection), _executed(connection)
    rows(connection, f"CLONE LOCAL DATA DIRECTORY = '{CLONE}'")
    # MySQL does not report the GTIDs of a local clone. The clone contains all transactions that were committed before
    # the clone statement, and none that were committed after the statement.
    at_most = _executed(connection)
    if _branch(settings, connection) != branch:
        raise ValueError("the branch changed during the copy; the next attempt starts in five minutes")
    newest_commit = _newest_commit(connection)
    name = backup_name(stamp(time.time()), number(first_log), parse(at_least).get(settings.timeline, []))
    folder = f"{settings.timeline}/{settings.member}/base/{name}"
    parts = list(_ship(bucket, folder, settings.recipients))
    counted = seal(json.dumps(_counted(connection)).encode(), settings.recipients)
    count = f"{folder}/rows.{digest(counted)}"
    bucket.put(count, counted)
    ((version,),) = rows(connection, "SELECT VERSION()")
    manifest = {
        "format": FORMAT,
        "what": "A data directory of MySQL, by CLONE LOCAL DATA DIRECTORY. Its parts, one after the other: age --decrypt | zstd --decompress | tar --extract",
        "mysql": version,
        "timeline": settings.timeline,
        "branch": branch,
        "member": settings.member,
        # GTID sets before and after the copy. The copy contains all transactions of the first set and no transaction
        # outside the second set.
        "gtids": {"atLeast": at_least, "atMost": at_most},
        # Latest original commit time of all transactions in the copy, in microseconds since 1970, from the primaries'
        # clocks.
        "newestCommit": newest_commit,
        "dataBytes": _bytes(CLONE),
        "recipients": settings.recipients,
        "parts": parts,
        # Name of an object with encrypted row counts and checksums, which were computed slightly after the copy. A restore drill compares
        # them with its data.
        "rows": count,
    }
    content = json.dumps(manifest, indent=2).encode()
    bucket.put(manifest_key(settings.timeline, settings.member, name, content), content)
    print(f"base {folder}: {sum(part['bytes'] for part in parts)} bytes")
    return 0


def _is_due(settings, bucket, connection):
    made, found = {}, []
    for member in listing.members(bucket, settings.timeline):
        for _, item in listing.manifests(bucket, settings.timeline, member):
            found.append(moment(arrived(item)))
            made[member] = max(made.get(member, 0), found[-1])
    gap_since = 0
    with contextlib.suppress(OSError, ValueError):
        gap_since = json.loads(STATE.read_text()).get("gapSince", 0)
    members = [(settings.members.get(address, address), role) for address, role in rows(connection, MEMBERS)]
    # A member without a base backup counts as the creator of the first base backup. Otherwise, a new archive would
    # start with two base backups.
    others = dict.fromkeys((name for name, _ in members), min(found, default=0))
    overdue = overdue_seconds(bucket.now(), {**others, **made}, settings.baseHours * 3600, gap_since)
    if overdue < 0 or whose_turn(members, made, overdue) != settings.member:
        return False
    ((lag,),) = rows(connection, LAG)
    if lag > LAG_SECONDS:
        raise ValueError(f"this member is {lag} s behind; a base backup needs at most {LAG_SECONDS} s")
    return True


def _branch(settings, connection):
    found = rows(connection, BRANCHES, [settings.timeline])
    if not found:
        raise ValueError("the data has no branch yet: check mysql-group status")
    return found[-1][0]


def _newest_commit(connection):
    """Returns the time of the newest commit. The site writes a heartbeat row every 30 s, so the heartbeat is at
    most 30 s older than the newest commit. The binary logs of the last day contain commits after the
    heartbeat and commits with a future time."""
    ((heartbeat,),) = rows(connection, HEARTBEAT_AT)
    ((log_folder,),) = rows(connection, "SELECT @@log_bin_basename")
    newest = int(heartbeat or 0)
    for name, *_ in rows(connection, "SHOW BINARY LOGS"):
        path = os.path.join(os.path.dirname(log_folder), name)
        if time.time() - os.stat(path).st_mtime < LOGS_SECONDS:
            with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                newest = max(newest, binlog.newest_commit(data))
    return newest


def _counted(connection):
    """Returns the row count and checksum of each table in one snapshot. The snapshot's GTIDs are known only if
    no transaction commits at the same time, because MySQL shows a commit shortly before its GTID. Returns
    None if commits are too frequent or if MySQL rejects a statement. In this case, the base backup is still
    valid."""
    try:
        rows(connection, f"SET SESSION max_execution_time = {COUNT_SECONDS * 1000}")
        for _ in range(SNAPSHOTS):
            before = _executed(connection)
            rows(connection, "START TRANSACTION WITH CONSISTENT SNAPSHOT")
            time.sleep(QUIET_SECONDS)
            if _executed(connection) == before:
                statements = comparing.statements(rows(connection, comparing.COLUMNS))
                return {"gtids": before, "rows": {table: rows(connection, statement)[0][0] for table, statement in statements.items()}}
            rows(connection, "ROLLBACK")
        print("rows are not counted: no snapshot without a concurrent transaction")
    except pymysql.Error as problem:
        print(f"rows are not counted: {plain(problem)}")
    return None


def _executed(connection):
    ((executed,),) = rows(connection, "SELECT @@GLOBAL.gtid_executed")
    return executed.replace("\n", "")


def room_problems(settings):
    """Yields (cause, message) if the next base backups may not have enough space."""
    try:
        needed, free = _room(settings)
    except FileNotFoundError:
        # If MySQL is not installed yet, there is no data directory.
        return
    if needed > ROOM_SHARE * free:
        yield ROOM, (
            f"a base backup needs {needed >> 20} MiB on the system disk, and {free >> 20} MiB are free; base backups fail when the data grow above"
            " that: delete files on the system disk, or set a `serverType` with a larger disk and run npm run ops rollout"
        )


def _require_room(settings):
    needed, free = _room(settings)
    if free < needed:
        raise OSError(f"a base backup needs {needed >> 20} MiB at {CLONE}, but {free >> 20} MiB are free")


def _room(settings):
    """Returns the bytes that a base backup needs, and the free bytes. The files of a running base backup count
    as free, because they will be deleted."""
    return _bytes(settings.data) + LEFT_BYTES, shutil.disk_usage(os.path.dirname(CLONE)).free + _bytes(CLONE)


def _bytes(place):
    """Returns the total size of the data files in bytes. Binary logs do not count, because a base backup does
    not contain them."""
    total = 0
    for folder, _, files in os.walk(place):
        for file in files:
            # MySQL may delete temporary files at any time.
            with contextlib.suppress(FileNotFoundError):
                total += 0 if file.startswith(("binlog.", "relay")) else os.lstat(os.path.join(folder, file)).st_size
    return total


def _ship(bucket, folder, recipients):
    processes = flow(["tar", "--create", "--directory", CLONE, "."], PACK, encrypt(recipients))
    number = 0
    while part := processes[-1].stdout.read(PART_BYTES):
        key = f"{folder}/{number:04}.{digest(part)}"
        bucket.put(key, part)
        yield {"key": key, "bytes": len(part), "sha256": hashlib.sha256(part).hexdigest()}
        number += 1
    require_ended(processes)
