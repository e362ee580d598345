"""Tests the measurement of free space on data volumes, and decisions on full volumes. Run by mysql-group.programs.test.ts."""

import os
import sys
import types
import unittest
from dataclasses import replace
from unittest import mock

# These tests do not connect to mysqld, so they also work if the driver is not installed.
sys.modules.setdefault("pymysql", types.SimpleNamespace(connect=None, Error=OSError))

import daemon
from decision import HAND_OVER, JOIN, STAY, WAIT, decide
from report import DOWN, OFFLINE, ONLINE, Report, primary_problem, replica_problem
from room import able, is_spared, room_mib
from settings import Settings

VIEW = ("10.0.1.11", "10.0.1.12", "10.0.1.13")
FULL = Report(
    "alpha", address="10.0.1.11", state=ONLINE, role="PRIMARY", writable=True, majority=True, quorum=True, view=VIEW, reachable=VIEW, roomMib=63
)
ROOMY = Report("bravo", address="10.0.1.12", state=ONLINE, role="SECONDARY", majority=True, quorum=True, view=VIEW, reachable=VIEW, roomMib=512)


def members(*others):
    return {"alpha": FULL, **{f"other-{number}": report for number, report in enumerate(others)}}


class Room(unittest.TestCase):
    def test_the_free_space_of_a_volume_excludes_the_space_that_is_reserved_for_root(self):
        facts = mock.Mock(f_bavail=3 << 18, f_bfree=9 << 18, f_frsize=4096)
        with mock.patch.object(os, "statvfs", return_value=facts):
            self.assertEqual(room_mib("/data"), 3 << 10)

    def test_the_free_space_of_an_unmounted_volume_is_unknown(self):
        self.assertEqual(room_mib("/does/not/exist"), -1)

    def test_a_primary_with_a_full_volume_rejects_writes_with_the_reason(self):
        self.assertEqual(primary_problem(FULL), FULL.fullness)
        self.assertIn("data volume is full, 63 MiB left", FULL.fullness)
        self.assertIsNone(primary_problem(replace(FULL, roomMib=64)))
        self.assertIsNone(primary_problem(replace(FULL, roomMib=-1)))

    def test_a_replica_with_a_full_volume_and_no_lag_accepts_reads(self):
        self.assertIsNone(replica_problem(replace(ROOMY, roomMib=0), 5))


class Able(unittest.TestCase):
    def test_only_online_members_with_a_majority_and_free_space_can_take_over_the_primary_role(self):
        unfit = [
            replace(ROOMY, roomMib=511),
            replace(ROOMY, state=OFFLINE),
            replace(ROOMY, state=DOWN),
            replace(ROOMY, majority=False),
            None,
        ]
        self.assertEqual(able(members(*unfit)), [])
        self.assertEqual(able({**members(*unfit), "bravo": ROOMY}), ["bravo"])

    def test_a_member_with_unknown_free_space_can_take_over_the_primary_role(self):
        self.assertEqual(able(members(replace(ROOMY, roomMib=-1))), ["other-0"])

    def test_the_group_does_not_need_a_member_if_the_other_members_are_a_majority_of_all_members(self):
        self.assertTrue(is_spared(members(ROOMY, ROOMY)))
        self.assertFalse(is_spared(members(ROOMY, None)))
        self.assertFalse(is_spared(members(ROOMY, ROOMY, None)))


class Decisions(unittest.TestCase):
    OUT = replace(FULL, state=OFFLINE, role="", majority=False, quorum=False, writable=False, blank=True, view=())
    WITHOUT = replace(ROOMY, view=VIEW[1:], reachable=VIEW[1:])

    def decide(self, mine, *others):
        return decide("alpha", {**members(*others), "alpha": mine})

    def test_a_primary_with_a_full_volume_leaves_the_group_if_it_is_not_needed_and_reports_why(self):
        decision = self.decide(FULL, ROOMY, ROOMY)
        self.assertEqual((decision.action, decision.successors), (HAND_OVER, ()))
        self.assertIn("online as PRIMARY; ", decision.reason)
        self.assertIn(FULL.fullness, decision.reason)

    def test_a_primary_with_a_full_volume_that_the_majority_needs_transfers_its_role_and_stays_in_the_group(self):
        decision = self.decide(FULL, ROOMY, replace(ROOMY, roomMib=100))
        self.assertEqual((decision.action, decision.successors), (HAND_OVER, ("other-0",)))

    def test_a_primary_with_a_full_volume_and_no_successor_stays_and_reports_the_remedy(self):
        decision = self.decide(FULL, replace(ROOMY, roomMib=100), None)
        self.assertEqual(decision.action, STAY)
        self.assertIn("mysql-data release", decision.reason)

    def test_a_primary_with_free_space_a_primary_without_a_majority_and_a_replica_with_a_full_volume_stay_in_the_group(self):
        full_replica = replace(ROOMY, server="alpha", roomMib=0)
        for mine in (replace(FULL, roomMib=64), full_replica, replace(FULL, majority=False)):
            self.assertEqual(self.decide(mine, ROOMY, ROOMY).action, STAY)
        self.assertIn(full_replica.fullness, self.decide(full_replica, ROOMY, ROOMY).reason)

    def test_a_member_with_a_full_volume_that_is_not_needed_waits_for_free_space_before_it_joins(self):
        decision = self.decide(self.OUT, self.WITHOUT, self.WITHOUT)
        self.assertEqual(decision.action, WAIT)
        self.assertIn("joins once there is free space", decision.reason)

    def test_a_member_joins_the_group_if_it_has_free_space_or_if_the_majority_needs_it(self):
        self.assertEqual(self.decide(replace(self.OUT, roomMib=64), self.WITHOUT, self.WITHOUT).action, JOIN)
        self.assertEqual(self.decide(self.OUT, self.WITHOUT, replace(self.WITHOUT, roomMib=0)).action, JOIN)


class Steps(unittest.TestCase):
    """Tests the actions of the daemon with a fake observer and a fake group."""

    def did(self, mine, *others):
        settings = Settings("alpha", "10.0.1.11", {"other-0": "10.0.1.12"}, 0, "", "", "", 5, {})
        with (
            mock.patch.object(daemon, "Observer"),
            mock.patch.object(daemon, "group") as group,
            mock.patch.object(daemon, "accounts"),
            mock.patch.object(daemon, "gather", return_value={**members(*others), "alpha": mine}),
            mock.patch("builtins.print"),
        ):
            subject = daemon.Daemon(settings)
            subject._observer.fresh.return_value = mine
            subject._step()
        self.assertTrue(all(args[0] is settings for _, args, _ in group.method_calls))
        return [(name, args[1:]) for name, args, _ in group.method_calls if name != "settle"]

    def test_a_primary_with_a_full_volume_leaves_within_a_time_limit_or_transfers_its_role(self):
        self.assertEqual(self.did(FULL, ROOMY, ROOMY), [("leave", (daemon.LEAVE_SECONDS,))])
        self.assertEqual(self.did(FULL, ROOMY, replace(ROOMY, roomMib=100)), [("step_down", (["10.0.1.12"],))])

    def test_a_member_with_a_full_volume_outside_the_group_gets_no_statement_that_would_wait_for_hanging_commits(self):
        writable = replace(FULL, state=OFFLINE, role="", majority=False, quorum=False, blank=True, view=())
        without = replace(ROOMY, view=VIEW[1:], reachable=VIEW[1:])
        self.assertEqual(self.did(writable, without, without), [])
