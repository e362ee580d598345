"""
Reads MySQL's binary logs as far as a backup must: where transactions begin and end, which they are, and when they were committed.

Format: dev.mysql.com/doc/dev/mysql-server, "Binary log event structure", and libs/mysql/binlog/event/control_events.h. A file is the four
bytes MAGIC and events; an event is a header of 19 bytes, a body, and a checksum of 4 bytes.
"""

import struct
import uuid
from typing import NamedTuple

MAGIC = b"\xfebin"
HEADER = struct.Struct("<IBIIIH")  # time, type, server, size, position of the next one, flags
STOP, ROTATE, GTID, PREVIOUS_GTIDS, TAGGED_GTID = 3, 4, 33, 35, 42
# Flags, source, number, two counters; then the times of the commit here and, if it was elsewhere, there: microseconds in 7 bytes each.
GTID_BODY = struct.Struct("<B16sqBqq")
COMMITTED_ELSEWHERE = 1 << 55


class Transaction(NamedTuple):
    source: str
    number: int
    # Microseconds since 1970, by the clock of the primary that committed it.
    committed: int
    start: int
    end: int


def events(data, start=0):
    """(type, start, end) of each whole event; ends where the rest is no event."""
    at = start or len(MAGIC)
    while at + HEADER.size <= len(data):
        _, kind, _, size, _, _ = HEADER.unpack_from(data, at)
        if size < HEADER.size or at + size > len(data):
            return
        yield kind, at, at + size
        at += size


def transactions(data):
    """
    The transactions of a file, or of MAGIC and a part of one that begins with a transaction.
    @raises ValueError for one with a tagged GTID, which only a privilege that no account of ours has can make
    """
    found, last = None, 0
    for kind, begin, end in events(data):
        if kind == TAGGED_GTID:
            raise ValueError(f"tagged GTID at {begin}")
        if found and kind in (GTID, ROTATE, STOP):
            yield Transaction(*found, last)
            found = None
        if kind == GTID:
            found = (*_gtid(data, begin + HEADER.size), begin)
        last = end
    if found:
        yield Transaction(*found, last)


def previous(data):
    """GTIDs of all files before this one; {} for a file that has none before it. @raises ValueError when the file does not say"""
    for kind, begin, end in events(data):
        if kind == PREVIOUS_GTIDS:
            return _set(data[begin + HEADER.size : end - 4])
    raise ValueError("no list of earlier transactions")


def cut(data, start, end, most):
    """Where a piece from `start` may end: at the end of a transaction, at most `most` bytes on unless one transaction is larger."""
    last = start
    for kind, begin, _ in events(data, start):
        if begin >= end:
            break
        if kind == GTID:
            if last > start and begin - start > most:
                return last
            last = begin
    return last if last > start and end - start > most else end


def _gtid(data, at):
    _, source, number, *_ = GTID_BODY.unpack_from(data, at)
    times = at + GTID_BODY.size
    here = int.from_bytes(data[times : times + 7], "little")
    there = int.from_bytes(data[times + 7 : times + 14], "little") if here & COMMITTED_ELSEWHERE else here
    return str(uuid.UUID(bytes=bytes(source))), number, there


def _set(body):
    if body[7]:
        raise ValueError("tagged GTIDs")
    (sources,) = struct.unpack_from("<Q", body)
    found, at = {}, 8
    for _ in range(sources):
        source = str(uuid.UUID(bytes=bytes(body[at : at + 16])))
        (intervals,) = struct.unpack_from("<Q", body, at + 16)
        ends = struct.unpack_from(f"<{2 * intervals}Q", body, at + 24)
        # The end of an interval is the first number that is not in it.
        found[source] = [(first, end - 1) for first, end in zip(ends[::2], ends[1::2])]
        at += 24 + 16 * intervals
    return found
