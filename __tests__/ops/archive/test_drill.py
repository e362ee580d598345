"""Tests that a restore drill with a real archive succeeds only if the archive is undamaged. Run by archive.programs.test.ts."""

import json
import pathlib
import subprocess
import tempfile
import unittest
from unittest import mock

import comparing
import drill
import names
import restore
import source
from bucket import Refused
from program import ARCHIVE
from source import folder_for_mysql
from storage import KEYS, REGION, Storage

MADE = f'<CreateBucketConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><LocationConstraint>{REGION}</LocationConstraint></CreateBucketConfiguration>'


class Drill(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = cls.enterClassContext(folder_for_mysql())
        cls.source = source.Source(cls.folder, [f"INSERT INTO app.orders (text) VALUES ('order {number}')" for number in range(20)])
        cls.other, _ = source.age_pair(cls.folder, "other")
        cls.storage = Storage()
        cls.addClassCleanup(cls.storage.close)

    def setUp(self):
        self.enterContext(mock.patch.object(restore, "USER", "nobody"))
        self.objects = dict(self.source.objects)
        self.name = self._testMethodName.replace("_", "-")[:60]

    def drill(self, key=None):
        owner = self.storage.as_("owner", self.name)
        self.assertEqual(owner.ask("PUT", content=MADE.encode())[0], 200)
        for name, content in self.objects.items():
            self.assertEqual(owner.ask("PUT", name, content=content)[0], 200)
        timeline = self.source.timeline
        told = {
            "settings": {"endpoint": self.storage.endpoint, "region": REGION, "bucket": self.name},
            "keys": KEYS,
            "timeline": timeline,
            "privateKey": (key or self.source.key).read_text(),
        }
        result = ARCHIVE.main("drill", told)
        (item,) = owner.list(f"{timeline}/drill/")
        self.assertEqual((names.read_drill(timeline, item.key)[1], json.loads(owner.get(item.key))), (result["good"], result))
        return result

    def pieces(self):
        """Returns the segments of the first log after the base backup, for each member."""
        return [sorted(key for key in self.objects if f"/{member}/tail/" in key and "/000002-" in key) for member in self.source.members]

    def spoil(self, key):
        content = bytearray(self.objects[key])
        content[len(content) // 2] ^= 1
        self.objects[key] = bytes(content)

    def assert_bad(self, words, **more):
        result = self.drill(**more)
        self.assertFalse(result["good"])
        self.assertRegex(result["problem"], words)

    def test_a_restore_drill_of_an_undamaged_archive_succeeds(self):
        result = self.drill()
        self.assertTrue(result["good"], result)
        self.assertEqual((result["rows"], result["tables"], result["excluded"]), (21, 2, []))
        self.assertGreater(result["memoryMiB"], 50)

    def test_a_restore_drill_succeeds_although_the_log_of_one_member_is_damaged(self):
        (damaged, *_), *_ = self.pieces()
        self.spoil(damaged)
        result = self.drill()
        self.assertTrue(result["good"], result)
        self.assertIn(damaged, result["excluded"][0])

    def test_a_restore_drill_detects_a_flipped_bit_in_the_logs_of_all_members(self):
        for pieces in self.pieces():
            self.spoil(pieces[2])
        self.assert_bad("transactions are missing .* but later ones exist")

    def test_a_restore_drill_detects_a_segment_missing_from_all_members(self):
        for pieces in self.pieces():
            del self.objects[pieces[2]]
        self.assert_bad("transactions are missing .* but later ones exist")

    def test_a_restore_drill_detects_a_flipped_bit_in_the_only_base_backup(self):
        self.spoil(next(key for key in self.objects if "/0000." in key))
        self.assert_bad("0000.* is damaged")

    def test_a_restore_drill_reports_the_wrong_private_key(self):
        self.assert_bad("cannot be unpacked: age: error: no identity matched", key=self.other)

    def test_a_restore_drill_detects_a_missing_end_of_the_archive(self):
        # The archive has no later data, so only the heartbeat shows the gap.
        with mock.patch.object(drill, "HEARTBEAT_SECONDS", -1):
            self.assert_bad("although the site writes a heartbeat every half minute")

    def test_a_restore_drill_uses_the_base_backup_of_another_member_and_finds_rows_that_the_newest_member_falsified(self):
        objects = self.source.objects
        self.enterContext(mock.patch.object(self.source, "objects", self.objects))
        falsified = {**self.source.counted, "rows": {**self.source.counted["rows"], "app.orders": "21 0123456789ABCDEF"}}
        self.source.manifest("bravo", "20261125T031700Z", falsified)
        self.assert_bad("app.orders has 21 [0-9A-F]+ .rows, checksum., and the group had 21 0123456789ABCDEF")
        self.objects = self.source.objects = dict(objects)
        self.source.manifest("bravo", "20261125T031700Z")
        self.name = "another-member"
        self.assertRegex(self.drill()["base"], "^alpha, ")

    def test_a_restore_drill_detects_a_changed_row_although_the_row_count_is_equal(self):
        rows = self.source.counted["rows"]
        for wrong in ("22 0", "21 0123456789ABCDEF"):
            self.objects = {key: content for key, content in self.source.objects.items() if "/base/" not in key and "/manifest/" not in key}
            kept, self.source.objects = self.source.objects, self.objects
            self.source.manifest(counted={**self.source.counted, "rows": {**rows, "app.orders": wrong}})
            self.objects, self.source.objects = self.source.objects, kept
            self.name = f"rows-{wrong[:2]}-{len(wrong)}"
            self.assert_bad(f"app.orders has 21 [0-9A-F]+ .rows, checksum., and the group had {wrong} at the same transactions")


class Result(unittest.TestCase):
    def test_any_failure_of_a_restore_drill_gives_a_bad_result_and_leaves_no_data_behind(self):
        for problem in (Refused("why"), restore.Incomplete("why"), ValueError("why"), OSError("why"), subprocess.TimeoutExpired("mysqld", 1)):
            bucket, folder = mock.Mock(), pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()), "drill")
            folder.mkdir()
            with mock.patch.object(drill, "_tried", side_effect=problem):
                result = drill.drill(bucket, "t", None, folder)
            self.assertEqual((result["good"], result["problem"], folder.exists()), (False, str(problem), False))
            self.assertIn("-bad.", bucket.put.call_args.args[0])

    def test_a_table_is_undamaged_if_the_last_line_of_check_table_is_ok(self):
        told = "app.orders\tcheck\twarning\t1 client is using it\napp.orders\tcheck\tstatus\tOK"
        drill._require_whole(mock.Mock(**{"ask.return_value": told}), "app.orders")
        with self.assertRaisesRegex(restore.Incomplete, "app.orders: Corrupt"):
            drill._require_whole(mock.Mock(**{"ask.return_value": told.replace("status\tOK", "error\tCorrupt")}), "app.orders")

    def test_statements_of_the_restore_drill_quote_all_table_and_column_names(self):
        (statement,) = comparing.statements([("app", "an.or`der", "te`xt")]).values()
        self.assertIn("FROM `app`.`an.or``der`", statement)
        self.assertIn("`te``xt`", statement)
