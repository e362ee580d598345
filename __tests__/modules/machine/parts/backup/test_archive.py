"""Names of objects, and the bucket as a client must take it. Run by backup.test.ts."""

import hashlib
import http.server
import re
import threading
import unittest
from xml.sax.saxutils import escape

import names
from bucket import Bucket, Refused

SERVER = "12345678-0000-0000-0000-000000000000"
TIMELINE = "7d2f4c56-1f0e-4d0b-8a36-90d5a1c2e7b4"


class Names(unittest.TestCase):
    def test_a_key_tells_all_of_a_piece(self):
        key = names.piece_key(TIMELINE, SERVER, "binlog.000012", 157, 74211, True, b"content")
        self.assertEqual(names.read_piece(TIMELINE, key), names.Piece(key, SERVER, "binlog.000012", 157, 74211, True))

    def test_keys_of_others_are_none(self):
        for key in ("x", f"{TIMELINE}/log/{SERVER}/binlog.000012/1-2", f"other/log/{SERVER}/binlog.000012/000000000157-000000074211.0123456789abcdef"):
            self.assertIsNone(names.read_piece(TIMELINE, key))
            self.assertIsNone(names.read_base(TIMELINE, key))

    def test_a_hole_ends_what_counts_as_shipped(self):
        pieces = [names.Piece("", SERVER, "binlog.000001", *ends, False) for ends in ((0, 10), (10, 25), (8, 20), (30, 40))]
        self.assertEqual(names.shipped(pieces, SERVER, "binlog.000001"), 25)
        self.assertEqual(names.shipped(pieces, SERVER, "binlog.000002"), 0)

    def test_stamps_are_utc(self):
        self.assertEqual(names.moment(names.stamp(1_795_626_000)), 1_795_626_000)


class Storage(http.server.BaseHTTPRequestHandler):
    """Just enough of S3: versions of each key, oldest first; PUT with If-None-Match."""

    versions, refuse = {}, None

    def do_PUT(self):
        content, key = self.rfile.read(int(self.headers["Content-Length"])), self.path
        if Storage.refuse:
            return self._answer(Storage.refuse)
        if key in self.versions:
            return self._answer(412)
        self.versions[key] = [content]
        self._answer(200)

    def do_GET(self):
        path, _, query = self.path.partition("?")
        found = self.versions.get(path, [])
        if "versionId" in query:
            return self._answer(200, found[int(query.partition("=")[2])])
        if "versions" in query:
            key = re.search("prefix=([^&]*)", query)[1].replace("%2F", "/")
            items = [f"<Version><Key>{key}</Key><VersionId>{n}</VersionId></Version>" for n in range(len(self.versions.get(f"/bucket/{key}", [])))]
            return self._answer(200, self._page(items))
        if "list-type" in query:
            items = [
                f"<Contents><Key>{escape(key.removeprefix('/bucket/'))}</Key><Size>1</Size><ETag>&quot;{hashlib.md5(found[-1]).hexdigest()}&quot;</ETag></Contents>"
                for key, found in sorted(self.versions.items())
            ]
            return self._answer(200, self._page(items))
        self._answer(200 if found else 404, found[-1] if found else b"")

    def _page(self, items):
        return f'<R xmlns="http://s3.amazonaws.com/doc/2006-03-01/">{"".join(items)}</R>'.encode()

    def _answer(self, status, body=b""):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        return


class Client(unittest.TestCase):
    def setUp(self):
        Storage.versions, Storage.refuse = {}, None
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Storage)
        threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        self.bucket = Bucket(f"http://127.0.0.1:{server.server_port}", "fsn1", "bucket", "KEY:SECRET\n")
        self.key = f"a/0000.{names.digest(b'content')}"

    def test_what_was_written_is_read(self):
        self.bucket.put(self.key, b"content")
        self.assertEqual(self.bucket.get(self.key), b"content")

    def test_an_object_that_is_there_already_counts_if_it_is_the_same(self):
        self.bucket.put(self.key, b"content")
        self.bucket.put(self.key, b"content")
        Storage.versions[f"/bucket/{self.key}"] = [b"of somebody else"]
        with self.assertRaisesRegex(Refused, "412"):
            self.bucket.put(self.key, b"content")

    def test_an_object_that_was_written_over_is_read_as_it_was_shipped(self):
        Storage.versions[f"/bucket/{self.key}"] = [b"content", b"by an intruder"]
        self.assertEqual(self.bucket.get(self.key), b"content")

    def test_a_damaged_object_is_named(self):
        Storage.versions[f"/bucket/{self.key}"] = [b"kontent"]
        with self.assertRaisesRegex(Refused, f"{self.key} is damaged"):
            self.bucket.get(self.key)

    def test_refusals_name_the_status(self):
        for status in (403, 507):
            Storage.refuse = status
            with self.assertRaisesRegex(Refused, str(status)):
                self.bucket.put(self.key, b"content")
        with self.assertRaisesRegex(Refused, "404"):
            self.bucket.get(self.key)

    def test_nobody_answers(self):
        with self.assertRaisesRegex(Refused, "no answer"):
            Bucket("http://127.0.0.1:1", "fsn1", "bucket", "KEY:SECRET").put(self.key, b"content")
