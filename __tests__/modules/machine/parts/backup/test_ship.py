"""Tests the deletion of logs, the reported problems and the schedule of base backups. Run by backup.programs.test.ts."""

import json
import pathlib
import tempfile
import unittest
from unittest import mock

import support  # noqa: F401
import ship
from base import TURN_SECONDS, overdue_seconds, whose_turn
from names import stamp
from ship import BASE, BEHIND, DRILL, GAP, KEEP_SECONDS, REFUSED, problems, purge

LOGS = [f"binlog.00000{number}" for number in range(1, 5)]
OLD = KEEP_SECONDS + 1


class Purge(unittest.TestCase):
    def purge(self, ages, whole, most=1000):
        return purge(dict.fromkeys(LOGS, 100), dict(zip(LOGS, ages)), set(whole), most)

    def test_mysql_backup_keeps_recent_binary_logs(self):
        self.assertEqual(self.purge((KEEP_SECONDS, 9, 9, 0), LOGS), (None, []))

    def test_mysql_backup_purges_old_binary_logs_that_were_uploaded(self):
        self.assertEqual(self.purge((OLD, OLD, 9, 0), LOGS), (LOGS[2], []))

    def test_mysql_backup_keeps_all_old_binary_logs_from_the_first_log_that_is_not_uploaded(self):
        self.assertEqual(self.purge((OLD, OLD, OLD, 0), [LOGS[0], LOGS[2]]), (LOGS[1], []))

    def test_mysql_backup_purges_binary_logs_above_the_size_limit_and_returns_the_lost_logs(self):
        self.assertEqual(self.purge((9, 9, 9, 0), [LOGS[0]], most=250), (LOGS[2], [LOGS[1]]))

    def test_mysql_backup_keeps_the_current_binary_log_regardless_of_its_size(self):
        self.assertEqual(self.purge((9, 9, 9, 0), [], most=1)[0], LOGS[3])


class Problems(unittest.TestCase):
    def problems(self, now=1_000_000, **changes):
        state = {"at": now, "behindSeconds": 0, "problem": None, "refused": False, "base": stamp(now - 3600), "firstBase": stamp(now - 3600), "drill": None, "goodDrill": None, "gap": ""}
        return list(problems({**state, **changes}, now, 24))

    def cause(self, words, found):
        """Returns the cause of the only reported problem. Also checks that the problem's message contains `words`."""
        ((cause, said),) = found
        self.assertIn(words, said)
        return cause

    def test_a_healthy_archive_has_no_problems(self):
        self.assertEqual(self.problems(), [])

    def test_a_dead_or_stuck_mysql_backup_daemon_is_reported_as_a_problem(self):
        self.assertEqual(self.cause("does not run", problems(None, 0, 24)), BEHIND)
        self.assertEqual(self.problems(at=1_000_000 - 90), [])
        self.assertEqual(self.cause("does not run", self.problems(at=1_000_000 - 120, base=None)), BEHIND)

    def test_an_archive_with_a_delay_is_reported_with_the_reason(self):
        self.assertEqual(self.problems(behindSeconds=60), [])
        self.assertEqual(self.cause("61 s behind: no answer", self.problems(behindSeconds=61, problem="no answer")), BEHIND)
        self.assertEqual(self.problems(behindSeconds=61), [(BEHIND, "the archive is 61 s behind: the upload is slower than the writes")])
        self.assertEqual(self.cause("mysqld refused", self.problems(problem="mysqld refused (1045): no")), BEHIND)

    def test_a_bucket_that_rejects_writes_is_reported_at_once_and_as_the_only_problem(self):
        for seconds in (3, 90):
            found = self.problems(behindSeconds=seconds, problem="the bucket answers 403", refused=True)
            self.assertEqual(self.cause(f"the archive is {seconds} s behind: the bucket answers 403", found), REFUSED)

    def test_a_late_or_missing_base_backup_is_reported_as_a_problem(self):
        self.assertEqual(self.problems(base=stamp(1_000_000 - 26 * 3600)), [])
        self.assertEqual(self.cause("the last base backup is 26 hours old: check journalctl -u mysql-base", self.problems(base=stamp(1_000_000 - 26 * 3600 - 1))), BASE)
        self.assertEqual(self.problems(base=None), [(BASE, "there is no base backup yet, so nothing can be restored")])
        # mysql-backup has not read the content of the archive yet.
        self.assertEqual(self.problems(base=None, behindSeconds=1), [])
        # mysql-backup finds a base backup that was made in time before this limit.
        self.assertLess(ship.LOOK_SECONDS, ship.LATE_BASE_HOURS * 3600 / 2)

    def test_a_failed_or_outdated_restore_drill_is_reported_as_a_problem(self):
        day = 86400
        good, bad = [stamp(1_000_000 - 9 * day), True], [stamp(1_000_000 - day), False]
        self.assertEqual(self.cause("failed", self.problems(drill=bad, goodDrill=good[0])), DRILL)
        self.assertEqual(self.cause("since " + good[0], self.problems(drill=good, goodDrill=good[0], firstBase=stamp(1))), DRILL)
        self.assertEqual(self.problems(drill=[stamp(1_000_000 - 8 * day), True], goodDrill=stamp(1_000_000 - 8 * day)), [])

    def test_a_missing_restore_drill_is_reported_after_a_week(self):
        self.assertEqual(self.cause("no restore drill has succeeded", self.problems(firstBase=stamp(1_000_000 - 9 * 86400))), DRILL)

    def test_transactions_missing_in_the_bucket_are_reported_as_a_problem(self):
        self.assertEqual(self.cause("transactions u:201-300", self.problems(gap="u:201-300")), GAP)

    def test_several_problems_of_the_archive_are_reported_separately(self):
        found = self.problems(behindSeconds=61, base=stamp(1_000_000 - 27 * 3600), gap="u:201-300")
        self.assertEqual([cause for cause, _ in found], [BEHIND, BASE, GAP])


class Written(unittest.TestCase):
    def test_mysql_backup_syncs_its_state_file_before_it_renames_the_file(self):
        file, synced = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()), "state.json"), []
        file.write_text("before")
        with mock.patch("os.fsync", lambda opened: synced.append((pathlib.Path(f"/proc/self/fd/{opened}").read_text(), file.read_text()))):
            ship.write(file, {"files": []})
        self.assertEqual((synced, file.read_text()), ([('{"files": []}', "before")], '{"files": []}'))


class Turn(unittest.TestCase):
    MEMBERS = [("a", "SECONDARY"), ("b", "PRIMARY"), ("c", "SECONDARY")]

    def test_replicas_make_base_backups_in_turn_and_the_primary_makes_none(self):
        turns = [whose_turn(self.MEMBERS, {}, n * TURN_SECONDS) for n in range(4)]
        self.assertEqual(turns, ["a", "c", "a", "c"])

    def test_the_replica_with_the_oldest_base_backup_makes_the_next_base_backup(self):
        self.assertEqual([whose_turn(self.MEMBERS, {"a": 2, "c": 1}, seconds) for seconds in (0, TURN_SECONDS)], ["c", "a"])

    def test_a_primary_without_replicas_makes_the_base_backup_itself(self):
        self.assertEqual(whose_turn([("b", "PRIMARY")], {}, 0), "b")

    def test_no_member_makes_a_base_backup_if_no_member_is_online(self):
        self.assertIsNone(whose_turn([], {}, 0))


class Due(unittest.TestCase):
    HOUR = 3600

    def overdue(self, *hours, gap=0):
        """Returns the number of hours for which a base backup is overdue. `hours`: hours since each member's last base backup."""
        now = 1000 * self.HOUR
        made = {str(index): now - each * self.HOUR for index, each in enumerate(hours)}
        return overdue_seconds(now, made, 24 * self.HOUR, now - gap * self.HOUR if gap else 0) / self.HOUR

    def test_a_base_backup_is_due_a_day_after_the_last_base_backup_of_any_member(self):
        self.assertEqual([self.overdue(23, 47, 47), self.overdue(26, 47, 48)], [-1, 2])

    def test_a_base_backup_is_due_two_days_after_the_last_base_backup_of_all_other_members(self):
        self.assertEqual(self.overdue(1, 49, 50), 1)
        self.assertEqual(self.overdue(1), -23)

    def test_a_base_backup_is_due_at_once_after_a_gap_until_a_base_backup_was_made(self):
        self.assertEqual(self.overdue(3, 20, gap=1), 1)
        self.assertEqual(self.overdue(1, 20, gap=2), -23)


