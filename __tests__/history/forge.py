"""
Writes the objects that an intruder on one server can write with the server's key: valid and invalid objects of every kind below its prefix.
"""

import json
import os
import struct
import time
import zlib

import binlog
import listing
from names import Log, Segment, backup_name, branch_key, digest, manifest_key, reached, segment_key, stamp
from sealing import seal

YEAR_2099 = 4_086_000_000


def forge(life, name):
    """Writes one or two random kinds of forged objects."""
    kinds = [_more_transactions, _tagged, _garbage, _base_of_the_future, _overwritten, _branch]
    for kind in life.random.sample(kinds, life.random.randint(1, 2)):
        life.note(f"forged {kind.__name__.strip('_').replace('_', ' ')}", name)
        kind(life, name)


def _put(life, name, key, content, only_new=True):
    status = life.store.put(life.key_of(name), key, content, only_new)
    if status not in (200, 412):
        raise RuntimeError(f"{key}: {status}")


def _segments(life, name):
    found = listing.segments(life.reader(), life.group.name, name)
    return {log: [segment for segment, _ in items] for log, items in found.items()}


def _append(life, name, transaction):
    """Appends a segment with this transaction to the newest unfinished log that the member has uploaded."""
    open_logs = {log: segments for log, segments in _segments(life, name).items() if not any(segment.last for segment in segments)}
    if not open_logs or transaction is None:
        return
    log = max(open_logs, key=lambda one: one.number)
    start = reached(open_logs[log])
    content = seal(transaction, life.recipients)
    key = segment_key(life.group.name, Segment("", log, start, start + len(transaction), ((1, 1),), False, False), content)
    _put(life, name, key, content)


def _real_transaction(life, name):
    """Returns the bytes of the last transaction that changed a row, from a log of this member or otherwise of another member."""
    for server in [life.group[name], *life.group.servers.values()]:
        for file in sorted(server.data.glob("binlog.0*"), reverse=True) if server.data.exists() else ():
            data = file.read_bytes()
            found = [one for one in binlog.transactions(data) if b"row_" in data[one.start : one.end] and one.source == life.group.name]
            if found:
                return data[found[-1].start : found[-1].end]
    return None


def _renumbered(transaction, number, committed):
    """Returns the transaction with another number and commit time, and with correct checksums."""
    kind, size = transaction[4], struct.unpack_from("<I", transaction, 9)[0]
    assert kind == binlog.GTID
    event = bytearray(transaction[:size])
    struct.pack_into("<q", event, binlog.HEADER.size + 17, number)
    event[binlog.HEADER.size + binlog.GTID_BODY.size :][:7] = committed.to_bytes(7, "little")
    struct.pack_into("<I", event, size - 4, zlib.crc32(bytes(event[: size - 4])))
    return bytes(event) + transaction[size:]


def _more_transactions(life, name):
    transaction = _real_transaction(life, name)
    _append(life, name, transaction and _renumbered(transaction, 900_000 + life.random.randint(0, 9), int(time.time() * 1e6)))


def _tagged(life, name):
    body = os.urandom(60)
    event = struct.pack("<IBIIIH", int(time.time()), binlog.TAGGED_GTID, 1, binlog.HEADER.size + len(body) + 4, 0, 0) + body
    _append(life, name, event + struct.pack("<I", zlib.crc32(event)))


def _garbage(life, name):
    """Uploads a log with random bytes."""
    content = os.urandom(200)
    branch = next(iter(_segments(life, name)), Log(name, "0" * 16, 0, "")).branch
    log = Log(name, branch, life.random.randint(1, 99), os.urandom(8).hex())
    _put(life, name, segment_key(life.group.name, Segment("", log, 0, 5000, ((1, 10**6),), True, True), content), content)


def _base_of_the_future(life, name):
    part = os.urandom(100)
    folder = backup_name(stamp(YEAR_2099), 1, [(1, 10**9)])
    key = f"{life.group.name}/{name}/base/{folder}/0000.{digest(part)}"
    _put(life, name, key, part)
    everything = f"{life.group.name}:1-1000000000"
    manifest = {
        "format": 2, "mysql": "9.7.4", "timeline": life.group.name, "branch": "0" * 16, "member": name, "gtids": {"atLeast": everything, "atMost": everything},
        "newestCommit": 0, "dataBytes": 1, "recipients": life.recipients, "parts": [{"key": key, "bytes": len(part), "sha256": ""}], "rows": key,
    }
    content = json.dumps(manifest).encode()
    _put(life, name, manifest_key(life.group.name, name, folder, content), content)


def _overwritten(life, name):
    """Adds a newer version to existing objects. The first version of each object remains and still matches the object's name."""
    keys = life.store.keys(f"{life.group.name}/{name}/")
    for key in life.random.sample(keys, min(3, len(keys))):
        _put(life, name, key, os.urandom(50), only_new=False)


def _branch(life, name):
    """Uploads the description of a branch that no group created, and a log of this branch."""
    branch = os.urandom(8).hex()
    described = {
        "id": branch, "number": 99, "timeline": life.group.name, "parent": None, "forked": "", "lost": [], "reason": "forged", "member": name,
        "begun": time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(time.time() + 60)),
    }
    content = json.dumps(described).encode()
    _put(life, name, branch_key(life.group.name, name, branch, content), content)
    transaction = _real_transaction(life, name)
    if transaction:
        content = seal(binlog.MAGIC + transaction, life.recipients)
        log = Log(name, branch, 7, os.urandom(8).hex())
        _put(life, name, segment_key(life.group.name, Segment("", log, 0, 4 + len(transaction), ((1, 1),), False, False), content), content)
