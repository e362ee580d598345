"""Tests that listing a two-year archive with 20 writes per second needs only seconds and few requests. Run by archive.programs.test.ts."""

import bisect
import http.server
import resource
import threading
import time
import unittest
import unittest.mock
import urllib.parse

import inventory
import names
from bucket import Bucket
from contents import Contents
from settings import Choice

TIMELINE, BRANCH, DAYS, MEMBERS = "7" * 8 + "-0000-0000-0000-000000000000", "b" * 16, 730, ("alpha", "bravo", "charlie")
PER_DAY, SEGMENT = 20 * 86400, 64 << 20
# Number of logs per day, segments per closed log, and segments of the current log. The logs of a day have about 1.3 GB together.
LOGS, SEGMENTS, TAIL = 2, 10, 28_800


def keys():
    for member in MEMBERS:
        yield names.branch_key(TIMELINE, member, BRANCH, b"")
        for day in range(DAYS):
            for part in range(LOGS):
                first = (day * LOGS + part) * PER_DAY // LOGS + 1
                log = names.Log(member, BRANCH, day * LOGS + part + 1, f"{day * LOGS + part:016x}")
                yield from segments(log, first, PER_DAY // LOGS, SEGMENTS, SEGMENT, True)
                # One segment replaces all segments that the closed log has under `tail`, because the program does not list this folder.
                yield from segments(log, first, PER_DAY // LOGS, 1, SEGMENT, False)
            name = names.backup_name(names.stamp(1_700_000_000 + day * 86400), day * LOGS + 1, [(1, day * PER_DAY + 1)])
            yield names.manifest_key(TIMELINE, member, name, b"")
        current = names.Log(member, BRANCH, DAYS * LOGS + 1, f"{DAYS * LOGS:016x}")
        yield from segments(current, DAYS * PER_DAY + 1, PER_DAY, TAIL, 30_000, False)


def segments(log, first, transactions, count, size, closed):
    each = transactions // count
    for index in range(count):
        gtids = ((first + index * each, first + (index + 1) * each - 1),)
        yield names.segment_key(TIMELINE, names.Segment("", log, index * size, (index + 1) * size, gtids, closed and index == count - 1, closed), b"")


class Storage(http.server.ThreadingHTTPServer):
    """Lists keys like an object storage: in pages of 1000 keys. Keys with a common folder are grouped by the delimiter."""

    daemon_threads = True

    def __init__(self):
        self.keys, self.requests = sorted(keys()), 0
        super().__init__(("127.0.0.1", 0), Handler)

    def page(self, prefix, delimiter, after):
        at, found = bisect.bisect_left(self.keys, max(prefix, after)), []
        if after and at < len(self.keys) and self.keys[at] == after:
            at += 1
        while at < len(self.keys) and self.keys[at].startswith(prefix) and len(found) < 1000:
            key = self.keys[at]
            end = key.find(delimiter, len(prefix)) if delimiter else -1
            if end < 0:
                found.append((f"<Contents><Key>{key}</Key><Size>1000</Size><ETag>x</ETag><LastModified>2026-11-25T20:00:00.000Z</LastModified></Contents>", key))
                at += 1
            else:
                folder = key[: end + 1]
                found.append((f"<CommonPrefixes><Prefix>{folder}</Prefix></CommonPrefixes>", folder + "\x7f"))
                at = bisect.bisect_left(self.keys, folder + "\x7f", at)
        more = at < len(self.keys) and self.keys[at].startswith(prefix)
        return "".join(text for text, _ in found), found[-1][1] if more else ""


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.requests += 1
        query = {name: values[0] for name, values in urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query).items()}
        after = bytes.fromhex(query.get("continuation-token", "")).decode()
        text, token = self.server.page(query.get("prefix", ""), query.get("delimiter", ""), after)
        token = f"<NextContinuationToken>{token.encode().hex()}</NextContinuationToken>" if token else ""
        body = f'<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">{text}{token}</ListBucketResult>'.encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        return


class TwoYears(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.storage = Storage()
        threading.Thread(target=cls.storage.serve_forever, daemon=True).start()
        cls.addClassCleanup(cls.storage.server_close)
        cls.addClassCleanup(cls.storage.shutdown)
        cls.bucket = Bucket(f"http://127.0.0.1:{cls.storage.server_port}", "fsn1", "b", "key:secret")

    def measured(self, what, action):
        before, requests, memory = time.process_time(), self.storage.requests, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        started = time.monotonic()
        result = action()
        took, more = time.monotonic() - started, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory
        print(f"\n{what}: {took:.1f} s, {time.process_time() - before:.1f} s of processor time with the stand-in, {self.storage.requests - requests} requests, {more >> 10} MiB more memory")
        # The test measures the processor time of this process and the emulator. Elapsed time would depend on the machine's load.
        self.assertLess(time.process_time() - before, 20)
        self.assertLess(self.storage.requests - requests, 250)
        self.assertLess(more >> 10, 400)
        return result

    def test_an_archive_of_two_years_is_listed_and_prepared_for_a_restore_within_seconds(self):
        (found,) = self.measured("inventory", lambda: inventory.look(self.bucket, lambda text: None)["timelines"])
        self.assertEqual([(one["logs"], one["complete"]) for one in found["members"]], [(DAYS * LOGS + 1, DAYS * LOGS)] * 3)
        self.assertEqual((len(found["bases"]), found["missing"]), (DAYS * 3, ""))

        def contents():
            with unittest.mock.patch.object(Bucket, "get", lambda *_: b"{}"):
                Contents(self.bucket, TIMELINE, Choice(), lambda text: None).close()

        self.measured("restore", contents)
