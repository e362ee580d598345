"""The joiner's decision, case by case. Run by mysql-group.programs.test.ts."""

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
    """Has certified and not applied what it received."""
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


class FirstStart(Case):
    everyone = facts(blank("alpha"), blank("bravo"), blank("charlie"))

    def test_the_first_by_name_starts_the_group(self):
        self.assertDecides("alpha", self.everyone, BOOTSTRAP, "first start of an empty group")

    def test_the_others_wait_for_it_by_name(self):
        for me in ("bravo", "charlie"):
            self.assertDecides(me, self.everyone, WAIT, "alpha starts the group")

    def test_nobody_starts_while_a_member_does_not_answer(self):
        self.assertDecides("alpha", facts(blank("alpha"), blank("bravo"), None), WAIT, "waiting for charlie")

    def test_nobody_starts_while_a_mysqld_does_not_answer(self):
        reports = facts(blank("alpha"), Report("bravo", state=DOWN), None)
        self.assertDecides("alpha", reports, WAIT, "waiting for bravo, charlie")

    def test_five_members_need_all_five(self):
        names = ("a", "b", "c", "d", "e")
        everyone = facts(*(blank(name) for name in names), names=names)
        self.assertDecides("a", everyone, BOOTSTRAP, "first start")
        self.assertDecides("a", {**everyone, "e": None}, WAIT, "waiting for e")

    def test_members_with_lists_of_different_age_name_the_same_one(self):
        newest = facts(blank("delta"), *(blank(name) for name in NAMES), names=("delta", *NAMES))
        # The older members know delta from a view, by its address.
        older = {**facts(*(blank(name) for name in NAMES)), "10.0.1.14": blank("delta")}
        self.assertDecides("delta", newest, WAIT, "alpha starts the group")
        self.assertDecides("alpha", older, BOOTSTRAP, "first start")


class BesideExistingData(Case):
    def test_an_empty_first_member_does_not_start_when_another_holds_data(self):
        reports = facts(blank("alpha"), holding("bravo", "1-9"), holding("charlie", "1-8"))
        self.assertDecides("alpha", reports, WAIT, "bravo starts the group")
        self.assertDecides("bravo", reports, BOOTSTRAP, "holds every transaction")

    def test_an_empty_first_member_does_not_start_when_those_with_data_are_away(self):
        self.assertDecides("alpha", facts(blank("alpha"), blank("bravo"), None), WAIT, "waiting for charlie")

    def test_an_empty_member_joins_a_running_group(self):
        self.assertDecides("alpha", facts(blank("alpha"), online("bravo"), online("charlie")), JOIN, "bravo, charlie")

    def test_schemas_without_gtids_are_left_to_an_operator(self):
        restored = Report("alpha", state=OFFLINE)
        self.assertDecides("alpha", facts(restored, blank("bravo"), blank("charlie")), WAIT, "operator")
        self.assertDecides("bravo", facts(restored, blank("bravo"), blank("charlie")), WAIT, "an operator must decide about data without GTIDs on alpha")


class TotalOutage(Case):
    def test_the_member_with_everything_starts_whatever_its_place(self):
        reports = facts(holding("alpha", "1-5"), holding("bravo", "1-5"), holding("charlie", "1-6"))
        self.assertDecides("charlie", reports, BOOTSTRAP, "every transaction")
        self.assertDecides("alpha", reports, WAIT, "charlie starts the group")

    def test_equals_leave_it_to_the_first_by_name(self):
        reports = facts(holding("alpha", "1-5"), holding("bravo", "1-6"), holding("charlie", "1-6"))
        self.assertDecides("bravo", reports, BOOTSTRAP, "every transaction")
        self.assertDecides("charlie", reports, WAIT, "bravo starts the group")

    def test_two_of_three_wait_for_the_third_even_when_both_hold_the_same(self):
        reports = facts(holding("alpha", "1-6"), holding("bravo", "1-6"), None)
        self.assertDecides("alpha", reports, WAIT, "waiting for charlie")

    def test_divergent_members_wait_for_an_operator(self):
        reports = facts(holding("alpha", "1-5:7"), holding("bravo", "1-6"), holding("charlie", "1-5"))
        for me in NAMES:
            self.assertDecides(me, reports, WAIT, "alpha lacks transactions of bravo")

    def test_one_that_still_sits_in_a_dead_group_is_waited_for(self):
        reports = facts(holding("alpha", "1-6"), online("bravo", majority=False), holding("charlie", "1-6"))
        self.assertDecides("alpha", reports, WAIT, "waiting until these members have left or joined a group: bravo")
        self.assertDecides("charlie", reports, WAIT, "waiting until these members have left or joined a group: bravo")

    def test_one_that_joins_or_has_left_by_an_error_is_waited_for(self):
        for state in (RECOVERING, ERROR):
            reports = facts(holding("alpha", "1-6"), replace(holding("bravo", "1-6"), state=state), holding("charlie", "1-6"))
            self.assertDecides("alpha", reports, WAIT, "waiting until these members have left or joined a group: bravo")

    def test_exactly_one_member_starts_whatever_they_hold(self):
        choices = ["1-4", "1-5", "1-6", "1-4:6", None]
        for chosen in itertools.product(choices, repeat=3):
            reports = {n: holding(n, gtids) if gtids else blank(n) for n, gtids in zip(NAMES, chosen)}
            starters = [me for me in NAMES if decide(me, addressed(reports)).action == BOOTSTRAP]
            divergent = "1-4:6" in chosen and "1-5" in chosen and "1-6" not in chosen
            self.assertEqual(len(starters), 0 if divergent else 1, chosen)


class RunningGroup(Case):
    def test_who_is_back_before_the_group_has_missed_it_waits_until_it_has(self):
        def seen(*names):
            view = tuple(ADDRESSES[name] for name in names)
            others = (online(name, view=view) for name in ("bravo", "charlie"))
            return facts(holding("alpha", "1-9"), *others)

        self.assertDecides("alpha", seen("alpha", "bravo", "charlie"), JOIN, "expelled this member's previous instance")
        self.assertDecides("alpha", seen("bravo", "charlie"), JOIN, "bravo, charlie")
        self.assertDecides("alpha", facts(holding("alpha", "1-9"), online("bravo", view=(ADDRESSES["alpha"],)), online("charlie")), JOIN, "previous instance")

    def test_a_restarted_member_rejoins(self):
        self.assertDecides("alpha", facts(holding("alpha", "1-9"), online("bravo"), online("charlie")), JOIN, "bravo")

    def test_a_member_unknown_to_the_old_ones_joins(self):
        names = (*NAMES, "delta", "echo")
        reports = facts(online("alpha"), online("bravo"), online("charlie"), blank("delta"), None, names=names)
        self.assertDecides("delta", reports, JOIN, "alpha, bravo, charlie")

    def test_what_a_member_has_received_but_not_applied_is_no_errant_transaction(self):
        group = online("bravo", "1-9", received=f"{G}:10")
        self.assertDecides("alpha", facts(holding("alpha", "1-10"), group, None), JOIN, "bravo")

    def test_errant_transactions_are_named_and_refused(self):
        reports = facts(holding("alpha", "1-12"), online("bravo"), online("charlie"))
        self.assertDecides("alpha", reports, WAIT, f"{G}:11-12")
        self.assertDecides("alpha", reports, WAIT, "mysql-group reclone")

    def test_a_group_without_majority_is_not_joined(self):
        reports = facts(holding("alpha", "1-9"), online("bravo", majority=False), None)
        self.assertDecides("alpha", reports, WAIT, "waiting for charlie")


class OwnState(Case):
    def test_silence_of_the_own_mysqld_is_waited_out(self):
        self.assertDecides("alpha", facts(Report("alpha"), blank("bravo"), blank("charlie")), WAIT, "mysqld does not answer")
        self.assertEqual(decide("alpha", {"alpha": None}).action, WAIT)

    def test_an_error_is_left_behind(self):
        reports = facts(Report("alpha", state=ERROR), online("bravo"), online("charlie"))
        self.assertDecides("alpha", reports, LEAVE, "left the group")

    def test_recovery_is_not_disturbed(self):
        self.assertDecides("alpha", facts(Report("alpha", state=RECOVERING), online("bravo"), None), STAY, "recovering")

    def test_online_members_stay(self):
        self.assertDecides("alpha", facts(online("alpha", role="PRIMARY"), None, None), STAY, "online as PRIMARY")
        self.assertDecides("alpha", facts(online("alpha", majority=False), None, None), STAY, "no majority")


class LostDisks(Case):
    """Members that were in the group and are blank."""

    def emptied(self, *blank_ones, seen=NAMES, names=NAMES):
        seen = tuple(addressed({name: Report(name) for name in seen})[name].address for name in seen)
        return facts(*(blank(n) if n in blank_ones else holding(n, "1-6", seen=seen) for n in names), names=names)

    def test_of_a_majority_wait_for_an_operator(self):
        reports = self.emptied("bravo", "charlie")
        for me in NAMES:
            self.assertDecides(me, reports, WAIT, "empty disks may have held the only copy of committed transactions: bravo, charlie;")

    def test_of_a_minority_need_none(self):
        self.assertDecides("alpha", self.emptied("charlie"), BOOTSTRAP, "every transaction")

    def test_of_a_first_start_that_was_interrupted_need_none(self):
        self.assertDecides("alpha", self.emptied("bravo", "charlie", seen=["alpha"]), BOOTSTRAP, "every transaction")

    def test_that_were_declared_lost_start_without_what_they_held(self):
        reports = self.emptied("bravo", "charlie")
        decision = decide("alpha", reports, ("bravo", "charlie"))
        self.assertEqual(decision.action, BOOTSTRAP)
        self.assertFalse(decision.forget_received)
        self.assertDecides("alpha", reports, WAIT, "only copy of committed transactions: charlie;", lost=("bravo",))

    def test_count_together_with_members_declared_lost(self):
        reports = self.emptied("bravo")
        del reports["charlie"]
        self.assertDecides("alpha", reports, WAIT, "only copy of committed transactions: bravo;", lost=("charlie",))

    def test_of_all_are_no_first_start(self):
        remembering = facts(*(replace(blank(name), seen=tuple(ADDRESSES.values())) for name in NAMES))
        self.assertDecides("alpha", remembering, WAIT, "alpha, bravo, charlie;")

    def test_count_by_the_copies_that_the_smallest_group_makes(self):
        # five members: a group of three of them serves, and two of those acknowledge
        five = ("a", "b", "c", "d", "e")
        self.assertDecides("a", self.emptied("e", seen=five, names=five), BOOTSTRAP, "every transaction")
        self.assertDecides("a", self.emptied("d", "e", seen=five, names=five), WAIT, "d, e;")


class Received(Case):
    """What was received and not applied."""

    def test_counts_when_a_disk_is_lost_for_it_may_be_the_only_copy(self):
        reports = facts(blank("alpha"), holding("bravo", "1-8"), queued("charlie", "1-8", "1-10"))
        self.assertDecides("charlie", reports, BOOTSTRAP, "every transaction")
        for me in ("alpha", "bravo"):
            self.assertDecides(me, reports, WAIT, "charlie starts the group")

    def test_counts_when_a_member_is_declared_lost(self):
        survivors = {"bravo": holding("bravo", "1-8"), "charlie": queued("charlie", "1-7", "5-10")}
        self.assertDecides("charlie", survivors, BOOTSTRAP, "every transaction", lost=("alpha",))
        self.assertDecides("bravo", survivors, WAIT, "charlie starts the group", lost=("alpha",))

    def test_makes_equals_of_members_that_have_applied_more_or_less_of_the_same(self):
        reports = facts(blank("alpha"), queued("bravo", "1-6", "7-10"), holding("charlie", "1-10"))
        self.assertDecides("bravo", reports, BOOTSTRAP, "every transaction")
        self.assertDecides("charlie", reports, WAIT, "bravo starts the group")

    def test_with_gaps_on_both_sides_is_left_to_an_operator(self):
        reports = facts(blank("alpha"), holding("bravo", "1-8:10"), queued("charlie", "1-7", "8-9"))
        for me in NAMES:
            self.assertDecides(me, reports, WAIT, "bravo lacks transactions of charlie; charlie lacks transactions of bravo")

    def test_does_not_count_with_everybodys_data_for_whoever_acknowledged_it_has_executed_it(self):
        reports = facts(queued("alpha", "1-8", "9-11"), holding("bravo", "1-10"), queued("charlie", "1-9", "10-11"))
        self.assertDecides("bravo", reports, BOOTSTRAP, "every transaction")

    def test_is_forgotten_by_the_leader_only_with_everybodys_data(self):
        everyone = facts(holding("alpha", "1-5"), holding("bravo", "1-6"), holding("charlie", "1-6"))
        self.assertTrue(decide("bravo", everyone).forget_received)
        self.assertFalse(decide("bravo", {**everyone, "alpha": blank("alpha")}).forget_received)
        self.assertFalse(decide("bravo", everyone, lost=("delta",)).forget_received)

    def test_never_makes_two_leaders_nor_one_that_lacks_what_another_holds(self):
        choices = [("1-4", "1-4"), ("1-4", "1-6"), ("1-5", "3-6"), ("1-6", "5"), ("1-4", "6"), None]
        for chosen in itertools.product(choices, repeat=3):
            reports = {n: queued(n, *gtids) if gtids else blank(n) for n, gtids in zip(NAMES, chosen)}
            starters = [me for me in NAMES if decide(me, addressed(reports)).action == BOOTSTRAP]
            self.assertLessEqual(len(starters), 1, chosen)
            if None in chosen and starters:
                has = {n: parse(f"{r.executed},{r.received}") if r.executed else {} for n, r in reports.items()}
                self.assertFalse(subtract(union(*has.values()), has[starters[0]]), chosen)

    def test_is_named_where_it_is_dropped_and_nobody_has_executed_it(self):
        group = (online("bravo", "1-9", received=f"{G}:10"), online("charlie", "1-9"))
        for received, unapplied in ("9-10", ""), ("9-12", f"{G}:11-12"):
            decision = decide("alpha", facts(queued("alpha", "1-8", received), *group))
            self.assertEqual((decision.action, decision.unapplied), (JOIN, unapplied))
        # also by one that the group still holds as it was before
        holding_on = (online("bravo", "1-9", view=tuple(ADDRESSES.values())), online("charlie", "1-9"))
        self.assertEqual(decide("alpha", facts(queued("alpha", "1-8", "9-12"), *holding_on)).unapplied, f"{G}:10-12")
        outage = (holding("bravo", "1-8"), queued("charlie", "1-8", "9-11"))
        self.assertEqual(decide("alpha", facts(queued("alpha", "1-8", "8-10"), *outage)).unapplied, f"{G}:9-10")
        # applied before the member is online, so not dropped
        self.assertEqual(decide("charlie", facts(blank("alpha"), *outage)).unapplied, "")

    def test_must_stay_the_same_between_two_looks(self):
        self.assertNotEqual(holding("alpha", "1-8").fingerprint, queued("alpha", "1-8", "9").fingerprint)
