"""Tests the decision whether a member bootstraps, joins, leaves, stays or waits. Run by mysql-group.programs.test.ts."""

import itertools
import unittest
from dataclasses import replace

from decision import BOOTSTRAP, JOIN, LEAVE, STAY, WAIT, decide
from gtid import parse, subtract, union
from report import DOWN, ERROR, OFFLINE, ONLINE, RECOVERING, Report

G = "aaaaaaaa-0000-0000-0000-000000000000"
NAMES = ("alpha", "bravo", "charlie")
ADDRESSES = {"alpha": "10.0.1.11", "bravo": "10.0.1.12", "charlie": "10.0.1.13"}


def blank(name):
    return Report(name, state=OFFLINE, blank=True)


def holding(name, gtids, **more):
    return Report(name, state=OFFLINE, executed=f"{G}:{gtids}", **more)


def queued(name, gtids, received):
    """Returns the report of a member that has received transactions but has not applied them."""
    return holding(name, gtids, received=f"{G}:{received}")


def online(name, gtids="1-10", role="SECONDARY", majority=True, **more):
    return Report(name, state=ONLINE, role=role, majority=majority, executed=f"{G}:{gtids}", **more)


def facts(*reports, names=NAMES):
    return addressed(dict(zip(names, reports)))


def addressed(reports):
    return {name: report and replace(report, address=ADDRESSES.get(name, f"10.0.1.9-{name}")) for name, report in reports.items()}


class Case(unittest.TestCase):
    def assertDecides(self, me, reports, action, reason, lost=()):
        decision = decide(me, addressed(reports), lost)
        self.assertEqual(decision.action, action, decision.reason)
        self.assertIn(reason, decision.reason)


EMPTY = facts(blank("alpha"), blank("bravo"), blank("charlie"))
ONE_WITH_DATA = facts(blank("alpha"), holding("bravo", "1-9"), holding("charlie", "1-8"))
NO_GTIDS = facts(Report("alpha", state=OFFLINE), blank("bravo"), blank("charlie"))
COMPLETE_CHARLIE = facts(holding("alpha", "1-5"), holding("bravo", "1-5"), holding("charlie", "1-6"))
TWO_COMPLETE = facts(holding("alpha", "1-5"), holding("bravo", "1-6"), holding("charlie", "1-6"))
NO_MAJORITY = facts(holding("alpha", "1-6"), online("bravo", majority=False), holding("charlie", "1-6"))
ERRANT = facts(holding("alpha", "1-12"), online("bravo"), online("charlie"))
PARTLY_APPLIED = facts(blank("alpha"), queued("bravo", "1-6", "7-10"), holding("charlie", "1-10"))
NEW_MEMBER = facts(online("alpha"), online("bravo"), online("charlie"), blank("delta"), None, names=(*NAMES, "delta", "echo"))
# Each entry has the behaviour, the member that decides, the reports, the action, and a part of the reason.
DECISIONS = (
    ("in an empty group, the first member by name bootstraps", "alpha", EMPTY, BOOTSTRAP, "first start of an empty group"),
    ("in an empty group, the second member waits for the first by name", "bravo", EMPTY, WAIT, "alpha starts the group"),
    ("in an empty group, the third member waits for the first by name", "charlie", EMPTY, WAIT, "alpha starts the group"),
    ("no member bootstraps while a member does not answer", "alpha", facts(blank("alpha"), blank("bravo"), None), WAIT, "waiting for charlie"),
    ("no member bootstraps while a mysqld does not answer", "alpha", facts(blank("alpha"), Report("bravo", state=DOWN), None), WAIT, "waiting for bravo, charlie"),
    ("an empty first member does not bootstrap if another member has data", "alpha", ONE_WITH_DATA, WAIT, "bravo starts the group"),
    ("a member with data bootstraps instead of an empty first member", "bravo", ONE_WITH_DATA, BOOTSTRAP, "holds every transaction"),
    ("an empty member joins a running group", "alpha", facts(blank("alpha"), online("bravo"), online("charlie")), JOIN, "bravo, charlie"),
    ("schemas without GTIDs require an operator", "alpha", NO_GTIDS, WAIT, "operator"),
    ("schemas without GTIDs on another member require an operator", "bravo", NO_GTIDS, WAIT, "an operator must decide about data without GTIDs on alpha"),
    ("the member with all transactions bootstraps regardless of its name", "charlie", COMPLETE_CHARLIE, BOOTSTRAP, "every transaction"),
    ("a member that lacks transactions waits for the complete member", "alpha", COMPLETE_CHARLIE, WAIT, "charlie starts the group"),
    ("of equal members, the first by name bootstraps", "bravo", TWO_COMPLETE, BOOTSTRAP, "every transaction"),
    ("of equal members, the last by name waits", "charlie", TWO_COMPLETE, WAIT, "bravo starts the group"),
    ("two of three members with the same data wait for the third", "alpha", facts(holding("alpha", "1-6"), holding("bravo", "1-6"), None), WAIT, "waiting for charlie"),
    ("members wait for a member in a group without a majority", "alpha", NO_MAJORITY, WAIT, "waiting until these members have left or joined a group: bravo"),
    ("a restarted member rejoins", "alpha", facts(holding("alpha", "1-9"), online("bravo"), online("charlie")), JOIN, "bravo"),
    ("a member unknown to the existing members joins", "delta", NEW_MEMBER, JOIN, "alpha, bravo, charlie"),
    ("a transaction that the group has received but not applied is not errant", "alpha", facts(holding("alpha", "1-10"), online("bravo", "1-9", received=f"{G}:10"), None), JOIN, "bravo"),
    ("errant transactions are reported and prevent a join", "alpha", ERRANT, WAIT, f"{G}:11-12"),
    ("errant transactions are reported with the command that discards them", "alpha", ERRANT, WAIT, "mysql-group reclone"),
    ("a group without a majority is not joined", "alpha", facts(holding("alpha", "1-9"), online("bravo", majority=False), None), WAIT, "waiting for charlie"),
    ("a member waits while its own mysqld does not answer", "alpha", facts(Report("alpha"), blank("bravo"), blank("charlie")), WAIT, "mysqld does not answer"),
    ("a member waits if it has no report about itself", "alpha", {"alpha": None}, WAIT, ""),
    ("a member in state ERROR leaves the group", "alpha", facts(Report("alpha", state=ERROR), online("bravo"), online("charlie")), LEAVE, "left the group"),
    ("a recovering member stays", "alpha", facts(Report("alpha", state=RECOVERING), online("bravo"), None), STAY, "recovering"),
    ("an online member stays", "alpha", facts(online("alpha", role="PRIMARY"), None, None), STAY, "online as PRIMARY"),
    ("an online member without a majority stays", "alpha", facts(online("alpha", majority=False), None, None), STAY, "no majority"),
    ("members that applied different shares of the same transactions are equal", "bravo", PARTLY_APPLIED, BOOTSTRAP, "every transaction"),
    ("of members with the same received transactions, the last by name waits", "charlie", PARTLY_APPLIED, WAIT, "bravo starts the group"),
    (
        "received transactions do not count if all members have data, because acknowledged ones are executed",
        *("bravo", facts(queued("alpha", "1-8", "9-11"), holding("bravo", "1-10"), queued("charlie", "1-9", "10-11")), BOOTSTRAP, "every transaction"),
    ),
)


class Decisions(Case):
    def test_mysql_group_makes_the_expected_decision_for_each_state_of_the_group(self):
        for situation, me, reports, action, reason in DECISIONS:
            with self.subTest(situation):
                self.assertDecides(me, reports, action, reason)


class FirstStart(Case):
    def test_the_first_start_of_a_group_of_five_members_bootstraps_only_if_all_five_members_answer(self):
        names = ("a", "b", "c", "d", "e")
        everyone = facts(*(blank(name) for name in names), names=names)
        self.assertDecides("a", everyone, BOOTSTRAP, "first start")
        self.assertDecides("a", {**everyone, "e": None}, WAIT, "waiting for e")

    def test_members_with_different_member_lists_choose_the_same_member_for_the_bootstrap(self):
        newest = facts(blank("delta"), *(blank(name) for name in NAMES), names=("delta", *NAMES))
        # The other members are older and know delta only by the address in a view.
        older = {**facts(*(blank(name) for name in NAMES)), "10.0.1.14": blank("delta")}
        self.assertDecides("delta", newest, WAIT, "alpha starts the group")
        self.assertDecides("alpha", older, BOOTSTRAP, "first start")


class TotalOutage(Case):
    def test_members_with_diverged_transactions_wait_for_an_operator(self):
        reports = facts(holding("alpha", "1-5:7"), holding("bravo", "1-6"), holding("charlie", "1-5"))
        for me in NAMES:
            self.assertDecides(me, reports, WAIT, "alpha lacks transactions of bravo")

    def test_members_of_a_stopped_group_wait_for_a_member_that_is_joining_or_has_failed(self):
        for state in (RECOVERING, ERROR):
            reports = facts(holding("alpha", "1-6"), replace(holding("bravo", "1-6"), state=state), holding("charlie", "1-6"))
            self.assertDecides("alpha", reports, WAIT, "waiting until these members have left or joined a group: bravo")

    def test_exactly_one_member_bootstraps_the_group_unless_the_members_data_diverge(self):
        choices = ["1-4", "1-5", "1-6", "1-4:6", None]
        for chosen in itertools.product(choices, repeat=3):
            reports = {n: holding(n, gtids) if gtids else blank(n) for n, gtids in zip(NAMES, chosen)}
            starters = [me for me in NAMES if decide(me, addressed(reports)).action == BOOTSTRAP]
            divergent = "1-4:6" in chosen and "1-5" in chosen and "1-6" not in chosen
            self.assertEqual(len(starters), 0 if divergent else 1, chosen)


class RunningGroup(Case):
    def test_a_returned_member_waits_until_the_group_has_expelled_the_member_s_previous_instance(self):
        def seen(*names):
            view = tuple(ADDRESSES[name] for name in names)
            others = (online(name, view=view) for name in ("bravo", "charlie"))
            return facts(holding("alpha", "1-9"), *others)

        self.assertDecides("alpha", seen("alpha", "bravo", "charlie"), JOIN, "expelled this member's previous instance")
        self.assertDecides("alpha", seen("bravo", "charlie"), JOIN, "bravo, charlie")
        self.assertDecides("alpha", facts(holding("alpha", "1-9"), online("bravo", view=(ADDRESSES["alpha"],)), online("charlie")), JOIN, "previous instance")


class LostDisks(Case):
    """Tests members that were in the group but have lost their disk."""

    def emptied(self, *blank_ones, seen=NAMES, names=NAMES):
        seen = tuple(addressed({name: Report(name) for name in seen})[name].address for name in seen)
        return facts(*(blank(n) if n in blank_ones else holding(n, "1-6", seen=seen) for n in names), names=names)

    def test_an_operator_must_confirm_the_bootstrap_if_a_majority_of_the_members_lost_their_disks(self):
        reports = self.emptied("bravo", "charlie")
        for me in NAMES:
            self.assertDecides(me, reports, WAIT, "empty disks may have held the only copy of committed transactions: bravo, charlie;")

    def test_the_group_bootstraps_automatically_if_a_minority_of_the_members_lost_their_disks(self):
        self.assertDecides("alpha", self.emptied("charlie"), BOOTSTRAP, "every transaction")

    def test_empty_disks_after_an_interrupted_first_start_do_not_require_an_operator(self):
        self.assertDecides("alpha", self.emptied("bravo", "charlie", seen=["alpha"]), BOOTSTRAP, "every transaction")

    def test_lost_disks_of_members_that_were_declared_lost_do_not_prevent_a_bootstrap(self):
        reports = self.emptied("bravo", "charlie")
        decision = decide("alpha", reports, ("bravo", "charlie"))
        self.assertEqual(decision.action, BOOTSTRAP)
        self.assertFalse(decision.forget_received)
        self.assertDecides("alpha", reports, WAIT, "only copy of committed transactions: charlie;", lost=("bravo",))

    def test_lost_disks_and_members_declared_lost_are_counted_together(self):
        reports = self.emptied("bravo")
        del reports["charlie"]
        self.assertDecides("alpha", reports, WAIT, "only copy of committed transactions: bravo;", lost=("charlie",))

    def test_a_bootstrap_after_the_loss_of_all_disks_does_not_count_as_a_first_start(self):
        remembering = facts(*(replace(blank(name), seen=tuple(ADDRESSES.values())) for name in NAMES))
        self.assertDecides("alpha", remembering, WAIT, "alpha, bravo, charlie;")

    def test_the_number_of_lost_disks_is_compared_with_the_copies_in_the_smallest_group_that_may_serve(self):
        # With five members, a group of three can serve. A commit needs two members of a group of three, so the loss of one disk loses no
        # commit.
        five = ("a", "b", "c", "d", "e")
        self.assertDecides("a", self.emptied("e", seen=five, names=five), BOOTSTRAP, "every transaction")
        self.assertDecides("a", self.emptied("d", "e", seen=five, names=five), WAIT, "d, e;")


class Received(Case):
    """Tests transactions that were received but not applied."""

    def test_if_a_disk_is_lost_the_member_with_received_transactions_bootstraps_because_they_may_be_the_only_copy(self):
        reports = facts(blank("alpha"), holding("bravo", "1-8"), queued("charlie", "1-8", "1-10"))
        self.assertDecides("charlie", reports, BOOTSTRAP, "every transaction")
        for me in ("alpha", "bravo"):
            self.assertDecides(me, reports, WAIT, "charlie starts the group")

    def test_if_a_member_is_declared_lost_the_member_with_received_transactions_bootstraps(self):
        survivors = {"bravo": holding("bravo", "1-8"), "charlie": queued("charlie", "1-7", "5-10")}
        self.assertDecides("charlie", survivors, BOOTSTRAP, "every transaction", lost=("alpha",))
        self.assertDecides("bravo", survivors, WAIT, "charlie starts the group", lost=("alpha",))

    def test_an_operator_must_decide_if_the_received_transactions_of_two_members_both_have_gaps(self):
        reports = facts(blank("alpha"), holding("bravo", "1-8:10"), queued("charlie", "1-7", "8-9"))
        for me in NAMES:
            self.assertDecides(me, reports, WAIT, "bravo lacks transactions of charlie; charlie lacks transactions of bravo")

    def test_a_bootstrap_drops_received_transactions_only_if_all_members_have_their_data(self):
        everyone = facts(holding("alpha", "1-5"), holding("bravo", "1-6"), holding("charlie", "1-6"))
        self.assertTrue(decide("bravo", everyone).forget_received)
        self.assertFalse(decide("bravo", {**everyone, "alpha": blank("alpha")}).forget_received)
        self.assertFalse(decide("bravo", everyone, lost=("delta",)).forget_received)

    def test_at_most_one_member_bootstraps_the_group_and_it_lacks_no_transaction_of_another_member(self):
        choices = [("1-4", "1-4"), ("1-4", "1-6"), ("1-5", "3-6"), ("1-6", "5"), ("1-4", "6"), None]
        for chosen in itertools.product(choices, repeat=3):
            reports = {n: queued(n, *gtids) if gtids else blank(n) for n, gtids in zip(NAMES, chosen)}
            starters = [me for me in NAMES if decide(me, addressed(reports)).action == BOOTSTRAP]
            self.assertLessEqual(len(starters), 1, chosen)
            if None in chosen and starters:
                has = {n: parse(f"{r.executed},{r.received}") if r.executed else {} for n, r in reports.items()}
                self.assertFalse(subtract(union(*has.values()), has[starters[0]]), chosen)

    def test_a_bootstrap_reports_dropped_transactions_that_no_member_has_executed(self):
        group = (online("bravo", "1-9", received=f"{G}:10"), online("charlie", "1-9"))
        for received, unapplied in ("9-10", ""), ("9-12", f"{G}:11-12"):
            decision = decide("alpha", facts(queued("alpha", "1-8", received), *group))
            self.assertEqual((decision.action, decision.unapplied), (JOIN, unapplied))
        # The report also covers a member whose previous instance is still in the group's view.
        holding_on = (online("bravo", "1-9", view=tuple(ADDRESSES.values())), online("charlie", "1-9"))
        self.assertEqual(decide("alpha", facts(queued("alpha", "1-8", "9-12"), *holding_on)).unapplied, f"{G}:10-12")
        outage = (holding("bravo", "1-8"), queued("charlie", "1-8", "9-11"))
        self.assertEqual(decide("alpha", facts(queued("alpha", "1-8", "8-10"), *outage)).unapplied, f"{G}:9-10")
        # The member applies the received transactions before it is online, so it drops none of them.
        self.assertEqual(decide("charlie", facts(blank("alpha"), *outage)).unapplied, "")

    def test_a_received_transaction_changes_the_fingerprint_of_a_member_s_report(self):
        self.assertNotEqual(holding("alpha", "1-8").fingerprint, queued("alpha", "1-8", "9").fingerprint)
