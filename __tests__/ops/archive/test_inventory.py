"""Tests the inventory of an archive, which is derived from the names of the objects. Run by archive.programs.test.ts."""

import unittest

import inventory
import names
from source import Memory

TIMELINE, BRANCH = "7" * 8 + "-0000-0000-0000-000000000000", "b" * 16


class Look(unittest.TestCase):
    def setUp(self):
        self.bucket = Memory({})

    def look(self):
        return inventory.look(self.bucket, lambda text: None)["timelines"]

    def put(self, key, time="2026-11-25T20:00:00.000Z"):
        self.bucket.objects[key] = b"1234567890"
        self.bucket.times[key] = time

    def segment(self, member, number, first, last, end=10, start=0, closed=True, **more):
        log = names.Log(member, BRANCH, number, f"{number:016x}")
        segment = names.Segment("", log, start, end, ((first, last),), closed, closed)
        self.put(names.segment_key(TIMELINE, segment, b""), **more)

    def base(self, member, stamp, last, **more):
        name = names.backup_name(stamp, 1, [(1, last)])
        self.put(f"{TIMELINE}/{member}/base/{name}/0000.{names.digest(b'')}", **more)
        self.put(names.manifest_key(TIMELINE, member, name, b""), **more)

    def test_the_inventory_of_the_archive_lists_base_backups_by_upload_time(self):
        self.base("alpha", "20991124T021700Z", 5, time="2026-11-24T02:20:00.000Z")
        self.base("bravo", "20261123T021700Z", 3, time="2026-11-23T02:20:00.000Z")
        self.put(f"{TIMELINE}/alpha/base/20261125T021700Z-000001-1-9/0000.{names.digest(b'')}")
        (found,) = self.look()
        self.assertEqual(found["bases"], [{"come": "2026-11-23T02:20:00.000Z", "member": "bravo"}, {"come": "2026-11-24T02:20:00.000Z", "member": "alpha"}])
        self.assertEqual((found["members"], found["until"]), ([], None))

    def test_the_inventory_reports_transactions_that_no_member_uploaded_unless_they_have_expired(self):
        self.base("alpha", "20261124T021700Z", 100)
        # The bucket has no logs 1 to 6, because they have expired as intended.
        self.segment("alpha", 7, 90, 110)
        self.segment("bravo", 3, 101, 120)
        self.assertEqual([one["missing"] for one in self.look()], [""])
        self.base("bravo", "20261125T021700Z", 130)
        self.segment("alpha", 9, 131, 140, closed=False, time="2026-11-25T20:00:03.000Z")
        (found,) = self.look()
        self.assertEqual((found["missing"], found["until"]), (f"{TIMELINE}:121-130", "2026-11-25T20:00:03.000Z"))
        self.segment("charlie", 1, 115, 135, closed=False)
        self.assertEqual(self.look()[0]["missing"], "")

    def test_the_inventory_reports_transactions_after_a_gap_in_a_log_as_missing(self):
        self.base("alpha", "20261124T021700Z", 100)
        self.segment("alpha", 7, 100, 110)
        self.segment("alpha", 8, 112, 120, start=20, end=30)
        self.base("bravo", "20261125T021700Z", 115)
        self.assertEqual(self.look()[0]["missing"], f"{TIMELINE}:111-115")

    def test_the_inventory_of_the_archive_lists_members_branches_and_restore_drills(self):
        self.segment("alpha", 1, 1, 5)
        self.segment("alpha", 2, 6, 7, closed=False)
        self.put(f"{TIMELINE}/alpha/branch/{BRANCH}.{names.digest(b'')}", time="2026-11-20T00:00:00.000Z")
        key = names.drill_key(TIMELINE, "20261125T034300Z", False, b"")
        self.put(key)
        self.put("of-somebody-else/file")
        (found,) = self.look()
        self.assertEqual(found["members"], [{"server": "alpha", "logs": 2, "complete": 1, "until": "2026-11-25T20:00:00.000Z", "bytes": 20}])
        self.assertEqual(found["branches"], [{"id": BRANCH, "come": "2026-11-20T00:00:00.000Z"}])
        self.assertEqual(found["drills"], [{"time": "2026-11-25T03:43:00Z", "good": False, "key": key}])
