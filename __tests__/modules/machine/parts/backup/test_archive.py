"""Tests the names of objects and the client of the bucket. Run by backup.programs.test.ts."""

import contextlib
import hashlib
import io
import socket
import threading
import time
import unittest
from unittest import mock

import support
import bucket
import listing
import names
import store
from bucket import Away, Bucket, Refused

TIMELINE = "7d2f4c56-1f0e-4d0b-8a36-90d5a1c2e7b4"


class Names(unittest.TestCase):
    def test_the_object_key_of_a_restore_drill_contains_the_result_of_the_drill(self):
        for good in (True, False):
            key = names.drill_key(TIMELINE, "20261125T034300Z", good, b"result")
            self.assertEqual(names.read_drill(TIMELINE, key), ("20261125T034300Z", good))
            self.assertTrue(key.endswith(names.digest(b"result")))

    def test_time_stamps_in_object_keys_are_in_utc(self):
        self.assertEqual(names.moment(names.stamp(1_795_626_000)), 1_795_626_000)


class Format2(unittest.TestCase):
    LOG = names.Log("alpha", "0123456789abcdef", 12, "fedcba9876543210")

    def segment(self, start, end, last=False, closed=True):
        return names.Segment("", self.LOG, start, end, ((1, 50), (1000001, 1000007)), last, closed)

    def test_the_range_of_a_log_segment_is_read_from_its_object_key(self):
        for last, closed in ((True, True), (False, True), (False, False)):
            segment = self.segment(157, 74211, last, closed)
            key = names.segment_key(TIMELINE, segment, b"content")
            self.assertEqual(names.read_segment(TIMELINE, key), segment._replace(key=key))
            self.assertTrue(key.endswith(names.digest(b"content")))
            self.assertTrue(key.startswith(f"{TIMELINE}/alpha/{'log' if closed else 'tail'}/0123456789abcdef/000012-fedcba9876543210/000000000157-000000074211-1-50+1000001-1000007"))

    def test_the_facts_of_a_base_backup_and_of_a_branch_are_read_from_their_object_keys(self):
        name = names.backup_name("20261125T021700Z", 12, ((1, 1000),))
        key = names.manifest_key(TIMELINE, "alpha", name, b"content")
        self.assertEqual(names.read_manifest(TIMELINE, key), names.Backup(key, f"{TIMELINE}/alpha/base/{name}", "alpha", "20261125T021700Z", 12, ((1, 1000),)))
        key = names.branch_key(TIMELINE, "alpha", "0123456789abcdef", b"content")
        self.assertEqual(names.read_branch(TIMELINE, key), "0123456789abcdef")

    def test_an_object_key_merges_transaction_intervals_until_the_key_is_short_enough(self):
        for gtids, kept in (((), ()), (((7, 7),), ((7, 7),)), ([(n * 10, n * 10 + 5) for n in range(1, 30)] + [(301, 301), (10**9, 10**9)], 16)):
            key = names.segment_key(TIMELINE, self.segment(0, 1)._replace(gtids=gtids), b"")
            found = names.read_segment(TIMELINE, key).gtids
            self.assertEqual(len(found) if kept == 16 else found, kept)
            self.assertLess(len(key), 700)
        # A name has no room for all intervals, so the intervals with the smallest gaps between them are merged.
        self.assertEqual((found[0][0], found[-1]), (10, (10**9, 10**9)))

    def test_keys_of_unknown_objects_in_the_bucket_are_ignored(self):
        good = names.segment_key(TIMELINE, self.segment(0, 1), b"")
        for key in ("x", f"{TIMELINE}/alpha/log/x", f"other/{good}", f"{good}0", good.replace("/alpha/", "/alpha/beta/"), good.replace("/log/", "/base/")):
            for read in (names.read_segment, names.read_manifest, names.read_branch):
                self.assertIsNone(read(TIMELINE, key))

    def test_an_archived_log_is_used_only_up_to_its_first_missing_segment(self):
        found = [self.segment(*ends) for ends in ((10, 25), (0, 10), (8, 20), (30, 40))]
        self.assertEqual(names.reached(found), 25)
        self.assertEqual(names.reached([]), 0)

    def test_an_archived_log_is_complete_if_no_segment_is_missing_up_to_the_last_segment(self):
        first, last = self.segment(0, 10), self.segment(10, 20, last=True)
        self.assertTrue(names.is_complete([last, first]))
        self.assertFalse(names.is_complete([last]))
        self.assertFalse(names.is_complete([first]))


class Listing(unittest.TestCase):
    """Provides an archive of two members, and records each request."""

    def setUp(self):
        self.bucket = support.Memory()
        # Logs 1 and 2 of alpha are closed, but log 2 is not complete in the archive. Log 3 is the current log.
        for number, ends in ((1, ((0, 10, False), (10, 20, True))), (2, ((0, 10, False),))):
            for start, end, last in ends:
                self.add("alpha", number, start, end, last, closed=True)
        for number in (1, 2, 3):
            for start in (0, 10):
                self.add("alpha", number, start, start + 10)
        self.add("bravo", 1, 0, 10)
        for key in (
            names.manifest_key("t", "alpha", names.backup_name("20261125T021700Z", 1, ((1, 5),)), b""), "t/alpha/base/20261125T021700Z-000001-1-5/0000.0123456789abcdef",
            names.branch_key("t", "alpha", "0123456789abcdef", b""), names.drill_key("t", "20261125T034300Z", True, b""),
        ):
            self.bucket.put(key, b"1")

    def add(self, member, number, start, end, last=False, closed=False):
        log = names.Log(member, "0123456789abcdef", number, f"{number:016x}")
        self.bucket.put(names.segment_key("t", names.Segment("", log, start, end, ((1, 7),), last, closed), b""), b"")

    def test_the_archive_client_lists_members_base_backups_and_branches(self):
        self.assertEqual(listing.members(self.bucket, "t"), ["alpha", "bravo"])
        self.assertEqual([(one.member, one.number, item.bytes) for one, item in listing.manifests(self.bucket, "t", "alpha")], [("alpha", 1, 1)])
        self.assertEqual([id for id, _ in listing.branches(self.bucket, "t", "alpha")], ["0123456789abcdef"])
        self.assertEqual(listing.manifests(self.bucket, "t", "bravo"), [])

    def test_the_archive_client_lists_all_segments_but_not_the_tail_of_a_complete_log(self):
        found = listing.segments(self.bucket, "t", "alpha")
        self.assertEqual(
            {log.number: [(segment.closed, segment.start) for segment, _ in items] for log, items in found.items()},
            {1: [(True, 0), (True, 10)], 2: [(True, 0), (False, 0), (False, 10)], 3: [(False, 0), (False, 10)]},
        )
        self.assertEqual([prefix.split("/")[4][:6] for prefix in self.bucket.asked[1:]], ["000002", "000003"])


class Client(unittest.TestCase):
    def setUp(self):
        self.connections, self.drops, test = 0, False, self

        class Handler(store.Handler):
            def setup(self):
                super().setup()
                test.connections += 1

            def _answer(self, status, body=b""):
                super()._answer(status, body)
                # Closes the connection without notice, like a server after an idle time.
                self.close_connection = self.close_connection or test.drops

        self.enterContext(mock.patch.multiple(store, Handler=Handler, PAGE=2))
        self.store = store.Store("bucket")
        self.store.now = lambda: 0
        self.addCleanup(self.store.close)
        self.bucket = Bucket(self.store.endpoint, "fsn1", "bucket", "KEY:SECRET\n")
        self.key = f"a/0000.{names.digest(b'content')}"

    def stored(self, key, *contents):
        """Stores versions of an object. The oldest version comes first."""
        self.store._objects[key] = [store.Version(str(number), content, 0) for number, content in enumerate(contents)]

    def refuse(self, status):
        self.store.refusal, self.store.refuse_next = status, 2

    def test_an_object_that_was_written_to_the_bucket_can_be_read(self):
        self.bucket.put(self.key, b"content")
        self.assertEqual(self.bucket.get(self.key), b"content")

    def test_writing_an_existing_object_to_the_bucket_succeeds_only_if_the_content_is_equal(self):
        self.bucket.put(self.key, b"content")
        self.bucket.put(self.key, b"content")
        self.stored(self.key, b"of somebody else")
        with self.assertRaisesRegex(Refused, "412"):
            self.bucket.put(self.key, b"content")

    def test_the_original_version_of_an_overwritten_object_is_read_from_the_bucket(self):
        self.stored(self.key, b"content", b"by an intruder")
        with contextlib.redirect_stdout(io.StringIO()) as said:
            self.assertEqual(self.bucket.get(self.key), b"content")
        self.assertEqual(said.getvalue(), f"{self.key} was overwritten; the original version is used\n")

    def test_a_damaged_object_in_the_bucket_is_reported_with_its_key(self):
        self.stored(self.key, b"kontent")
        with self.assertRaisesRegex(Refused, f"{self.key} is damaged"):
            self.bucket.get(self.key)

    def test_a_rejected_request_to_the_bucket_is_reported_with_its_status(self):
        for status in (403, 507):
            self.refuse(status)
            with self.assertRaisesRegex(Refused, str(status)):
                self.bucket.put(self.key, b"content")
        self.store.refuse_next = 0
        with self.assertRaisesRegex(Refused, "404"):
            self.bucket.get(self.key)

    def test_an_object_without_a_version_of_the_expected_digest_is_reported_as_damaged(self):
        self.stored(self.key, b"kontent")
        self.stored(f"{self.key}0", b"content")
        with self.assertRaisesRegex(Refused, "is damaged: no version matches the hash in its name$"):
            self.bucket.get(self.key)

    def test_the_archive_client_lists_all_pages_of_objects_with_a_prefix(self):
        contents = {f"a b/{number}": str(number).encode() * number for number in range(1, 6)}
        for key, content in {**contents, "b/1": b""}.items():
            self.bucket.put(key, content)
        self.assertEqual(
            list(self.bucket.list("a b/")),
            [bucket.Object(key, len(content), hashlib.md5(content).hexdigest(), "1970-01-01T00:00:00.000Z") for key, content in contents.items()],
        )
        self.assertEqual([item.key for item in self.bucket.list("a b/", "a b/3")], ["a b/4", "a b/5"])
        # The client must encode the query exactly as in the signature.
        self.assertEqual(self.store.asked[-1], "list-type=2&prefix=a%20b%2F&start-after=a%20b%2F3")

    def test_a_rejected_request_to_list_objects_is_an_error_and_not_an_empty_list(self):
        self.refuse(403)
        with self.assertRaisesRegex(Refused, "^the bucket cannot be listed: it answers 403$"):
            list(self.bucket.list(""))
        with self.assertRaisesRegex(Refused, f"^{self.key} cannot be read: the bucket answers 403$"):
            self.bucket.get(self.key)

    def test_requests_to_the_bucket_reuse_a_connection(self):
        for _ in range(3):
            list(self.bucket.list(""))
        self.assertEqual(self.connections, 1)

    def test_a_closed_connection_to_the_bucket_is_opened_again(self):
        self.drops = True
        for _ in range(3):
            list(self.bucket.list(""))
        self.assertEqual(self.connections, 3)

    def test_the_clock_of_the_bucket_is_used_instead_of_the_local_clock(self):
        self.assertLess(abs(self.bucket.now() - time.time()), 1)
        with mock.patch.object(store.Handler, "date_time_string", lambda *_: "Tue, 01 Dec 2099 12:00:00 GMT"):
            list(self.bucket.list(""))
        self.assertLess(abs(self.bucket.now() - 4_099_809_600), 60)

    def test_the_archive_client_lists_the_folders_of_all_pages_without_their_contents(self):
        for key in ("t/alpha/a/1", "t/alpha/a/2", "t/bravo/a/1", "t/charlie/a/1", "u/delta/a"):
            self.bucket.put(f"{key}.{names.digest(b'')}", b"")
        self.assertEqual(list(self.bucket.folders("t/")), ["t/alpha/", "t/bravo/", "t/charlie/"])

    def test_an_unreachable_bucket_is_reported(self):
        with self.assertRaisesRegex(Away, "^no answer from the bucket: .*refused"):
            Bucket("http://127.0.0.1:1", "fsn1", "bucket", "KEY:SECRET").put(self.key, b"content")
        with mock.patch.object(self.bucket, "_connection", side_effect=TimeoutError), self.assertRaisesRegex(Away, "^no answer from the bucket: TimeoutError$"):
            self.bucket.get(self.key)

    def test_an_invalid_or_truncated_response_of_the_bucket_is_reported(self):
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

    def test_the_archive_client_uses_tls_for_https_and_a_time_limit_of_half_a_minute(self):
        for scheme, kind in (("https", "HTTPSConnection"), ("http", "HTTPConnection")):
            with mock.patch.object(bucket.http.client, kind) as connection:
                connection.return_value.getresponse.return_value = mock.Mock(status=200, headers={}, read=lambda: b"content")
                self.assertEqual(Bucket(f"{scheme}://fsn1.example", "fsn1", "bucket", "KEY:SECRET").get(self.key), b"content")
            connection.assert_called_once_with("fsn1.example", timeout=30)


class Signature(unittest.TestCase):
    def test_the_signature_of_a_request_matches_the_example_of_the_specification(self):
        # The expected signature is from the example "list" in docs.aws.amazon.com, "Authenticating Requests: Using the Authorization
        # Header". A key file ends with a newline.
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
