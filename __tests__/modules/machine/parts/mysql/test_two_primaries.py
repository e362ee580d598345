"""
Tests the case that two members report to be the primary. Only one of the two members stays the primary, and the other member rejects
writes. Run by mysql-group.programs.test.ts.
"""

import itertools
import unittest
from dataclasses import replace
from unittest import mock

from support import SETTINGS, OnVolume
from test_liveness import DaemonCase

from decision import LEAVE, STAY, decide
from observer import CALM_SECONDS, INTERVAL_SECONDS, SLEPT_SECONDS, Observer
from report import DOWN, OFFLINE, ONLINE, RECOVERING, Report, primary_problem

ADDRESSES = {"alpha": "10.0.1.11", "bravo": "10.0.1.12", "charlie": "10.0.1.13", "delta": "10.0.1.14", "echo": "10.0.1.15"}


def member(name, *view, role="SECONDARY", **more):
    """Returns the report of a member whose group has this view."""
    addresses = tuple(ADDRESSES[other] for other in (view or (name,)))
    writable = role == "PRIMARY"
    more = {"majority": True, "quorum": True, "reachable": addresses, **more}
    return Report(name, ONLINE, role, writable, view=addresses, address=ADDRESSES[name], **more)


def primary(name, *view, **more):
    return member(name, *view, role="PRIMARY", **more)


class Case(unittest.TestCase):
    def actions(self, *reports, silent=()):
        """Returns the action of each reporting member. The `silent` members do not answer."""
        known = {report.server: report for report in reports} | {name: None for name in silent}
        return {report.server: decide(report.server, known).action for report in reports}

    def assertOnlyLeaves(self, leaving, *reports, **more):
        expected = {report.server: LEAVE if report.server in leaving else STAY for report in reports}
        self.assertEqual(self.actions(*reports, **more), expected)


class TwoGroups(Case):
    def test_if_there_are_two_groups_the_group_with_the_majority_of_known_members_stays(self):
        rest = ("bravo", "charlie")
        self.assertOnlyLeaves(["alpha"], primary("alpha"), primary("bravo", *rest), member("charlie", *rest))

    def test_if_there_are_two_groups_the_group_with_the_majority_stays_even_if_its_other_member_does_not_answer(self):
        self.assertOnlyLeaves(["alpha"], primary("alpha"), primary("bravo", "bravo", "charlie"), silent=["charlie"])

    def test_if_there_are_two_groups_without_a_majority_of_the_known_members_neither_group_stays(self):
        self.assertOnlyLeaves(["alpha", "bravo"], primary("alpha"), primary("bravo"), silent=["charlie"])
        halves = [primary("alpha", "alpha", "bravo"), member("bravo", "alpha", "bravo")]
        halves += [primary("charlie", "charlie", "delta"), member("delta", "charlie", "delta")]
        self.assertOnlyLeaves(["alpha", "charlie"], *halves)

    def test_of_any_two_groups_only_the_larger_group_stays(self):
        for split in itertools.product((True, False), repeat=5):
            sides = [[name for name, side in zip(ADDRESSES, split) if side == which] for which in (True, False)]
            if all(sides):
                reports = [(primary if name == side[0] else member)(name, *side) for side in sides for name in side]
                larger = max(sides, key=len)
                leaving = [side[0] for side in sides if side is not larger]
                self.assertOnlyLeaves(leaving, *reports)

    def test_a_single_primary_stays_primary_while_no_other_member_is_in_a_group(self):
        off = Report("bravo", OFFLINE, address=ADDRESSES["bravo"])
        self.assertEqual(self.actions(primary("alpha"), off, silent=["charlie"])["alpha"], STAY)
        lost = replace(member("bravo", "bravo", "charlie"), majority=False)
        self.assertEqual(self.actions(primary("alpha"), lost, silent=["charlie"])["alpha"], STAY)


class ExpelledPrimary(Case):
    """Tests an expelled primary. alpha was expelled but still reports PRIMARY with its old view. bravo is the new primary."""

    stale = primary("alpha", "alpha", "bravo", "charlie")
    new = primary("bravo", "bravo", "charlie")

    def test_an_expelled_primary_leaves_the_group_and_the_new_primary_stays(self):
        self.assertOnlyLeaves(["alpha"], self.stale, self.new, member("charlie", "bravo", "charlie"))
        self.assertOnlyLeaves([], self.stale, self.new, silent=["charlie"])
        self.assertEqual(self.actions(self.new, self.stale, silent=["charlie"])["bravo"], STAY)

    def test_an_expelled_primary_leaves_if_its_view_is_older_than_the_view_of_the_new_primary(self):
        stale = primary("alpha", "alpha", "charlie")
        self.assertOnlyLeaves(["alpha"], stale, self.new, member("charlie", "bravo", "charlie"))

    def test_a_primary_that_does_not_trust_its_majority_is_ignored(self):
        forced, sleeper = primary("alpha"), primary("bravo", "bravo", "charlie")
        self.assertEqual(self.actions(forced, sleeper, silent=["charlie"])["alpha"], LEAVE)
        self.assertEqual(self.actions(forced, replace(sleeper, unsure=True), silent=["charlie"])["alpha"], STAY)

    def test_an_expelled_primary_leaves_only_after_five_seconds_because_mysql_usually_reports_the_expulsion_itself(self):
        known = {report.server: report for report in (self.stale, self.new, member("charlie", "bravo", "charlie"))}
        self.assertEqual(decide("alpha", known).after_seconds, 5)

    def test_a_primary_that_does_not_trust_its_majority_or_is_left_out_of_the_current_group_rejects_writes(self):
        self.assertIsNone(primary_problem(self.stale))
        self.assertEqual(primary_problem(replace(self.stale, disowned=True)), "the other members form a group without this primary")
        self.assertIn("not checked yet", primary_problem(replace(self.stale, unsure=True)))

    def test_an_expelled_replica_is_handled_by_mysql_alone(self):
        rest = ("bravo", "charlie")
        self.assertOnlyLeaves([], member("alpha", "alpha", *rest), primary("bravo", *rest), member("charlie", *rest))


class Unsure(OnVolume):
    """Tests when a report is marked as unsure. `read` observes mysqld once. `asked` asks the other members once."""

    def setUp(self):
        super().setUp()
        self.observer, self.now = Observer(SETTINGS), 1000.0

    def read(self, report, seconds=INTERVAL_SECONDS):
        self.now += seconds
        self.observer._keep(report, self.now)
        return self.unsure()

    def asked(self, disowned=False):
        self.observer.heard(self.now, disowned)
        return self.unsure()

    def unsure(self):
        with mock.patch("time.monotonic", lambda: self.now):
            return self.observer.latest().unsure

    on, cut_off = primary("alpha"), replace(primary("alpha"), majority=False)

    def test_a_member_does_not_trust_its_majority_until_it_has_asked_the_other_members_once(self):
        self.assertTrue(self.read(self.on))
        self.assertFalse(self.asked())

    def test_a_member_that_reports_a_majority_always_trusts_it_so_that_a_new_primary_serves_at_once(self):
        self.read(member("alpha"))
        self.asked()
        for _ in range(100):
            self.assertFalse(self.read(member("alpha")))
        self.assertFalse(self.read(self.on))

    def test_a_member_that_lost_the_majority_does_not_trust_a_new_majority_until_it_has_paused_and_asked_the_others_again(self):
        self.read(self.on)
        self.asked()
        self.read(self.cut_off)
        self.assertTrue(self.read(self.on, 1))
        self.assertTrue(self.asked())
        self.assertTrue(self.read(self.on, CALM_SECONDS - 1))
        self.assertFalse(self.asked())

    def test_a_member_does_not_trust_its_majority_after_a_sleep_of_the_machine_or_a_silence_of_mysqld(self):
        for silence in (), (Report("alpha", DOWN),) * 3:
            self.read(self.on)
            self.asked()
            for report in silence:
                self.read(report, SLEPT_SECONDS / 4)
            self.assertTrue(self.read(self.on, SLEPT_SECONDS / (1 + len(silence)) + 0.1))
            self.assertTrue(self.asked())
            self.now += CALM_SECONDS
            self.asked()

    def test_a_member_trusts_its_majority_after_a_pause_that_is_too_short_for_an_expulsion(self):
        self.read(self.on)
        self.asked()
        self.read(Report("alpha", DOWN))
        self.assertFalse(self.read(self.on, SLEPT_SECONDS - INTERVAL_SECONDS))

    def test_a_member_that_joins_from_outside_a_group_trusts_its_majority_after_it_has_asked_the_other_members_once(self):
        for state in (OFFLINE, RECOVERING):
            self.assertTrue(self.read(Report("alpha", state)))
            self.assertFalse(self.asked())
            self.assertFalse(self.read(self.on))

    def test_the_report_of_a_member_contains_whether_the_other_members_form_a_group_without_it(self):
        for disowned in (True, False):
            self.observer.heard(self.now, disowned)
            self.assertEqual(self.observer.latest().disowned, disowned)


class Daemon(DaemonCase):
    def setUp(self):
        super().setUp()
        self.heard = self.enterContext(mock.patch.object(self.daemon._observer, "heard"))

    def test_the_daemon_records_that_the_other_members_form_a_group_without_it_and_leaves_if_this_persists(self):
        self.mine = ExpelledPrimary.stale
        self.others = {"bravo": ExpelledPrimary.new, "charlie": member("charlie", "bravo", "charlie")}
        self.assertEqual([self.step(2.5) for _ in range(3)], [[], [], ["leave"]])
        self.assertEqual([call.kwargs for call in self.heard.mock_calls], [{"disowned": True}] * 3)

    def test_the_daemon_asks_the_other_members_while_it_is_online_and_records_the_time(self):
        self.mine = primary("alpha", "alpha", "bravo", "charlie")
        with mock.patch("time.monotonic", lambda: 7.0):
            self.step()
        self.heard.assert_called_once_with(7.0, disowned=False)
