"""
Reads the bounds, GTIDs and commit times of transactions from MySQL's binary logs.

Format: dev.mysql.com/doc/dev/mysql-server, "Binary log event structure", and libs/mysql/binlog/event/control_events.h. A file consists of
the four bytes MAGIC and events. An event is a header of 19 bytes, a body, and a checksum of 4 bytes.
"""

import hashlib
import struct
import uuid
from typing import NamedTuple

MAGIC = b"\xfebin"
HEADER = struct.Struct("<IBIIIH")  # event time, event type, server id, size, position of the next event, flags
QUERY, STOP, ROTATE, FORMAT, XID, TABLE_MAP, ROWS_QUERY, GTID, PREVIOUS_GTIDS, TAGGED_GTID = 2, 3, 4, 15, 16, 19, 29, 33, 35, 42
ROWS = (30, 31, 32, 39)
CHECKSUM_BYTES = 4
# Fields of a query event: thread id, execution time, length of the database's name, error code, length of the status
# variables.
QUERY_BODY = struct.Struct("<IIBHH")
TABLE_ID_BYTES, TABLE_FLAGS_BYTES = 6, 2
# Offset of the flags of the first event in a log. The flags are the last two bytes of the event's header. The in-use
# flag is set while MySQL writes the log.
FLAGS_AT = len(MAGIC) + HEADER.size - 2
# Fields of a GTID event: flags, source UUID, transaction number, two counters. The commit time on this server follows.
# If the transaction was committed on another server, the original commit time follows as well. Each time has 7 bytes
# and is in microseconds.
GTID_BODY = struct.Struct("<B16sqBqq")
COMMITTED_ELSEWHERE = 1 << 55
GTIDS = (GTID, TAGGED_GTID)
ORIGINAL_COMMIT_FIELD = 7


class Transaction(NamedTuple):
    source: str
    number: int
    # Commit time in microseconds since 1970, from the clock of the primary that committed the transaction.
    committed: int
    start: int
    end: int
    # Digest of the transaction's changes. The digest is equal in the logs of all members.
    digest: str


def events(data, start=0):
    """Yields (type, start, end) of each complete event in binary log data. Stops at an incomplete event."""
    at = start or len(MAGIC)
    while at + HEADER.size <= len(data):
        _, kind, _, size, _, _ = HEADER.unpack_from(data, at)
        if size < HEADER.size or at + size > len(data):
            return
        yield kind, at, at + size
        at += size


def transactions(data):
    """Yields the transactions of a binary log. `data` is a complete log file, or MAGIC and a part of a log file
    that begins with a transaction.
    @raises ValueError, IndexError if a GTID is invalid
    """
    found, last = None, 0
    for kind, begin, end in events(data):
        if found and kind in (*GTIDS, ROTATE, STOP):
            yield Transaction(*found, last, content.hexdigest())
            found = None
        if kind in GTIDS:
            found, content = (*_gtid(data, kind, begin + HEADER.size), begin), hashlib.blake2b(digest_size=16)
        elif found:
            _add(content, kind, data, begin + HEADER.size, end - CHECKSUM_BYTES)
        last = end
    if found:
        yield Transaction(*found, last, content.hexdigest())


def _add(content, kind, data, begin, end):
    """
    Adds an event to the digest. Omits the fields that differ between members: positions, checksums, threads, times, table numbers and
    flags.
    """
    if kind in (XID, ROWS_QUERY):
        return
    if kind == QUERY:
        _, _, database, _, variables = QUERY_BODY.unpack_from(data, begin)
        begin += QUERY_BODY.size + variables
        statement = data[begin + database + 1 : end]
        if statement in (b"BEGIN", b"COMMIT"):
            return
        # Skips the database's name of an XA statement, because an XA statement does not depend on the database.
        begin += database + 1 if statement.startswith(b"XA ") else 0
    elif kind == TABLE_MAP:
        begin += TABLE_ID_BYTES + TABLE_FLAGS_BYTES
    elif kind in ROWS:
        begin += TABLE_ID_BYTES
    content.update(b"%d %d " % (kind, end - begin))
    content.update(data[begin:end])


def identity(data):
    """Returns the identity of a binary log: 16 hex digits of the SHA-256 of its first two events. These events
    contain the start time of the log and the GTIDs of all earlier transactions.
    @raises ValueError if these events are missing
    """
    for kind, _, end in events(data):
        if kind == PREVIOUS_GTIDS:
            head = bytearray(data[:end])
            # Clears the in-use flag before hashing, because MySQL clears this flag when it closes the log.
            head[FLAGS_AT] &= 0xFE
            return hashlib.sha256(head).hexdigest()[:16]
        if kind != FORMAT:
            break
    raise ValueError("a log must begin with its format and the list of earlier transactions")


def previous(data):
    """Returns the GTIDs of all earlier binary logs, or {} for the first log. @raises ValueError if the event
    with the GTIDs is missing"""
    for kind, begin, end in events(data):
        if kind == PREVIOUS_GTIDS:
            return _set(data[begin + HEADER.size : end - CHECKSUM_BYTES])
    raise ValueError("the log has no list of earlier transactions")


def newest_commit(data):
    """Returns the latest original commit time in a log, in microseconds since 1970, or 0 if the log has no transaction."""
    return max((_gtid(data, kind, begin + HEADER.size)[2] for kind, begin, _ in events(data) if kind in GTIDS), default=0)


def cut(data, start, end, most, source):
    """Finds the end of the segment of a binary log that begins at `start`. The segment ends with a complete
    transaction and has at most `most` bytes, unless one transaction is larger.
    @returns the end of the segment, and the intervals of the GTIDs of `source` in the segment
    """
    last, numbers = start, []
    for kind, begin, _ in events(data, start):
        if begin >= end:
            break
        if kind in GTIDS:
            if last > start and begin - start > most:
                return last, _intervals(numbers, last)
            last = begin
            name, one, _ = _gtid(data, kind, begin + HEADER.size)
            if name == source:
                numbers.append((one, begin))
    stop = last if last > start and end - start > most else end
    return stop, _intervals(numbers, stop)


def _intervals(numbers, stop):
    found = []
    for one in sorted(one for one, begin in numbers if begin < stop):
        if found and one == found[-1][1] + 1:
            found[-1] = (found[-1][0], one)
        else:
            found.append((one, one))
    return found


def _gtid(data, kind, at):
    """Returns (source, number, commit time) of a GTID event. The source of a tagged GTID is "UUID:TAG"."""
    if kind == TAGGED_GTID:
        return _tagged(data, at)
    _, source, number, *_ = GTID_BODY.unpack_from(data, at)
    times = at + GTID_BODY.size
    here = int.from_bytes(data[times : times + 7], "little")
    there = int.from_bytes(data[times + 7 : times + 14], "little") if here & COMMITTED_ELSEWHERE else here
    return str(uuid.UUID(bytes=bytes(source))), number, there


def _tagged(data, at):
    """Returns (source, number, commit time) of an event with a tagged GTID. The event contains numbers of
    variable length, and an id precedes each field. Format: mysql/serialization/readme.md."""

    def number():
        nonlocal at
        size = (~data[at] & data[at] + 1).bit_length()
        at += size
        return int.from_bytes(data[at - size : at], "little") >> size

    # Skips the version, the size, the last required field and the flags.
    for _ in range(6):
        number()
    source = uuid.UUID(bytes=bytes(number() for _ in range(16)))
    number()
    # The lowest bit of an encoded number is its sign.
    one = number() >> 1
    number()
    length = number()
    tag = bytes(data[at : at + length]).decode("ascii")
    at += length
    # Skips two counters with their ids, and the id of the commit time.
    for _ in range(5):
        number()
    committed = number()
    return f"{source}:{tag}", one, number() if number() == ORIGINAL_COMMIT_FIELD else committed


def _set(body):
    # The eighth byte is the format of the GTID list. For tagged GTIDs, bytes 2 to 7 contain the number of sources. For
    # untagged GTIDs, bytes 1 to 8 contain this number.
    sources, found, at = int.from_bytes(body[1:7] if body[7] else body[:8], "little"), {}, 8
    for _ in range(sources):
        source = str(uuid.UUID(bytes=bytes(body[at : at + 16])))
        if body[7]:
            length = body[at + 16] >> 1
            source = ":".join([source, *([bytes(body[at + 17 : at + 17 + length]).decode("ascii")] if length else [])])
            at += 1 + length
        (intervals,) = struct.unpack_from("<Q", body, at + 16)
        ends = struct.unpack_from(f"<{2 * intervals}Q", body, at + 24)
        # MySQL stores the exclusive end of each interval.
        found[source] = [(first, end - 1) for first, end in zip(ends[::2], ends[1::2])]
        at += 24 + 16 * intervals
    return found
