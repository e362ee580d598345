"""Tests how long a member waits for other members. Run by mysql-group.programs.test.ts."""

import unittest
from unittest import mock

from support import ALPHA, BRAVO, CHARLIE, SETTINGS, OnVolume

import daemon
from daemon import Daemon
from decision import JOIN, LONGEST_WAIT_SECONDS, WAIT, decide
from liveness import OVERDUE_SECONDS, Reason, Unreachable
from report import OFFLINE, ONLINE, Report

VIEW = (ALPHA, BRAVO, CHARLIE)


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


class UnreachableMembers(unittest.TestCase):
    def setUp(self):
        self.clock = Clock()
        self.unreachable = Unreachable(self.clock)

    def after(self, seconds, *addresses):
        self.clock.now += seconds
        return self.unreachable.due(addresses)

    def test_mysql_group_leaves_an_unreachable_member_to_mysql_at_first(self):
        self.assertEqual(self.after(0, BRAVO), [])
        self.assertEqual(self.after(OVERDUE_SECONDS - 0.1, BRAVO), [])

    def test_an_unreachable_member_exceeds_the_time_limit_again_each_time_the_limit_has_passed(self):
        self.after(0, BRAVO)
        self.assertEqual(self.after(OVERDUE_SECONDS, BRAVO), [BRAVO])
        self.assertEqual(self.after(OVERDUE_SECONDS - 0.1, BRAVO), [])
        self.assertEqual(self.after(0.1, BRAVO), [BRAVO])

    def test_an_unreachable_member_exceeds_the_time_limit_several_times_before_the_longest_waiting_time_has_passed(self):
        self.assertLess(3 * OVERDUE_SECONDS, LONGEST_WAIT_SECONDS)

    def test_each_unreachable_member_has_its_own_time_limit(self):
        self.after(0, BRAVO)
        self.after(1, BRAVO, CHARLIE)
        self.assertEqual(self.after(OVERDUE_SECONDS - 1, BRAVO, CHARLIE), [BRAVO])
        self.assertEqual(self.after(1, BRAVO, CHARLIE), [CHARLIE])

    def test_the_time_limit_of_an_unreachable_member_restarts_after_the_member_was_reachable_again(self):
        self.after(0, BRAVO)
        self.after(OVERDUE_SECONDS - 0.1)
        self.assertEqual(self.after(0.1, BRAVO), [])
        self.assertEqual(self.after(OVERDUE_SECONDS, BRAVO), [BRAVO])


class ReasonOfAWait(unittest.TestCase):
    def test_the_time_for_which_a_reason_lasts_restarts_if_the_reason_changes(self):
        clock = Clock()
        reason = Reason(clock)
        self.assertEqual(reason.seconds("previous instance"), 0)
        clock.now += 7
        self.assertEqual(reason.seconds("previous instance"), 7)
        self.assertEqual(reason.seconds("mysqld"), 0)
        clock.now += 1
        self.assertEqual(reason.seconds("previous instance"), 0)


def on(name, role, view=VIEW, reachable=None, **more):
    more = {"majority": True, "quorum": True, "writable": role == "PRIMARY", **more}
    return Report(name, state=ONLINE, role=role, view=view, reachable=reachable or view, **more)


OUT = Report("alpha", state=OFFLINE, blank=True, address=ALPHA)


class Waits(unittest.TestCase):
    def decide(self, view):
        decision = decide("alpha", {"alpha": OUT, "bravo": on("bravo", "PRIMARY", view), "charlie": None})
        return decision.action, decision.after_seconds

    def test_a_member_that_waits_for_its_expulsion_finally_tries_to_join(self):
        self.assertEqual(self.decide(VIEW), (JOIN, 30))

    def test_a_member_that_waits_for_any_other_reason_has_no_time_limit(self):
        self.assertEqual(self.decide((BRAVO,)), (JOIN, 0))
        self.assertEqual(decide("alpha", {"alpha": OUT, "bravo": None}).action, WAIT)


class DaemonCase(OnVolume):
    """Provides the daemon on alpha with a fake clock, fake statements for mysqld, and fake reports of the other members."""

    def setUp(self):
        super().setUp()
        self.clock, self.mine, self.others = Clock(), None, {}
        self.group = self.enterContext(mock.patch.object(daemon, "group"))
        self.enterContext(mock.patch.object(daemon.accounts, "ensure", lambda *_: []))
        self.enterContext(mock.patch.object(daemon, "gather", lambda *_: {"alpha": self.mine, **self.others}))
        self.said = []
        self.enterContext(mock.patch("builtins.print", lambda text: self.said.append(text)))
        self.daemon = Daemon(SETTINGS)
        self.daemon._unreachable, self.daemon._waiting = Unreachable(self.clock), Reason(self.clock)
        self.enterContext(mock.patch.object(self.daemon._observer, "fresh", lambda: self.mine))

    def step(self, seconds=1.0):
        """Advances the clock and runs one step of the daemon. @returns the actions on mysqld, without settle"""
        self.clock.now += seconds
        self.group.reset_mock()
        self.daemon._step()
        return [call[0] for call in self.group.mock_calls if call[0] != "settle"]


class Survivors(DaemonCase):
    def test_the_surviving_members_make_the_group_check_an_unreachable_member_again(self):
        for role in ("PRIMARY", "SECONDARY"):
            self.said.clear()
            self.mine = on("alpha", role, reachable=(ALPHA, CHARLIE))
            self.step()
            self.assertEqual(self.step(OVERDUE_SECONDS - 0.1), [])
            self.assertEqual(self.step(0.1), ["look_again"])
            held = f"online as {role}; the group still contains {BRAVO}, which cannot be reached"
            self.assertEqual(self.said, [held, f"asking the group to let go of {BRAVO}"])
            self.mine = on("alpha", role)
            self.assertEqual(self.step(60), [])

    def test_surviving_members_without_a_majority_leave_unreachable_members_to_mysql(self):
        self.mine = on("alpha", "PRIMARY", reachable=(ALPHA,), majority=False)
        self.step()
        self.assertEqual(self.step(60), [])


class Returned(DaemonCase):
    def setUp(self):
        super().setUp()
        self.mine, self.held = OUT, {"bravo": on("bravo", "PRIMARY"), "charlie": None}
        self.others = self.held

    def test_a_returned_member_joins_the_group_if_it_was_not_expelled_in_time(self):
        self.assertEqual(self.step(), [])
        self.assertEqual(self.step(29.9), [])
        self.assertEqual(self.step(0.1), ["join"])

    def test_the_waiting_time_of_a_returned_member_restarts_after_another_reason(self):
        self.step()
        self.others = {"bravo": None}
        self.assertEqual(self.step(29), [])
        self.others = self.held
        self.assertEqual(self.step(1), [])
        self.assertEqual(self.step(30), ["join"])

    def test_a_returned_member_joins_the_group_as_soon_as_the_group_has_expelled_it(self):
        self.step()
        self.others = {"bravo": on("bravo", "PRIMARY", (BRAVO,))}
        self.assertEqual(self.step(), ["join"])

    def test_a_returned_member_waits_without_a_time_limit_for_any_other_reason(self):
        self.others = {"bravo": None}
        self.step()
        self.assertEqual(self.step(86400), [])
