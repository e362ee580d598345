"""Tests restores of an archive with several logs, using real MySQL, age and zstd. Run by archive.programs.test.ts."""

import json
import pathlib
import shutil
import unittest
from unittest import mock

import binlog
import names
import restore
import source
from contents import Contents
from settings import Choice
from source import BRANCH, Memory, folder_for_mysql

EVENT = "CREATE EVENT app.purge ON SCHEDULE EVERY 1 SECOND ON COMPLETION PRESERVE DO DELETE FROM app.orders"


class Restore(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = cls.enterClassContext(folder_for_mysql())
        statements = [f"INSERT INTO app.orders (text) VALUES ('order {number}')" for number in range(2, 12)]
        # Because of the pause, the DELETE is committed more than a second after the inserts.
        statements += ["SELECT CAST(1000000 * UNIX_TIMESTAMP(NOW(6)) AS UNSIGNED)", "SELECT SLEEP(1.2)", "FLUSH BINARY LOGS", "DELETE FROM app.orders WHERE id < 9"]
        cls.source = source.Source(cls.folder, statements, before=[EVENT])
        cls.between = int(cls.source.answers[-4]) + 600_000
        cls.delete = len(statements) - 3

    def setUp(self):
        self.enterContext(mock.patch.object(restore, "USER", "nobody"))
        self.said = []
        self.enterContext(mock.patch.object(restore, "say", self.said.append))
        self.objects = dict(self.source.objects)
        # Log 3 contains the DELETE. The bucket received log 3 after the DELETE.
        self.times = {f"{self.source.timeline}/{member}/tail/{BRANCH}/000003": "2099-01-01T00:00:00Z" for member in self.source.members}

    def restore(self, at="latest", **choice):
        bucket = Memory(self.objects)
        bucket.times = self.times
        done = restore.run(self.folder / "into", self.source.timeline, at, bucket, self.source.key, Choice(**choice), inspect=lambda mysql: mysql.ask("SELECT GROUP_CONCAT(id ORDER BY id) FROM app.orders"))
        return done.found, done.notes

    def without(self, member):
        self.objects = {key: content for key, content in self.objects.items() if f"/{member}/" not in key or "/manifest/" in key or "/base/" in key}

    def spoil(self, part):
        key = next(key for key in sorted(self.objects) if "/alpha/tail/" in key and part in key)
        self.objects[key] = self.objects[key][:-1] + b"!"
        return key

    ALL = ",".join(map(str, range(1, 12)))
    AFTER = "9,10,11,12"

    def test_mysql_runs_no_events_during_a_restore(self):
        self.assertEqual(self.restore(), (self.AFTER, []))

    def test_a_restore_with_a_time_before_a_delete_returns_the_deleted_rows(self):
        self.assertEqual(self.restore(restore.text_of(self.between)), (self.ALL, []))

    def test_a_restore_before_a_transaction_uses_a_base_backup_without_the_transaction(self):
        gtids = self.source.counted["gtids"]
        wrong, last = f"before {gtids.split(':')[0]}:{gtids.rpartition('-')[2]}", gtids
        # Uploads a second base backup, which was created after the DELETE.
        kept, self.source.objects = self.source.objects, {}
        self.source.manifest("bravo", "20261126T000000Z", gtids={"atLeast": last, "atMost": last}, newestCommit=2**52)
        self.objects |= self.source.objects
        self.source.objects = kept
        self.times = {f"{self.source.timeline}/bravo/manifest": "2026-11-26T00:00:00Z"}
        self.assertEqual(self.restore(wrong), (self.ALL, []))
        self.assertTrue(any("base backup of alpha" in text for text in self.said))
        self.assertFalse(any("base backup of bravo" in text for text in self.said))

    def test_a_restore_uses_an_older_base_backup_if_the_newest_is_damaged(self):
        self.source.objects, kept = {}, self.source.objects
        self.source.part += b"damaged"
        key = self.source.manifest("bravo", "20991126T000000Z")
        self.source.part = self.source.part.removesuffix(b"damaged")
        self.objects |= {**self.source.objects, key: b"other"}
        self.source.objects = kept
        self.times = {f"{self.source.timeline}/bravo/manifest": "2026-11-26T00:00:00Z"}
        found, notes = self.restore()
        self.assertEqual(found, self.AFTER)
        self.assertRegex(notes[0], "base backup of bravo at 20991126T000000Z: .* is damaged")

    def test_a_restore_uses_the_logs_of_another_member_and_reports_the_damaged_segment(self):
        key = self.spoil("/000002-")
        found, notes = self.restore()
        self.assertEqual(found, self.AFTER)
        self.assertIn(key, notes[0])

    def test_a_restore_refuses_to_end_before_an_unreadable_object_unless_two_other_members_uploaded_later_without_it(self):
        ends = [max(key for key in self.objects if f"/{member}/tail/" in key) for member in self.source.members]
        self.objects[ends[0]] = b"?"
        for end in ends[1:]:
            del self.objects[end]
        with self.assertRaisesRegex(restore.Incomplete, f"transactions are missing .*, because {ends[0]} is unreadable, and no other member has them; data can be restored up to 20"):
            self.restore()
        self.assertEqual(self.restore(restore.text_of(self.between))[0], self.ALL)
        self.times = {f"{self.source.timeline}/{member}/tail": "2026-11-27T00:00:00Z" for member in self.source.members[1:]}
        self.assertIn(ends[0], self.restore()[1][0])

    def test_a_restore_reads_the_tail_of_a_closed_log_if_the_closed_log_is_damaged(self):
        self.source.objects, kept = {}, self.source.objects
        keys = self.source.ship("alpha", closed=True)
        self.objects |= self.source.objects
        self.source.objects = kept
        self.without("bravo"), self.without("charlie")
        self.assertEqual(self.restore(), (self.AFTER, []))
        self.objects[keys[0]] = b"?"
        self.assertEqual(self.restore()[0], self.AFTER)

    def test_a_restore_excludes_a_server_a_log_or_later_uploads_if_the_operator_requests_it(self):
        first, second, third = self.source.logs
        forged = [first, second.replace(b"order 5", b"order X"), third]
        self.assertNotEqual(forged, self.source.logs)
        self.without("alpha"), self.without("charlie")
        self.source.objects, kept = {}, self.source.objects
        self.source.ship("charlie", forged)
        self.objects |= self.source.objects
        self.source.objects = kept
        with self.assertRaisesRegex(restore.Incomplete, "bravo and charlie contradict each other about transaction .* --exclude-server bravo or --exclude-server charlie"):
            self.restore()
        log = f"charlie/000002-{binlog.identity(forged[1])}"
        self.times = {f"{self.source.timeline}/charlie": "2026-11-27T00:00:00Z"}
        for choice in ({"excludeServers": ("charlie",)}, {"excludeLogs": (log,)}, {"uploadedBefore": "2026-11-26T00:00:00Z"}):
            self.assertEqual(self.restore(**choice)[0], self.AFTER, choice)

    def test_a_restore_excludes_a_forged_log_of_one_of_three_members(self):
        first, second, third = self.source.logs
        forged = [first, second.replace(b"order 5", b"order X"), third]
        self.without("charlie")
        self.source.objects, kept = {}, self.source.objects
        self.source.ship("charlie", forged)
        self.objects |= self.source.objects
        self.source.objects = kept
        found, notes = self.restore()
        self.assertEqual(found, self.AFTER)
        self.assertRegex(notes[0], "^charlie is excluded from charlie/000002-.* differs from the other members' transaction$")

    def test_a_member_has_one_vote_about_a_branch_regardless_of_how_many_descriptions_it_uploads(self):
        def describe(member, parent, **more):
            content = json.dumps({"parent": parent, "forked": "", "begun": "2026-11-25 02:20:00", **more}).encode()
            self.objects[names.branch_key(self.source.timeline, member, BRANCH, content)] = content

        for count in range(3):
            describe("alpha", "f" * 16, count=count)
        describe("bravo", None), describe("charlie", None)
        contents = Contents(Memory(self.objects), self.source.timeline, Choice(), lambda text: None)
        self.addCleanup(contents.close)
        self.assertIsNone(contents.branches[BRANCH].parent)

    def test_a_restore_excludes_the_rest_of_a_log_that_cannot_be_parsed(self):
        first, second, third = self.source.logs
        _, _, end = next(binlog.events(third))
        damaged = third[:end] + binlog.HEADER.pack(0, binlog.PREVIOUS_GTIDS, 1, binlog.HEADER.size + 12, 0, 0) + b"\xff" * 12
        self.source.objects, kept = {}, self.source.objects
        self.source.ship("alpha", [first, second, damaged])
        self.objects |= self.source.objects
        self.source.objects = kept
        found, notes = self.restore()
        self.assertEqual(found, self.AFTER)
        self.assertRegex(notes[0], "^the rest of alpha/000003-")

    def test_a_restore_ignores_the_logs_of_another_branch_with_other_transactions_of_the_same_gtids(self):
        first, second, third = self.source.logs
        self.source.objects, kept = {}, self.source.objects
        # Two of three members upload the logs of the other branch, so a restore that reads this branch would apply its transactions.
        for member in ("bravo", "charlie"):
            self.without(member)
            self.source.ship(member, [first, second.replace(b"order 5", b"order X"), third], branch="c" * 16)
        self.objects |= self.source.objects
        self.source.objects = kept
        self.assertEqual(self.restore(branch=BRANCH), (self.AFTER, []))

    def test_a_restore_applies_the_transactions_of_an_ancestor_only_up_to_the_fork(self):
        source, branch = self.source.gtids.rpartition("-")[0], "c" * 16
        forked = f"{source}-{int(self.source.gtids.rpartition('-')[2]) + 3}"
        content = json.dumps({"parent": BRANCH, "forked": forked, "begun": "2026-11-25 02:20:00"}).encode()
        self.objects[names.branch_key(self.source.timeline, "alpha", branch, content)] = content
        self.assertEqual(self.restore(branch=branch), ("1,2,3,4", []))

    def test_a_restore_fails_without_enough_disk_space(self):
        with mock.patch.object(restore.shutil, "disk_usage", return_value=mock.Mock(free=100 << 20)), self.assertRaisesRegex(OSError, "needs 5\\d\\d MiB, but 100 MiB are free"):
            self.restore()
        self.assertFalse((self.folder / "into" / "data").exists())

    def test_a_restore_fails_if_mysql_rejects_the_log_events(self):
        shutil.rmtree(self.folder / "into", ignore_errors=True)
        with mock.patch.object(restore.Feed, "write", lambda feed, change: feed._events.stdin.write(b"no log at all" * 100)), self.assertRaises(restore.Incomplete):
            self.restore()
