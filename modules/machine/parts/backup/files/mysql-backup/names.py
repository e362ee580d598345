"""
Names of the objects in the archive. A name ends in the beginning of the SHA-256 of what the object holds, so that anybody can tell an object
that was damaged, or written over, from the one that was shipped.

    TIMELINE/log/SERVER/binlog.000012/000000000157-000000074211.HASH         bytes of a binary log, `zstd | age`
    TIMELINE/log/SERVER/binlog.000012/000000074211-000000080003-last.HASH    the last ones of that file
    TIMELINE/base/20261125T021700Z-SERVER/0000.HASH                          part of a copy of the data, `tar | zstd | age`, cut
    TIMELINE/base/20261125T021700Z-SERVER/rows.HASH                          how many rows its tables had soon after, `age`
    TIMELINE/base/20261125T021700Z-SERVER/manifest.HASH                      what that copy is; written last
    TIMELINE/drill/20261125T034300Z-good.HASH                                result of a drill, good or bad; members read it from the name
"""

import calendar
import hashlib
import re
import time
from typing import NamedTuple

PIECE = re.compile(r"(?P<server>[0-9a-f-]{36})/(?P<file>binlog\.\d+)/(?P<start>\d{12,})-(?P<end>\d{12,})(?P<last>-last)?\.(?P<hash>[0-9a-f]{16})")
MANIFEST = re.compile(r"(?P<name>(?P<time>\d{8}T\d{6}Z)-(?P<server>[0-9a-f-]{36}))/manifest\.(?P<hash>[0-9a-f]{16})")

DRILL = re.compile(r"(?P<time>\d{8}T\d{6}Z)-(?P<result>good|bad)\.(?P<hash>[0-9a-f]{16})")


class Piece(NamedTuple):
    key: str
    server: str
    file: str
    start: int
    end: int
    last: bool


class Base(NamedTuple):
    key: str
    folder: str
    time: str


class Drill(NamedTuple):
    key: str
    time: str
    good: bool


def stamp(seconds):
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(seconds))


def moment(stamp):
    """Seconds since 1970."""
    return calendar.timegm(time.strptime(stamp, "%Y%m%dT%H%M%SZ"))


def digest(content):
    return hashlib.sha256(content).hexdigest()[:16]


def piece_key(timeline, server, file, start, end, last, content):
    return f"{timeline}/log/{server}/{file}/{start:012}-{end:012}{'-last' if last else ''}.{digest(content)}"


def read_piece(timeline, key):
    """The piece that a key names; None for the key of anything else."""
    found = PIECE.fullmatch(key.removeprefix(f"{timeline}/log/"))
    return found and Piece(key, found["server"], found["file"], int(found["start"]), int(found["end"]), bool(found["last"]))


def read_base(timeline, key):
    found = MANIFEST.fullmatch(key.removeprefix(f"{timeline}/base/"))
    return found and Base(key, f"{timeline}/base/{found['name']}", found["time"])


def drill_key(timeline, time, good, content):
    return f"{timeline}/drill/{time}-{'good' if good else 'bad'}.{digest(content)}"


def read_drill(timeline, key):
    found = DRILL.fullmatch(key.removeprefix(f"{timeline}/drill/"))
    return found and Drill(key, found["time"], found["result"] == "good")


def number(file):
    """Files of one server in the order in which they were written."""
    return int(file.rpartition(".")[2])


def shipped(pieces, server, file):
    """How far a file is in the archive without a hole."""
    end = 0
    for piece in sorted((p for p in pieces if (p.server, p.file) == (server, file)), key=lambda p: p.start):
        if piece.start <= end:
            end = max(end, piece.end)
    return end
