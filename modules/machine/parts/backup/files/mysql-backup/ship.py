"""
Ships what this member has logged, every few seconds, whatever its role: so no election is needed, and what one member has shipped nobody
else has to. What has been shipped is read from the names in the bucket; nothing has to be remembered here.
"""

import json
import mmap
import os
import pathlib
import time

import binlog
import pymysql
from bucket import Away, Refused
from names import moment, number, piece_key, read_base, read_drill, read_piece, shipped
from sealing import seal

TICK_SECONDS = 3
HEARTBEAT_SECONDS = 30
# A larger piece would be asked for again as a whole when the line breaks.
PIECE_BYTES = 8 << 20
# As MySQL would, without a backup.
KEEP_SECONDS = 3 * 86400
# Logs may fill this part of the data volume. Then the oldest go, shipped or not: the site does not stop because the bucket is away.
LOGS_SHARE = 0.25
LOOK_SECONDS = 600

BEHIND_SECONDS = 60
LATE_BASE_HOURS = 2
LATE_DRILL_DAYS = 8

# What may be wrong, each with a notice of this name, by which it has a monitor of its own; see modules/platform/signals.ts.
BEHIND, REFUSED, BASE, DRILL, GAP, KEY = "backup", "backup-refused", "backup-base", "backup-drill", "backup-gap", "backup-key"
CAUSES = (BEHIND, REFUSED, BASE, DRILL, GAP, KEY)

STATE = pathlib.Path("/run/mysql-backup/state.json")
# What went without having been shipped. The archive cannot tell, so it outlives a restart.
LOST = pathlib.Path("/var/lib/mysql-backup/lost.json")
PRIMARY = (
    "SELECT 1 FROM performance_schema.replication_group_members"
    " WHERE MEMBER_ID = @@server_uuid AND MEMBER_STATE = 'ONLINE' AND MEMBER_ROLE = 'PRIMARY' AND NOT @@super_read_only"
)
# With it every half minute of the archive is known to be whole, also when nobody writes.
HEARTBEAT = "REPLACE INTO backup.heartbeat (id, at) VALUES (1, UTC_TIMESTAMP(6))"


def connect(settings, timeout_seconds=10):
    """As the user that this runs as, which auth_socket lets in."""
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
        self._server = None
        # File -> how far it is in the archive.
        self._ends = {}
        self._waiting_since = self._beaten_at = self._looked_at = 0.0
        self._base = self._first_base = self._drill = self._good_drill = None
        lost = json.loads(LOST.read_text()) if LOST.exists() else {"files": [], "at": 0.0}
        self._lost, self._lost_at = lost["files"], lost["at"]

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
                    self._connection = None
            self._tell(problem, refused)
            time.sleep(max(0.5, started + TICK_SECONDS - time.time()))

    def _step(self):
        if self._connection is None:
            self._connection = connect(self._settings)
        ((server, log_folder),) = rows(self._connection, "SELECT @@server_uuid, @@log_bin_basename")
        current, position, *_ = rows(self._connection, "SHOW BINARY LOG STATUS")[0]
        # A log that was begun since then waits for the next look.
        sizes = {name: size for name, size, *_ in rows(self._connection, "SHOW BINARY LOGS") if number(name) <= number(current)}
        ends = {**sizes, current: position}
        try:
            if self._server != server:
                self._ends = self._in_archive(server, min(sizes, key=number))
                self._server = server
            waiting = [name for name in sorted(ends, key=number) if self._ends.get(name, 0) < ends[name]]
            if waiting and not self._waiting_since:
                self._waiting_since = time.time()
            for name in waiting:
                self._ship(os.path.join(os.path.dirname(log_folder), name), ends[name], closed=name != current)
            self._waiting_since = 0.0
            self._look()
        finally:
            # Also while nobody knows what is in the bucket, because it is away: the volume has a bound.
            self._purge(os.path.dirname(log_folder), sizes, ends)
            # Last: where commits hang, as for want of room, what was written before them is shipped and goes all the same.
            self._beat()

    def _beat(self):
        if time.time() - self._beaten_at >= HEARTBEAT_SECONDS and rows(self._connection, PRIMARY):
            rows(self._connection, HEARTBEAT)
            self._beaten_at = time.time()

    def _in_archive(self, server, oldest):
        timeline = self._settings.timeline
        found = [read_piece(timeline, item.key) for item in self._bucket.list(f"{timeline}/log/{server}/", f"{timeline}/log/{server}/{oldest}")]
        pieces = [piece for piece in found if piece]
        return {file: shipped(pieces, server, file) for file in {piece.file for piece in pieces}}

    def _ship(self, path, end, closed):
        name = os.path.basename(path)
        with open(path, "rb") as file, mmap.mmap(file.fileno(), end, access=mmap.ACCESS_READ) as data:
            while (start := self._ends.get(name, 0)) < end:
                stop = binlog.cut(data, start, end, PIECE_BYTES)
                content = seal(data[start:stop], self._settings.recipients)
                self._bucket.put(piece_key(self._settings.timeline, self._server, name, start, stop, closed and stop == end, content), content)
                self._ends[name] = stop

    def _look(self):
        """When the last base was made, by whichever member, and how the last drill ended; both by names."""
        if time.time() - self._looked_at < LOOK_SECONDS:
            return
        timeline = self._settings.timeline
        bases = [read_base(timeline, item.key) for item in self._bucket.list(f"{timeline}/base/")]
        times = [base.time for base in bases if base]
        self._first_base, self._base = min(times, default=None), max(times, default=None)
        drills = sorted((drill.time, drill.good) for item in self._bucket.list(f"{timeline}/drill/") if (drill := read_drill(timeline, item.key)))
        self._drill = drills[-1] if drills else None
        self._good_drill = max((time for time, good in drills if good), default=None)
        # A base needs nothing from before it.
        if self._base and moment(self._base) > self._lost_at:
            self._lost = []
            LOST.unlink(missing_ok=True)
        self._looked_at = time.time()

    def _purge(self, folder, sizes, ends):
        whole = {name for name in sizes if self._ends.get(name, 0) >= ends[name]}
        ages = {name: time.time() - os.stat(os.path.join(folder, name)).st_mtime for name in sizes}
        volume = os.statvfs(folder)
        keep, lost = purge(sizes, ages, whole, LOGS_SHARE * volume.f_blocks * volume.f_frsize)
        if keep:
            rows(self._connection, "PURGE BINARY LOGS TO %s", [keep])
        for name in lost:
            print(f"{name} was not shipped and is gone: logs had filled their part of the volume")
        if lost:
            self._lost, self._lost_at = [*self._lost, *lost], time.time()
            write(LOST, {"files": self._lost, "at": self._lost_at})

    def _tell(self, problem, refused=False):
        behind = time.time() - self._waiting_since if self._waiting_since else 0
        state = {
            "at": time.time(), "behindSeconds": round(behind, 1), "problem": problem, "refused": refused, "base": self._base,
            "firstBase": self._first_base, "drill": self._drill, "goodDrill": self._good_drill, "lost": self._lost, "shipped": self._ends,
        }
        write(STATE, state)
        if problem:
            print(problem)


def write(file, content):
    """All of it or nothing, also after a power cut: who reads it meanwhile finds what was there before."""
    draft = file.with_suffix(".new")
    with draft.open("w") as opened:
        json.dump(content, opened)
        opened.flush()
        os.fsync(opened.fileno())
    draft.replace(file)


def purge(sizes, ages, whole, most_bytes):
    """
    What may go. @returns the first log that stays, None where all do; and those that go though they were not shipped
    `sizes`, `ages`: bytes, and seconds since the last write, by name. `whole`: names of logs that are in the archive as a whole.
    """
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
    """The server's words without the statement."""
    if isinstance(error, pymysql.Error) and len(error.args) > 1:
        return f"mysqld refused ({error.args[0]}): {error.args[1]}"
    return str(error) or type(error).__name__


def problems(state, now, base_hours):
    """What is wrong with the archive, as this member sees it: cause and words."""
    if state is None or now - state["at"] > BEHIND_SECONDS + 30:
        yield BEHIND, "mysql-backup does not run: journalctl -u mysql-backup"
        return
    behind, problem = state["behindSeconds"], state["problem"]
    if state.get("refused"):
        yield REFUSED, f"the bucket refuses what it is asked, {behind:.0f} s are not in the archive: {problem}"
    elif behind > BEHIND_SECONDS:
        yield BEHIND, f"the archive is {behind:.0f} s behind: {problem or 'there is more to ship than the line takes'}"
    elif problem:
        yield BEHIND, problem
    base = state["base"]
    hours = (now - moment(base)) / 3600 if base else None
    if base and hours > base_hours + LATE_BASE_HOURS:
        yield BASE, f"the last base is {hours:.0f} hours old: journalctl -u mysql-base, on each member"
    if not base and behind == 0 and not problem:
        yield BASE, "there is no base yet: without one nothing can be restored"
    since = state["goodDrill"] or state["firstBase"]
    if state["drill"] and not state["drill"][1]:
        yield DRILL, f"the drill of {state['drill'][0]} failed, so the archive may not be restorable: npm run ops backups"
    elif since and now - moment(since) > LATE_DRILL_DAYS * 86400:
        yield DRILL, f"no restore has been tried with success since {since}: the workflow drill"
    if state["lost"]:
        yield GAP, f"never shipped, and gone: {', '.join(state['lost'])}; the archive may have a gap until the next base"
