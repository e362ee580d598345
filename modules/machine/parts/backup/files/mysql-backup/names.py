"""
Creates and reads the names of objects in the archive, format 2. Each name ends in the first 16 hex digits of the SHA-256 of the object's
content, so a damaged or overwritten object does not match its name. Each member has its own prefix, so that its key can be limited to the
prefix.

    TIMELINE/MEMBER/log/BRANCH/000012-LOGID/000000000000-000067108864-1001-1500.HASH          segment of a closed log, up to 64 MiB
    TIMELINE/MEMBER/log/BRANCH/000012-LOGID/000067108864-000080000311-1501-1700-last.HASH     last segment of that log
    TIMELINE/MEMBER/tail/BRANCH/000013-LOGID/000000000000-000000074211-1701-1712.HASH         log of the last seconds
    TIMELINE/MEMBER/base/20261125T021700Z-000013-1-1700/0000.HASH    part of a base backup
    TIMELINE/MEMBER/base/20261125T021700Z-000013-1-1700/rows.HASH    number of rows in each table soon after the base backup
    TIMELINE/MEMBER/manifest/20261125T021700Z-000013-1-1700.HASH     describes a base backup; written after all its parts
    TIMELINE/MEMBER/branch/BRANCH.HASH                               describes a branch: its parent and its start
    TIMELINE/drill/20261125T034300Z-good.HASH                        result of a restore drill: good or bad

The last numbers before the HASH are the group's GTIDs in the object (GTIDs with the group's name): `1001-1500`, `1-50+1000001-1000007`
after a failover, or `0-0` for none. The names therefore show which transactions are in the archive. Members can list the bucket but cannot
read it. When the last segment under `log` is uploaded, the segments under `log` replace the segments under `tail`. LOGID is
binlog.identity.
"""

import calendar
import hashlib
import re
import time
from typing import NamedTuple

DRILL = re.compile(r"(?P<time>\d{8}T\d{6}Z)-(?P<result>good|bad)\.(?P<hash>[0-9a-f]{16})")


def stamp(seconds):
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(seconds))


def moment(stamp):
    """Converts the time in a name to seconds since 1970."""
    return calendar.timegm(time.strptime(stamp, "%Y%m%dT%H%M%SZ"))


def digest(content):
    return hashlib.sha256(content).hexdigest()[:16]


def drill_key(timeline, time, good, content):
    return f"{timeline}/drill/{time}-{'good' if good else 'bad'}.{digest(content)}"


def read_drill(timeline, key):
    """Returns the time of a restore drill, and True if the drill succeeded. Returns None if the key is not the
    key of a drill."""
    found = DRILL.fullmatch(key.removeprefix(f"{timeline}/drill/"))
    return found and (found["time"], found["result"] == "good")


def number(file):
    """Returns the number of a binary log file. Newer files have higher numbers."""
    return int(file.rpartition(".")[2])


ID, NUMBERS = "[0-9a-f]{16}", r"\d+-\d+(\+\d+-\d+)*"
MEMBER = r"(?P<member>[a-z0-9][a-z0-9.-]*)"
SEGMENT = re.compile(
    rf"{MEMBER}/(?P<kind>log|tail)/(?P<branch>{ID})/(?P<number>\d{{6,}})-(?P<id>{ID})"
    rf"/(?P<start>\d{{12,}})-(?P<end>\d{{12,}})-(?P<gtids>{NUMBERS})(?P<last>-last)?\.{ID}"
)
BACKUP = re.compile(rf"{MEMBER}/manifest/(?P<name>(?P<time>\d{{8}}T\d{{6}}Z)-(?P<number>\d{{6,}})-(?P<gtids>{NUMBERS}))\.{ID}")
BRANCH = re.compile(rf"{MEMBER}/branch/(?P<id>{ID})\.{ID}")
# Maximum number of GTID intervals in an object's name. A longer list would not fit, so the intervals with the smallest
# gaps are merged. Each failover creates one gap.
MOST_INTERVALS = 16


class Log(NamedTuple):
    member: str
    branch: str
    # Number of the binary log file, for example 12 for binlog.000012.
    number: int
    # Identity of the binary log; see binlog.identity. A log before a clone and a log after the clone can have the same
    # number.
    id: str


class Segment(NamedTuple):
    key: str
    log: Log
    start: int
    end: int
    # Intervals of the group's GTIDs in the segment: ((first, last), …)
    gtids: tuple
    last: bool
    # True if the segment is under `log`, False if it is under `tail`.
    closed: bool


class Backup(NamedTuple):
    """A complete base backup."""

    # Key of the base backup's manifest.
    key: str
    # Folder with the parts of the base backup.
    folder: str
    member: str
    # Start time of the base backup from the member's clock.
    time: str
    # Number of the member's first binary log after the base backup.
    number: int
    # Intervals of the group's GTIDs in the base backup.
    gtids: tuple


def segment_key(timeline, segment, content):
    """Returns the object key of a segment. Ignores the field `key` of `segment`."""
    log = segment.log
    return (
        f"{timeline}/{log.member}/{'log' if segment.closed else 'tail'}/{log.branch}/{log_name(log)}"
        f"/{segment.start:012}-{segment.end:012}-{_written(segment.gtids)}{'-last' if segment.last else ''}.{digest(content)}"
    )


def log_name(log):
    return f"{log.number:06}-{log.id}"


def read_segment(timeline, key):
    """Returns the segment with this object key, or None if the key is not the key of a segment."""
    found = SEGMENT.fullmatch(key.removeprefix(f"{timeline}/"))
    if not found:
        return None
    log = Log(found["member"], found["branch"], int(found["number"]), found["id"])
    return Segment(key, log, int(found["start"]), int(found["end"]), _read(found["gtids"]), bool(found["last"]), found["kind"] == "log")


def backup_name(time, number, gtids):
    """Returns the name of a base backup, which is also the name of its folder below `base` and of its manifest."""
    return f"{time}-{number:06}-{_written(gtids)}"


def manifest_key(timeline, member, name, content):
    return f"{timeline}/{member}/manifest/{name}.{digest(content)}"


def read_manifest(timeline, key):
    """Returns the base backup with this object key, or None if the key is not the key of a manifest."""
    found = BACKUP.fullmatch(key.removeprefix(f"{timeline}/"))
    if not found:
        return None
    member, name = found["member"], found["name"]
    return Backup(key, f"{timeline}/{member}/base/{name}", member, found["time"], int(found["number"]), _read(found["gtids"]))


def branch_key(timeline, member, branch, content):
    return f"{timeline}/{member}/branch/{branch}.{digest(content)}"


def read_branch(timeline, key):
    """Returns the id of the branch with this object key, or None if the key is not the key of a branch."""
    found = BRANCH.fullmatch(key.removeprefix(f"{timeline}/"))
    return found and found["id"]


def _written(intervals):
    intervals = sorted(intervals)
    while len(intervals) > MOST_INTERVALS:
        at = min(range(1, len(intervals)), key=lambda index: intervals[index][0] - intervals[index - 1][1])
        intervals[at - 1 : at + 1] = [(intervals[at - 1][0], intervals[at][1])]
    return "+".join(f"{first}-{last}" for first, last in intervals) or "0-0"


def _read(text):
    intervals = (tuple(map(int, one.split("-"))) for one in text.split("+"))
    return tuple(one for one in intervals if one != (0, 0))


def reached(segments):
    """Returns how many bytes of a binary log are archived before the first missing segment. Counts segments
    under `log` and under `tail`."""
    end = 0
    for segment in sorted(segments, key=lambda one: one.start):
        if segment.start > end:
            break
        end = max(end, segment.end)
    return end


def is_complete(segments):
    """Returns True if a closed log is completely in the archive."""
    return any(segment.last and segment.end <= reached(segments) for segment in segments)
