"""Names of objects, and the bucket as a client must take it. Run by backup.programs.test.ts."""

import contextlib
import hashlib
import http.server
import io
import socket
import threading
import time
import unittest
from base64 import b64encode
from unittest import mock
from urllib.parse import parse_qs, unquote
from xml.sax.saxutils import escape

import bucket
import names
from bucket import Away, Bucket, Refused

SERVER = "12345678-0000-0000-0000-000000000000"
TIMELINE = "7d2f4c56-1f0e-4d0b-8a36-90d5a1c2e7b4"


class Names(unittest.TestCase):
    def test_a_key_tells_all_of_a_piece(self):
        key = names.piece_key(TIMELINE, SERVER, "binlog.000012", 157, 74211, True, b"content")
        self.assertEqual(names.read_piece(TIMELINE, key), names.Piece(key, SERVER, "binlog.000012", 157, 74211, True))

    def test_a_key_tells_how_a_drill_ended(self):
        for good in (True, False):
            key = names.drill_key(TIMELINE, "20261125T034300Z", good, b"result")
            self.assertEqual(names.read_drill(TIMELINE, key), names.Drill(key, "20261125T034300Z", good))
            self.assertTrue(key.endswith(names.digest(b"result")))

    def test_keys_of_others_are_none(self):
        for key in ("x", f"{TIMELINE}/log/{SERVER}/binlog.000012/1-2", f"other/log/{SERVER}/binlog.000012/000000000157-000000074211.0123456789abcdef"):
            self.assertIsNone(names.read_piece(TIMELINE, key))
            self.assertIsNone(names.read_base(TIMELINE, key))

    def test_a_hole_ends_what_counts_as_shipped(self):
        pieces = [names.Piece("", SERVER, "binlog.000001", *ends, False) for ends in ((0, 10), (10, 25), (8, 20), (30, 40))]
        self.assertEqual(names.shipped(pieces, SERVER, "binlog.000001"), 25)
        self.assertEqual(names.shipped(pieces, SERVER, "binlog.000002"), 0)

    def test_a_piece_that_begins_where_another_one_ends_goes_on_from_it(self):
        pieces = [names.Piece("", SERVER, "binlog.000001", *ends, False) for ends in ((10, 25), (0, 10))]
        self.assertEqual(names.shipped(pieces, SERVER, "binlog.000001"), 25)

    def test_stamps_are_utc(self):
        self.assertEqual(names.moment(names.stamp(1_795_626_000)), 1_795_626_000)


class Storage(http.server.BaseHTTPRequestHandler):
    """Just enough of S3: versions of each key, oldest first; PUT with If-None-Match; lists of two objects a page."""

    protocol_version = "HTTP/1.1"
    versions, refuse, drops, asked, connections = {}, None, False, [], 0

    def setup(self):
        super().setup()
        Storage.connections += 1

    def do_PUT(self):
        content, key = self.rfile.read(int(self.headers["Content-Length"])), self.path
        md5 = b64encode(hashlib.md5(content).digest()).decode()
        if Storage.refuse:
            return self._answer(Storage.refuse)
        if self.headers["Content-MD5"] != md5 or self.headers["If-None-Match"] != "*":
            return self._answer(400)
        if key in self.versions:
            return self._answer(412)
        self.versions[key] = [content]
        self._answer(200)

    def do_GET(self):
        path, _, query = self.path.partition("?")
        Storage.asked.append(query)
        asked = {name: values[0] for name, values in parse_qs(query, keep_blank_values=True).items()}
        if Storage.refuse:
            return self._answer(Storage.refuse)
        found = self.versions.get(path, [])
        if "versionId" in asked:
            return self._answer(200, found[int(asked["versionId"])])
        if "versions" in asked:
            # Of those with longer names too.
            keys = [key for key in self.versions if self._name(key).startswith(asked["prefix"])]
            items = [(key, number) for key in sorted(keys, reverse=True) for number in range(len(self.versions[key]))]
            return self._answer(200, self._page([f"<Version><Key>{self._name(key)}</Key><VersionId>{number}</VersionId></Version>" for key, number in items]))
        if asked.get("list-type") == "2":
            return self._list(asked)
        self._answer(200 if found else 404, found[-1] if found else b"")

    def _list(self, asked):
        start = asked.get("continuation-token", asked["start-after"])
        keys = [key for key in sorted(self.versions) if self._name(key) > start and self._name(key).startswith(asked["prefix"])]
        items = [
            f"<Contents><Key>{escape(self._name(key))}</Key><Size>{len(self.versions[key][-1])}</Size><ETag>&quot;{hashlib.md5(self.versions[key][-1]).hexdigest()}&quot;</ETag><LastModified>2026-11-25T03:00:00.000Z</LastModified></Contents>"
            for key in keys[:2]
        ]
        more = [f"<NextContinuationToken>{self._name(keys[1])}</NextContinuationToken>"] if len(keys) > 2 else []
        self._answer(200, self._page([*items, *more]))

    def _name(self, key):
        return unquote(key.removeprefix("/bucket/"))

    def _page(self, items):
        return f'<R xmlns="http://s3.amazonaws.com/doc/2006-03-01/">{"".join(items)}</R>'.encode()

    def _answer(self, status, body=b""):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        # Without a word, as after a while in which nobody asked.
        self.close_connection = self.close_connection or Storage.drops

    def log_message(self, *_):
        return


class Client(unittest.TestCase):
    def setUp(self):
        Storage.versions, Storage.refuse, Storage.drops, Storage.asked, Storage.connections = {}, None, False, [], 0
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
        with contextlib.redirect_stdout(io.StringIO()) as said:
            self.assertEqual(self.bucket.get(self.key), b"content")
        self.assertEqual(said.getvalue(), f"{self.key} was written over; the version that was shipped is used\n")

    def test_a_damaged_object_is_named(self):
        Storage.versions[f"/bucket/{self.key}"] = [b"kontent"]
        with self.assertRaisesRegex(Refused, f"{self.key} is damaged"):
            self.bucket.get(self.key)

    def test_refusals_name_the_status(self):
        for status in (403, 507):
            Storage.refuse = status
            with self.assertRaisesRegex(Refused, str(status)):
                self.bucket.put(self.key, b"content")
        Storage.refuse = None
        with self.assertRaisesRegex(Refused, "404"):
            self.bucket.get(self.key)

    def test_a_version_that_cannot_be_found_is_damaged_too(self):
        Storage.versions[f"/bucket/{self.key}"] = [b"kontent"]
        Storage.versions[f"/bucket/{self.key}0"] = [b"content"]
        with self.assertRaisesRegex(Refused, "is damaged: no version of it holds what its name says$"):
            self.bucket.get(self.key)

    def test_lists_all_pages_of_what_begins_so(self):
        contents = {f"a b/{number}": str(number).encode() * number for number in range(1, 6)}
        for key, content in {**contents, "b/1": b""}.items():
            self.bucket.put(key, content)
        self.assertEqual(
            list(self.bucket.list("a b/")),
            [bucket.Object(key, len(content), hashlib.md5(content).hexdigest(), "2026-11-25T03:00:00.000Z") for key, content in contents.items()],
        )
        self.assertEqual([item.key for item in self.bucket.list("a b/", "a b/3")], ["a b/4", "a b/5"])
        # As the signature is made of it.
        self.assertEqual(Storage.asked[-1], "list-type=2&prefix=a%20b%2F&start-after=a%20b%2F3")

    def test_a_list_that_is_refused_is_not_an_empty_one(self):
        Storage.refuse = 403
        with self.assertRaisesRegex(Refused, "^the bucket cannot be listed: it answers 403$"):
            list(self.bucket.list(""))
        with self.assertRaisesRegex(Refused, f"^{self.key} cannot be read: the bucket answers 403$"):
            self.bucket.get(self.key)

    def test_a_connection_is_kept(self):
        for _ in range(3):
            list(self.bucket.list(""))
        self.assertEqual(Storage.connections, 1)

    def test_one_that_has_gone_meanwhile_is_made_anew(self):
        Storage.drops = True
        for _ in range(3):
            list(self.bucket.list(""))
        self.assertEqual(Storage.connections, 3)

    def test_nobody_answers(self):
        with self.assertRaisesRegex(Away, "^no answer from the bucket: .*refused"):
            Bucket("http://127.0.0.1:1", "fsn1", "bucket", "KEY:SECRET").put(self.key, b"content")
        with mock.patch.object(self.bucket, "_connection", side_effect=TimeoutError), self.assertRaisesRegex(Away, "^no answer from the bucket: TimeoutError$"):
            self.bucket.get(self.key)

    def test_what_answers_is_no_bucket_or_breaks_off(self):
        for answer in (b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\ncut"):
            server = socket.create_server(("127.0.0.1", 0))
            self.addCleanup(server.close)

            def serve(server=server, answer=answer):
                for _ in range(bucket.TRIES):
                    with server.accept()[0] as caller:
                        caller.recv(4096)
                        caller.sendall(answer)

            threading.Thread(target=serve, daemon=True).start()
            with self.assertRaisesRegex(Away, "^no answer from the bucket: "):
                Bucket(f"http://127.0.0.1:{server.getsockname()[1]}", "fsn1", "bucket", "KEY:SECRET").get(self.key)

    def test_speaks_tls_where_the_address_says_so_and_waits_half_a_minute(self):
        for scheme, kind in (("https", "HTTPSConnection"), ("http", "HTTPConnection")):
            with mock.patch.object(bucket.http.client, kind) as connection:
                connection.return_value.getresponse.return_value = mock.Mock(status=200, read=lambda: b"content")
                self.assertEqual(Bucket(f"{scheme}://fsn1.example", "fsn1", "bucket", "KEY:SECRET").get(self.key), b"content")
            connection.assert_called_once_with("fsn1.example", timeout=30)


class Signature(unittest.TestCase):
    def test_is_the_one_of_the_example_in_the_specification(self):
        # docs.aws.amazon.com, "Authenticating Requests: Using the Authorization Header", the list of a bucket. In a file it ends a line.
        credentials = "AKIAIOSFODNN7EXAMPLE:wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n"
        moment = time.struct_time((2013, 5, 24, 0, 0, 0, 4, 144, 0))
        with mock.patch.object(bucket.time, "gmtime", return_value=moment):
            signed = Bucket("https://examplebucket.s3.amazonaws.com", "us-east-1", "", credentials)._signed("GET", "/", "max-keys=2&prefix=J", b"", {"If-None-Match": "*"})
        self.assertEqual(
            signed,
            {
                "If-None-Match": "*",
                "x-amz-content-sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
                "x-amz-date": "20130524T000000Z",
                "Authorization": "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
                " SignedHeaders=host;x-amz-content-sha256;x-amz-date,"
                " Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
            },
        )
