"""What names in the bucket tell. Run by archive.programs.test.ts."""

import unittest
from unittest import mock

import inventory
import names
from bucket import Object

TIMELINE, OTHER, A, B = (f"{letter * 8}-0000-0000-0000-000000000000" for letter in "78ab")


class Look(unittest.TestCase):
    def look(self, *objects):
        bucket = mock.Mock(list=lambda prefix: (Object(key, 10, "", time) for key, time in objects))
        return inventory.look(bucket)["timelines"]

    def piece(self, server, file, start, end, time="2026-11-25T20:00:00.000Z"):
        return names.piece_key(TIMELINE, server, file, start, end, False, b""), time

    def base(self, time, part=b"manifest"):
        return f"{TIMELINE}/base/{time}-{A}/{'manifest' if part == b'manifest' else '0000'}.{names.digest(part)}", "2026-11-25T02:00:00.000Z"

    def test_bases_count_when_they_are_whole(self):
        (found,) = self.look(self.base("20261124T021700Z"), self.base("20261124T021700Z", b"part"), self.base("20261125T021700Z", b"part"))
        self.assertEqual(found["bases"], [{"time": "2026-11-24T02:17:00Z", "bytes": 20}])

    def test_holes_are_found_in_a_log_and_between_logs(self):
        (found,) = self.look(
            self.piece(A, "binlog.999998", 0, 10), self.piece(A, "binlog.999998", 20, 30), self.piece(A, "binlog.1000000", 0, 10),
            self.piece(B, "binlog.999999", 0, 10), self.piece(B, "binlog.1000000", 0, 10, "2026-11-25T20:00:03.000Z"),
        )
        self.assertEqual([member["holes"] for member in found["members"]], [["binlog.999998 has a hole at byte 10", "no log between binlog.999998 and binlog.1000000"], []])
        self.assertEqual(found["until"], "2026-11-25T20:00:03.000Z")

    def test_timelines_come_by_their_last_log_with_how_far_and_how_large_they_are(self):
        came = [(TIMELINE, 0, "01"), (OTHER, 0, "02"), (OTHER, 20, "09"), (OTHER, 10, "05")]
        found = self.look(*((names.piece_key(timeline, A, "binlog.000001", start, start + 10, False, b""), second) for timeline, start, second in came))
        told = [(one["name"], one["oldest"], one["until"], one["bytes"], one["members"]) for one in found]
        member = {"server": A, "holes": []}
        self.assertEqual(told, [(OTHER, "02", "09", 30, [{**member, "bytes": 30, "until": "09"}]), (TIMELINE, "01", "01", 10, [{**member, "bytes": 10, "until": "01"}])])

    def test_drills_are_read_from_their_names(self):
        drills = [(names.drill_key(TIMELINE, time, good, b""), "") for time, good in (("20261124T034300Z", True), ("20261125T034300Z", False))]
        (found,) = self.look(self.base("20261124T021700Z"), *drills)
        self.assertEqual([(one["time"], one["good"]) for one in found["drills"]], [("2026-11-24T03:43:00Z", True), ("2026-11-25T03:43:00Z", False)])

    def test_what_is_not_ours_is_no_timeline(self):
        self.assertEqual(self.look(("check/log/20261125T034300Z.0123456789abcdef", ""), ("readme", "")), [])
