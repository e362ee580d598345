"""Provides generated binary logs and keys for the mysql-backup tests."""

import contextlib
import pathlib
import shutil
import struct
import subprocess
import sys
import time
import types
import uuid

# The folder `history` contains the emulated object storage, store.py.
sys.path.append(str(pathlib.Path(__file__).parents[4] / "history"))
# Only tests with a real mysqld need the driver, so it may be missing.
with contextlib.suppress(ImportError):
    import pymysql  # noqa: F401
sys.modules.setdefault("pymysql", types.SimpleNamespace(connect=None, Error=type("Error", (Exception,), {})))

import binlog
from bucket import Object, Refused

A, B = "aaaaaaaa-0000-0000-0000-000000000000", "bbbbbbbb-0000-0000-0000-000000000000"
ROWS = 30
# Start time of the generated logs, in seconds since 1970.
BEGUN = 1_000_000


def event(kind, body=b"", time=0):
    return struct.pack("<IBIIIH", time, kind, 1, 19 + len(body) + 4, 0, 0) + body + b"\0\0\0\0"


def gtid(source, number, committed, there=None):
    here = committed | (binlog.COMMITTED_ELSEWHERE if there is not None else 0)
    times = here.to_bytes(7, "little") + (there.to_bytes(7, "little") if there is not None else b"")
    return event(binlog.GTID, struct.pack("<B16sqBqq", 0, uuid.UUID(source).bytes, number, 2, 0, 0) + times)


def previous(gtids):
    body = struct.pack("<Q", len(gtids))
    for source, intervals in gtids.items():
        body += uuid.UUID(source).bytes + struct.pack("<Q", len(intervals))
        body += b"".join(struct.pack("<QQ", first, last + 1) for first, last in intervals)
    return event(binlog.PREVIOUS_GTIDS, body)


def transaction(source, number, committed, bytes=10, **more):
    return gtid(source, number, committed, **more) + event(ROWS, b"x" * bytes)


def log(before, *transactions):
    return binlog.MAGIC + event(binlog.FORMAT, bytes(80), BEGUN) + previous(before) + b"".join(transactions)


def age_pair(case, folder, name):
    """Creates a private key file and returns its path and the public key. Skips the test if the encryption programs are missing."""
    for tool in ("age", "zstd"):
        if not shutil.which(tool):
            case.skipTest(f"no {tool}")
    file = folder / name
    subprocess.run(["age-keygen", "--output", str(file)], check=True, capture_output=True)
    return file, subprocess.run(["age-keygen", "-y", str(file)], check=True, capture_output=True, text=True).stdout.strip()


class Memory:
    """Bucket in memory. If `refusing` is set, the bucket rejects all requests."""

    def __init__(self):
        self.objects, self.times, self.refusing, self.asked = {}, {}, None, []

    def now(self):
        return time.time()

    def put(self, key, content):
        if self.refusing:
            raise Refused(self.refusing)
        self.objects[key] = content

    def get(self, key):
        self.asked.append(key)
        return self.objects[key]

    def list(self, prefix, after=""):
        self.asked.append(prefix)
        if self.refusing:
            raise Refused(self.refusing)
        return [Object(key, len(self.objects[key]), "", self.times.get(key, "1970-01-12T13:46:40.000Z")) for key in sorted(self.objects) if key.startswith(prefix) and key > after]

    def folders(self, prefix):
        if self.refusing:
            raise Refused(self.refusing)
        return sorted({f"{prefix}{key.removeprefix(prefix).partition('/')[0]}/" for key in self.objects if key.startswith(prefix)})
