"""Uploads the binary logs of this member every few seconds. Every member uploads its logs, whatever its role is,
so the members need not elect an uploader. This server stores no progress, because the object names in the
bucket show which data are uploaded. Logs are identified by their first bytes, because MySQL starts again with
binlog.000001 after a clone."""

import json
import mmap
import os
import pathlib
import struct
import time
from typing import NamedTuple

import binlog
import listing
import pymysql
from bucket import Away, Refused
from gtid import describe, parse, subtract, union
from names import Log, Segment, branch_key, is_complete, moment, number, reached, read_drill, segment_key, stamp
from sealing import seal

TICK_SECONDS = 3
HEARTBEAT_SECONDS = 30
# Maximum sizes of a segment in bytes under `tail` and under `log`. If a connection breaks, the whole segment is sent
# again.
TAIL_BYTES, WHOLE_BYTES = 8 << 20, 64 << 20
# Maximum age of a binary log in seconds. MySQL then starts a new log, because the first segments of a log that is never
# closed would expire.
ROTATE_SECONDS = 86400
# Seconds for which this server keeps uploaded binary logs. Without a backup, MySQL keeps its logs for the same time.
KEEP_SECONDS = 3 * 86400
# Maximum share of the data volume that binary logs may use. Above this share, the oldest logs are deleted even if they
# are not uploaded. The site therefore continues to run even if the bucket is unreachable for a long time.
LOGS_SHARE = 0.25
LOOK_SECONDS = 600
# Interval in seconds at which descriptions of branches are uploaded again, because objects expire after at least eight
# days.
DESCRIBE_SECONDS = 3 * 86400

BEHIND_SECONDS = 60
LATE_BASE_HOURS = 2
LATE_DRILL_DAYS = 8

# Causes of problems. Each cause has a health notice and a monitor with the same name; see modules/platform/signals.ts.
BEHIND, REFUSED, BASE, ROOM, DRILL, GAP, KEY = "backup", "backup-refused", "backup-base", "backup-room", "backup-drill", "backup-gap", "backup-key"
CAUSES = (BEHIND, REFUSED, BASE, ROOM, DRILL, GAP, KEY)

STATE = pathlib.Path("/run/mysql-backup/state.json")
PRIMARY = (
    "SELECT 1 FROM performance_schema.replication_group_members"
    " WHERE MEMBER_ID = @@server_uuid AND MEMBER_STATE = 'ONLINE' AND MEMBER_ROLE = 'PRIMARY' AND NOT @@super_read_only"
)
# The heartbeat shows every 30 s that the archive is complete, even if the application writes nothing to the database.
HEARTBEAT = "REPLACE INTO backup.heartbeat (id, at) VALUES (1, UTC_TIMESTAMP(6))"
# mysql-group writes this table; see mysql-group/branch.py. The last row is the current branch.
BRANCHES = "SELECT id, number, timeline, parent, forked, lost, reason, member, begun FROM backup.branch WHERE timeline = %s ORDER BY number"
# With LOCAL, MySQL does not replicate this statement to other members.
ROTATE = "FLUSH LOCAL BINARY LOGS"


def connect(settings, timeout_seconds=10):
    """Connects to MySQL as the OS user that runs this program. MySQL's plugin auth_socket authenticates the
    user."""
    return pymysql.connect(
        unix_socket=settings.socket, user="backup", autocommit=True,
        connect_timeout=2, read_timeout=timeout_seconds, write_timeout=timeout_seconds,
    )


def rows(connection, statement, values=()):
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()


class Shipper:
    def __init__(self, settings, bucket):
        self._settings, self._bucket = settings, bucket
        self._connection = None
        # Segments of this member in the bucket by log, or None while the content of the bucket is unknown.
        self._archived = None
        self._waiting_since = self._beaten_at = self._looked_at = self._rotated_at = 0.0
        self._base = self._first_base = self._drill = self._good_drill = None
        self._branch, self._gap, self._gap_since = None, "", 0.0

    def run(self):
        while True:
            started = time.time()
            problem, refused = None, False
            try:
                self._step()
            except (Refused, pymysql.Error, OSError, ValueError) as error:
                problem, refused = plain(error), isinstance(error, Refused) and not isinstance(error, Away)
                self._waiting_since = self._waiting_since or started
                if self._connection and not isinstance(error, Refused):
                    self._connection.close()
                    self._connection = self._archived = None
            self._tell(problem, refused)
            time.sleep(max(0.5, started + TICK_SECONDS - time.time()))

    def _step(self):
        started = time.time()
        if self._connection is None:
            self._connection = connect(self._settings)
        # The executed GTIDs are read before the position of the current log. Therefore the logs up to this position
        # contain all executed transactions.
        ((log_folder, executed),) = rows(self._connection, "SELECT @@log_bin_basename, @@GLOBAL.gtid_executed")
        folder = os.path.dirname(log_folder)
        current, position, *_ = rows(self._connection, "SHOW BINARY LOG STATUS")[0]
        # Ignores logs that are newer than the current log, because the next step uploads them.
        sizes = {name: size for name, size, *_ in rows(self._connection, "SHOW BINARY LOGS") if number(name) <= number(current)}
        files = [File(name, os.path.join(folder, name), position if name == current else sizes[name], name != current) for name in sorted({**sizes, current: 0}, key=number)]
        try:
            branches = self._branches()
            if self._archived is None:
                self._archived = _compact(listing.segments(self._bucket, self._settings.timeline, self._settings.member))
            files = [file._replace(id=_identity(file)) for file in files]
            self._ship_all(files, started)
            self._look(branches, executed)
        finally:
            # Deletes old logs even if the bucket is unreachable, because the space on the volume is limited.
            self._purge(folder, sizes, {file.name for file in files if self._is_complete(file)})
            # Writes the heartbeat last, because a commit may hang, for example on a full disk. The upload and the
            # deletion of logs must not wait for a hanging commit.
            self._beat()
        self._rotate(files[-1])

    def _beat(self):
        if time.time() - self._beaten_at >= HEARTBEAT_SECONDS and rows(self._connection, PRIMARY):
            rows(self._connection, HEARTBEAT)
            self._beaten_at = time.time()

    def _branches(self):
        """Returns the branches of this group. Starts a new log if the current branch has changed. @raises
        ValueError if there is no branch yet"""
        found = rows(self._connection, BRANCHES, [self._settings.timeline])
        if not found:
            raise ValueError("waiting for the primary to store the branch of this group: check mysql-group status")
        branch = found[-1][0]
        if self._branch not in (None, branch):
            rows(self._connection, ROTATE)
            self._looked_at = 0.0
        self._branch = branch
        return found

    def _rotate(self, current):
        with open(current.path, "rb") as file:
            (begun,) = struct.unpack("<I", file.read(len(binlog.MAGIC) + 4)[len(binlog.MAGIC) :])
        # The second condition prevents that every step starts a new log after a jump of the clock.
        if time.time() - begun >= ROTATE_SECONDS and time.time() - self._rotated_at >= ROTATE_SECONDS:
            rows(self._connection, ROTATE)
            self._rotated_at = time.time()

    def _log(self, file):
        return Log(self._settings.member, self._branch, number(file.name), file.id)

    def _is_complete(self, file):
        """Returns True if the bucket has all segments of a closed log under `log`, in any branch."""
        return any(
            (log.number, log.id) == (number(file.name), file.id) and is_complete([segment for segment in segments if segment.closed])
            for log, segments in (self._archived or {}).items()
        )

    def _ship_all(self, files, started):
        """Uploads missing segments, starting with the oldest. If time is left, uploads closed logs again in a
        few large segments."""
        files = [file for file in files if not self._is_complete(file)]
        if not self._waiting_since and any(self._reached(file) < file.end for file in files):
            self._waiting_since = time.time()
        for file in files:
            tail = [segment for segment in self._segments(file) if not segment.closed]
            self._ship(file, closed=file.closed and not tail)
        self._waiting_since = 0.0
        for file in files:
            if file.closed and not self._is_complete(file):
                self._ship(file, closed=True, until=started + TICK_SECONDS)

    def _segments(self, file):
        return self._archived.setdefault(self._log(file), [])

    def _reached(self, file):
        return reached(self._segments(file))

    def _ship(self, file, closed, until=None):
        segments, most = self._segments(file), WHOLE_BYTES if closed else TAIL_BYTES
        with open(file.path, "rb") as opened, mmap.mmap(opened.fileno(), file.end, access=mmap.ACCESS_READ) as data:
            while True:
                # If `until` is set, the closed log is uploaded again from the beginning, so only segments under `log`
                # count. Otherwise, segments under `log` and under `tail` count.
                start = reached([segment for segment in segments if segment.closed or until is None])
                if start >= file.end:
                    return
                stop, gtids = binlog.cut(data, start, file.end, most, self._settings.timeline)
                content = seal(data[start:stop], self._settings.recipients)
                segment = Segment("", self._log(file), start, stop, tuple(gtids), closed and stop == file.end, closed)
                segment = segment._replace(key=segment_key(self._settings.timeline, segment, content))
                self._bucket.put(segment.key, content)
                segments[:] = _merged([*segments, segment])
                if until and time.time() >= until:
                    return

    def _look(self, branches, executed):
        """Lists base backups, drills and branches in the bucket, and checks that the bucket contains every
        transaction. Does nothing if the last call was less than ten minutes ago."""
        if time.time() - self._looked_at < LOOK_SECONDS:
            return
        timeline, me = self._settings.timeline, self._settings.member
        members = listing.members(self._bucket, timeline)
        backups = [one for member in members for one in listing.manifests(self._bucket, timeline, member)]
        times = [arrived(item) for _, item in backups]
        self._first_base, self._base = min(times, default=None), max(times, default=None)
        drills = sorted(drill for item in self._bucket.list(f"{timeline}/drill/") if (drill := read_drill(timeline, item.key)))
        self._drill = drills[-1] if drills else None
        self._good_drill = max((time for time, good in drills if good), default=None)
        self._describe(branches)
        found = listing.segments(self._bucket, timeline, me)
        # If a segment is missing in the bucket, the next step uploads it, provided that this member still has the log.
        self._archived = _compact(found)
        self._verify(executed, listing.gtids(timeline, found), [backup for backup, _ in backups], [member for member in members if member != me])
        self._looked_at = time.time()

    def _describe(self, branches):
        """Uploads the descriptions of branches, and repeats the uploads before the descriptions expire."""
        timeline, me, now, newest = self._settings.timeline, self._settings.member, self._bucket.now(), {}
        for branch, item in listing.branches(self._bucket, timeline, me):
            newest[branch] = max(newest.get(branch, 0), moment(arrived(item)))
        for row in branches:
            if now - newest.get(row[0], 0) > DESCRIBE_SECONDS:
                described = dict(zip(("id", "number", "timeline", "parent", "forked", "lost", "reason", "member", "begun"), row))
                described["lost"] = json.loads(described["lost"])
                # The current time makes the description unique, so each upload creates a new object with a new expiry.
                described["described"] = stamp(now)
                content = json.dumps(described, indent=2, default=str).encode()
                self._bucket.put(branch_key(timeline, me, row[0], content), content)

    def _verify(self, executed, own, backups, others):
        """Checks that the bucket has all transactions that were executed before this step. Searches first this
        member's logs, then base backups, then other members' logs."""
        timeline = self._settings.timeline
        missing = {timeline: parse(executed.replace("\n", "")).get(timeline, [])}
        missing = subtract(missing, union(own, *({timeline: list(backup.gtids)} for backup in backups)))
        for member in others:
            if missing:
                missing = subtract(missing, listing.gtids(timeline, listing.segments(self._bucket, timeline, member)))
        was, self._gap = self._gap, describe(missing)
        self._gap_since = (was and self._gap_since or time.time()) if self._gap else 0.0

    def _purge(self, folder, sizes, complete):
        ages = {name: time.time() - os.stat(os.path.join(folder, name)).st_mtime for name in sizes}
        volume = os.statvfs(folder)
        keep, lost = purge(sizes, ages, complete, LOGS_SHARE * volume.f_blocks * volume.f_frsize)
        if keep:
            rows(self._connection, "PURGE BINARY LOGS TO %s", [keep])
        for name in lost:
            print(f"{name} was deleted before it was fully uploaded, because logs had filled their share of the volume")

    def _tell(self, problem, refused=False):
        behind = time.time() - self._waiting_since if self._waiting_since else 0
        shipped = {f"{log.number:06}-{log.id}": reached(segments) for log, segments in (self._archived or {}).items()}
        state = {
            "at": time.time(), "behindSeconds": round(behind, 1), "problem": problem, "refused": refused, "base": self._base,
            "firstBase": self._first_base, "drill": self._drill, "goodDrill": self._good_drill, "gap": self._gap, "gapSince": self._gap_since,
            "branch": self._branch, "shipped": shipped,
        }
        write(STATE, state)
        self._show_restorable(time.time() - behind)
        if problem:
            print(problem)

    def _show_restorable(self, newest):
        """Writes two empty files. The modification times of the files are the oldest and the newest time to
        which data can be restored. The monitoring agent reports the ages of the files."""
        for name, at in (("oldest", moment(self._first_base) if self._first_base else None), ("newest", newest if self._base else None)):
            if at is not None:
                file = STATE.with_name(f"restorable-{name}")
                file.touch()
                os.utime(file, (at, at))


class File(NamedTuple):
    """A binary log file on this member."""

    name: str
    path: str
    end: int
    closed: bool
    id: str = ""


def _identity(file):
    with open(file.path, "rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return binlog.identity(data)


def _compact(found):
    return {log: _merged([segment for segment, _ in items]) for log, items in found.items()}


def _merged(segments):
    """Merges adjacent segments and drops their GTIDs. The merge saves memory, because a day has thousands of
    segments."""
    merged = []
    for one in sorted(segments, key=lambda segment: (segment.closed, segment.start)):
        before = merged[-1] if merged else None
        if before and before.closed == one.closed and one.start <= before.end:
            merged[-1] = before._replace(end=max(before.end, one.end), last=before.last or one.last)
        else:
            merged.append(one._replace(gtids=()))
    return merged


def arrived(item):
    """Returns the time at which the bucket received an object. The time is from the bucket's clock and has the
    same format as times in object names."""
    return f"{item.time[:19].replace('-', '').replace(':', '')}Z"


def write(file, content):
    """Writes a file atomically, even if the power fails during the write."""
    draft = file.with_suffix(".new")
    with draft.open("w") as opened:
        json.dump(content, opened)
        opened.flush()
        os.fsync(opened.fileno())
    draft.replace(file)


def purge(sizes, ages, whole, most_bytes):
    """Selects the binary logs to delete. Returns the name of the first log to keep (None to keep all logs), and
    the names of deleted logs that were not uploaded completely. `sizes`: size of each log in bytes. `ages`:
    seconds since the last write of each log. `whole`: names of logs that are completely in the archive."""
    names = sorted(sizes, key=number)
    total, gone = sum(sizes.values()), []
    for name in names[:-1]:
        expired = name in whole and ages[name] > KEEP_SECONDS
        if not expired and total <= most_bytes:
            break
        gone.append(name)
        total -= sizes[name]
    return (names[len(gone)] if gone else None), [name for name in gone if name not in whole]


def plain(error):
    """Returns MySQL's error message without the statement."""
    if isinstance(error, pymysql.Error) and len(error.args) > 1:
        return f"mysqld refused ({error.args[0]}): {error.args[1]}"
    return str(error) or type(error).__name__


def problems(state, now, base_hours):
    """Yields (cause, message) of each problem of the archive that this member detects."""
    if state is None or now - state["at"] > BEHIND_SECONDS + 30:
        yield BEHIND, "mysql-backup does not run: check journalctl -u mysql-backup"
        return
    behind, problem = state["behindSeconds"], state["problem"]
    if state.get("refused"):
        yield REFUSED, f"the bucket rejects requests; the archive is {behind:.0f} s behind: {problem}"
    elif behind > BEHIND_SECONDS:
        yield BEHIND, f"the archive is {behind:.0f} s behind: {problem or 'the upload is slower than the writes'}"
    elif problem:
        yield BEHIND, problem
    base = state["base"]
    hours = (now - moment(base)) / 3600 if base else None
    if base and hours > base_hours + LATE_BASE_HOURS:
        yield BASE, f"the last base backup is {hours:.0f} hours old: check journalctl -u mysql-base on each member"
    if not base and behind == 0 and not problem:
        yield BASE, "there is no base backup yet, so nothing can be restored"
    since = state["goodDrill"] or state["firstBase"]
    if state["drill"] and not state["drill"][1]:
        yield DRILL, f"the drill of {state['drill'][0]} failed, so the archive may not be restorable: npm run ops backups"
    elif since and now - moment(since) > LATE_DRILL_DAYS * 86400:
        yield DRILL, f"no restore drill has succeeded since {since}: run the workflow drill"
    if state["gap"]:
        yield GAP, f"neither a log nor a base backup in the bucket has the transactions {state['gap']}; the next base backup ends the gap"
