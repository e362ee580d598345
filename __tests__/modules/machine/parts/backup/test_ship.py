"""What a member may let go, what it complains of, and who copies. Run by backup.test.ts."""

import pathlib
import tempfile
import types
import unittest
from unittest import mock

import support  # noqa: F401
import ship
from base import TURN_SECONDS, whose_turn
from bucket import Refused
from names import stamp
from ship import KEEP_SECONDS, problems, purge

LOGS = [f"binlog.00000{number}" for number in range(1, 5)]
OLD = KEEP_SECONDS + 1


class Purge(unittest.TestCase):
    def purge(self, ages, whole, most=1000):
        return purge(dict.fromkeys(LOGS, 100), dict(zip(LOGS, ages)), set(whole), most)

    def test_young_ones_stay(self):
        self.assertEqual(self.purge((9, 9, 9, 0), LOGS), (None, []))

    def test_old_ones_that_are_shipped_go(self):
        self.assertEqual(self.purge((OLD, OLD, 9, 0), LOGS), (LOGS[2], []))

    def test_old_ones_that_are_not_shipped_stay_and_so_do_all_after_them(self):
        self.assertEqual(self.purge((OLD, OLD, OLD, 0), [LOGS[0], LOGS[2]]), (LOGS[1], []))

    def test_beyond_the_bound_they_go_and_are_named(self):
        self.assertEqual(self.purge((9, 9, 9, 0), [LOGS[0]], most=250), (LOGS[2], [LOGS[1]]))

    def test_the_current_one_stays_however_large(self):
        self.assertEqual(self.purge((9, 9, 9, 0), [], most=1)[0], LOGS[3])


class Problems(unittest.TestCase):
    def problems(self, now=1_000_000, **changes):
        state = {"at": now, "behindSeconds": 0, "problem": None, "base": stamp(now - 3600), "firstBase": stamp(now - 3600), "drill": None, "goodDrill": None, "lost": []}
        return list(problems({**state, **changes}, now, 24))

    def test_none(self):
        self.assertEqual(self.problems(), [])

    def test_a_daemon_that_is_dead_or_stuck(self):
        self.assertIn("does not run", list(problems(None, 0, 24))[0])
        self.assertIn("does not run", self.problems(at=1_000_000 - 120)[0])

    def test_behind_with_the_reason(self):
        self.assertEqual(self.problems(behindSeconds=50), [])
        (said,) = self.problems(behindSeconds=61, problem="the bucket answers 403")
        self.assertIn("61 s behind: the bucket answers 403", said)

    def test_a_base_that_is_late_or_missing(self):
        self.assertEqual(self.problems(base=stamp(1_000_000 - 25 * 3600)), [])
        self.assertIn("27 hours old", self.problems(base=stamp(1_000_000 - 27 * 3600))[0])
        self.assertIn("no base", self.problems(base=None)[0])

    def test_a_drill_that_failed_or_is_old(self):
        day = 86400
        good, bad = [stamp(1_000_000 - 9 * day), True], [stamp(1_000_000 - day), False]
        self.assertIn("failed", self.problems(drill=bad, goodDrill=good[0])[0])
        self.assertIn("since " + good[0], self.problems(drill=good, goodDrill=good[0], firstBase=stamp(1))[0])
        self.assertEqual(self.problems(drill=[stamp(1_000_000 - 7 * day), True], goodDrill=stamp(1_000_000 - 7 * day)), [])

    def test_an_archive_without_any_drill_is_given_a_week(self):
        self.assertIn("no restore has been tried", self.problems(firstBase=stamp(1_000_000 - 9 * 86400))[0])

    def test_logs_that_are_lost_are_named(self):
        self.assertIn("binlog.000007", self.problems(lost=["binlog.000007"])[0])


class Turn(unittest.TestCase):
    MEMBERS = [("a", "SECONDARY"), ("b", "PRIMARY"), ("c", "SECONDARY")]

    def test_replicas_in_turn_and_never_the_primary(self):
        turns = [whose_turn(self.MEMBERS, n * TURN_SECONDS) for n in range(4)]
        self.assertEqual(turns, ["a", "c", "a", "c"])

    def test_a_primary_alone_does_it(self):
        self.assertEqual(whose_turn([("b", "PRIMARY")], 0), "b")

    def test_nobody_is_online(self):
        self.assertIsNone(whose_turn([], 0))


class BucketAway(unittest.TestCase):
    """From the start of mysql-backup on, so that it does not even know what was shipped."""

    def setUp(self):
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        for name in LOGS:
            (folder / name).write_bytes(b"")
        self.done = []
        answers = {
            "SELECT @@server_uuid": [("server", f"{folder}/binlog")],
            "SHOW BINARY LOG STATUS": [(LOGS[-1], 5)],
            "SHOW BINARY LOGS": [(name, 100) for name in LOGS],
        }

        def rows(_, statement, values=()):
            self.done.append((statement, *values))
            return next((found for start, found in answers.items() if statement.startswith(start)), [])

        self.enterContext(mock.patch.object(ship, "rows", rows))
        self.enterContext(mock.patch.object(ship, "connect"))
        bucket = mock.Mock()
        bucket.list.side_effect = Refused("no answer from the bucket")
        self.shipper = ship.Shipper(mock.Mock(timeline="t"), bucket)

    def step(self, volume_bytes):
        volume = types.SimpleNamespace(f_blocks=volume_bytes, f_frsize=1)
        with mock.patch("os.statvfs", return_value=volume), self.assertRaises(Refused):
            self.shipper._step()
        return [said for said in self.done if said[0].startswith("PURGE")]

    def test_logs_stay_while_there_is_room(self):
        self.assertEqual(self.step(volume_bytes=4000), [])

    def test_and_no_longer(self):
        self.assertEqual(self.step(volume_bytes=800), [("PURGE BINARY LOGS TO %s", LOGS[2])])
