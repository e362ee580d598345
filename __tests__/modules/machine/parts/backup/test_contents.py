"""Tests how a restore reads logs. Run by backup.programs.test.ts."""

import itertools
import json
import pathlib
import unittest
from unittest import mock

import support
import binlog
import contents
import names
import restore
from contents import AT_A_TIME, Contents
from replay import Branch, Change, Incomplete, Wanted
from settings import Choice
from test_shipping import BRANCH, TIMELINE

LINE = [(Branch(BRANCH, None, {}, 0, {}), None)]
# Number of segments of the log. Each segment contains one transaction.
SEGMENTS = 200


def log(number):
    return names.Log("alpha", BRANCH, number, f"{number:016x}")


def transaction(number):
    return number, support.transaction(TIMELINE, number, number)


class Reading(unittest.TestCase):
    def setUp(self):
        self.bucket = support.Memory()
        self.enterContext(mock.patch.object(contents, "unseal", lambda content, identity: content))

    def upload(self, log, *transactions, time="2026-11-25T03:00:00.000Z"):
        """Uploads each transaction as a segment of the log. @returns the size of the log in bytes"""
        start = 0
        for index, (number, one) in enumerate(transactions):
            content = one if index else support.log({}, one)
            segment = names.Segment("", log, start, start + len(content), ((number, number),), False, False)
            start += len(content)
            key = names.segment_key(TIMELINE, segment, content)
            self.bucket.put(key, content)
            self.bucket.times[key] = time
        return start

    def contents(self):
        found = Contents(self.bucket, TIMELINE, Choice(), lambda text: None)
        self.addCleanup(found.close)
        return found

    def stream(self, executed=()):
        return self.contents().streams(LINE, {TIMELINE: list(executed)}, "key")["alpha"]

    def numbers(self, executed=()):
        return [item.number for item in self.stream(executed) if isinstance(item, Change)]

    def fetched(self):
        return sum(key in self.bucket.objects for key in self.bucket.asked)

    def upload_many(self):
        return self.upload(log(1), *(transaction(number) for number in range(1, SEGMENTS + 1)))

    def test_a_restore_parses_every_byte_of_a_log_only_once(self):
        size, parsed, parse = self.upload_many(), [], binlog.transactions
        with mock.patch.object(binlog, "transactions", lambda data: parsed.append(len(data)) or parse(data)):
            self.assertEqual(len(list(self.stream())), 1 + SEGMENTS)
        self.assertLessEqual(sum(parsed), size + len(binlog.MAGIC) * SEGMENTS)

    def test_a_restore_can_apply_transactions_while_later_segments_are_fetched(self):
        self.upload_many()
        list(itertools.islice(self.stream(), 3))
        self.assertLessEqual(self.fetched(), AT_A_TIME + 2)

    def test_a_restore_limits_the_total_size_of_prefetched_segments(self):
        with mock.patch.object(contents, "AHEAD_BYTES", 3 * self.upload_many() // SEGMENTS):
            list(itertools.islice(self.stream(), 3))
            self.assertLess(self.fetched(), 8)

    def test_a_restore_orders_logs_by_their_upload_because_log_numbers_restart_after_a_clone(self):
        self.upload(log(9), transaction(1))
        self.upload(log(1), transaction(2), time="2026-11-26T03:00:00.000Z")
        self.assertEqual(self.numbers(), [1, 2])

    def test_a_restore_does_not_fetch_logs_that_the_base_backup_contains(self):
        self.upload(log(1), transaction(1), transaction(2))
        self.upload(log(2), transaction(3))
        self.assertEqual(self.numbers(executed=[(1, 2)]), [3])
        self.assertEqual(self.fetched(), 1)

    def test_a_restore_ignores_an_unreadable_end_of_the_archive_only_if_other_members_uploaded_later_without_its_transactions(self):
        def unseal(content, identity):
            if content == transaction(2)[1]:
                raise ValueError("no identity matched")
            return content

        self.enterContext(mock.patch.object(contents, "unseal", unseal))
        for member, last in (("alpha", 2), ("bravo", 1), ("charlie", 1)):
            self.upload(log(1)._replace(member=member), *map(transaction, range(1, last + 1)), time=f"2026-11-25T03:0{3 - last}:00.000Z")
        executed = {TIMELINE: [(1, 1)]}

        def end():
            found = self.contents()
            for stream in found.streams(LINE, {}, "key").values():
                list(stream)
            found.require_end(LINE, executed, "a time")

        end()
        # All members encrypted their segments for a new public key, so the old private key cannot decrypt the segments.
        for member in ("bravo", "charlie"):
            self.upload(log(1)._replace(member=member), *map(transaction, (1, 2)), time="2026-11-25T03:03:00.000Z")
            self.upload(log(2)._replace(member=member), transaction(1), time="2026-11-25T03:04:00.000Z")
        self.upload(log(2), transaction(1), time="2026-11-25T03:04:00.000Z")
        with self.assertRaisesRegex(Incomplete, f"transactions are missing .{TIMELINE}:2"):
            end()

    def test_the_newest_base_backup_is_the_base_backup_that_was_uploaded_last(self):
        for member, time, year in (("alpha", "2026-11-25", 2099), ("bravo", "2026-11-26", 2026)):
            manifest = json.dumps({"format": 2, "branch": BRANCH, "gtids": {"atMost": ""}, "newestCommit": 0}).encode()
            key = names.manifest_key(TIMELINE, member, names.backup_name(f"{year}1125T000000Z", 1, []), manifest)
            self.bucket.put(key, manifest)
            self.bucket.times[key] = f"{time}T03:00:00.000Z"
        self.assertEqual([backup.member for backup, _ in self.contents().bases(Wanted("latest"), LINE)], ["bravo", "alpha"])

    def test_a_restore_without_a_usable_base_backup_lists_the_damaged_base_backups(self):
        self.upload(log(1), transaction(1))
        self.bucket.put(names.manifest_key(TIMELINE, "alpha", names.backup_name("20261125T000000Z", 1, []), b"damaged"), b"damaged")
        words = f"^there is no base backup of {TIMELINE} that can be restored to latest; base backup alpha 20261125T000000Z: Expecting value"
        with mock.patch.object(restore, "say"), self.assertRaisesRegex(Incomplete, words):
            restore.run(pathlib.Path("/nowhere"), TIMELINE, "latest", self.bucket, "key")
