"""The decision whether to bootstrap, join, leave, stay or wait. Run by mysql-group.programs.test.ts."""

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
    """A member that has received transactions but not applied them."""
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

    def test_the_first_member_by_name_bootstraps_the_group(self):
        self.assertDecides("alpha", self.everyone, BOOTSTRAP, "first start of an empty group")

    def test_the_other_members_wait_for_the_first_by_name(self):
        for me in ("bravo", "charlie"):
            self.assertDecides(me, self.everyone, WAIT, "alpha starts the group")

    def test_no_member_bootstraps_while_a_member_does_not_answer(self):
        self.assertDecides("alpha", facts(blank("alpha"), blank("bravo"), None), WAIT, "waiting for charlie")

    def test_no_member_bootstraps_while_a_mysqld_does_not_answer(self):
        reports = facts(blank("alpha"), Report("bravo", state=DOWN), None)
        self.assertDecides("alpha", reports, WAIT, "waiting for bravo, charlie")

    def test_a_group_of_five_bootstraps_only_if_all_five_answer(self):
        names = ("a", "b", "c", "d", "e")
        everyone = facts(*(blank(name) for name in names), names=names)
        self.assertDecides("a", everyone, BOOTSTRAP, "first start")
        self.assertDecides("a", {**everyone, "e": None}, WAIT, "waiting for e")

    def test_members_with_different_member_lists_choose_the_same_member(self):
        newest = facts(blank("delta"), *(blank(name) for name in NAMES), names=("delta", *NAMES))
        # The older members know delta only by its address, from a view.
        older = {**facts(*(blank(name) for name in NAMES)), "10.0.1.14": blank("delta")}
        self.assertDecides("delta", newest, WAIT, "alpha starts the group")
        self.assertDecides("alpha", older, BOOTSTRAP, "first start")


class BesideExistingData(Case):
    def test_an_empty_first_member_does_not_bootstrap_if_another_member_has_data(self):
        reports = facts(blank("alpha"), holding("bravo", "1-9"), holding("charlie", "1-8"))
        self.assertDecides("alpha", reports, WAIT, "bravo starts the group")
        self.assertDecides("bravo", reports, BOOTSTRAP, "holds every transaction")

    def test_an_empty_first_member_does_not_bootstrap_while_a_member_does_not_answer(self):
        self.assertDecides("alpha", facts(blank("alpha"), blank("bravo"), None), WAIT, "waiting for charlie")

    def test_an_empty_member_joins_a_running_group(self):
        self.assertDecides("alpha", facts(blank("alpha"), online("bravo"), online("charlie")), JOIN, "bravo, charlie")

    def test_schemas_without_gtids_require_an_operator(self):
        restored = Report("alpha", state=OFFLINE)
        self.assertDecides("alpha", facts(restored, blank("bravo"), blank("charlie")), WAIT, "operator")
        self.assertDecides("bravo", facts(restored, blank("bravo"), blank("charlie")), WAIT, "an operator must decide about data without GTIDs on alpha")


class TotalOutage(Case):
    def test_the_member_with_all_transactions_bootstraps_regardless_of_its_name(self):
        reports = facts(holding("alpha", "1-5"), holding("bravo", "1-5"), holding("charlie", "1-6"))
        self.assertDecides("charlie", reports, BOOTSTRAP, "every transaction")
        self.assertDecides("alpha", reports, WAIT, "charlie starts the group")

    def test_the_first_by_name_of_equal_members_bootstraps(self):
        reports = facts(holding("alpha", "1-5"), holding("bravo", "1-6"), holding("charlie", "1-6"))
        self.assertDecides("bravo", reports, BOOTSTRAP, "every transaction")
        self.assertDecides("charlie", reports, WAIT, "bravo starts the group")

    def test_two_of_three_members_wait_for_the_third_even_if_both_have_the_same_data(self):
        reports = facts(holding("alpha", "1-6"), holding("bravo", "1-6"), None)
        self.assertDecides("alpha", reports, WAIT, "waiting for charlie")

    def test_divergent_members_wait_for_an_operator(self):
        reports = facts(holding("alpha", "1-5:7"), holding("bravo", "1-6"), holding("charlie", "1-5"))
        for me in NAMES:
            self.assertDecides(me, reports, WAIT, "alpha lacks transactions of bravo")

    def test_members_wait_for_a_member_that_is_still_in_a_group_without_a_majority(self):
        reports = facts(holding("alpha", "1-6"), online("bravo", majority=False), holding("charlie", "1-6"))
        self.assertDecides("alpha", reports, WAIT, "waiting until these members have left or joined a group: bravo")
        self.assertDecides("charlie", reports, WAIT, "waiting until these members have left or joined a group: bravo")

    def test_members_wait_for_a_member_that_is_joining_or_has_failed(self):
        for state in (RECOVERING, ERROR):
            reports = facts(holding("alpha", "1-6"), replace(holding("bravo", "1-6"), state=state), holding("charlie", "1-6"))
            self.assertDecides("alpha", reports, WAIT, "waiting until these members have left or joined a group: bravo")

    def test_exactly_one_member_bootstraps_unless_their_data_diverge(self):
        choices = ["1-4", "1-5", "1-6", "1-4:6", None]
        for chosen in itertools.product(choices, repeat=3):
            reports = {n: holding(n, gtids) if gtids else blank(n) for n, gtids in zip(NAMES, chosen)}
            starters = [me for me in NAMES if decide(me, addressed(reports)).action == BOOTSTRAP]
            divergent = "1-4:6" in chosen and "1-5" in chosen and "1-6" not in chosen
            self.assertEqual(len(starters), 0 if divergent else 1, chosen)


class RunningGroup(Case):
    def test_a_returned_member_waits_until_the_group_has_expelled_its_previous_instance(self):
        def seen(*names):
            view = tuple(ADDRESSES[name] for name in names)
            others = (online(name, view=view) for name in ("bravo", "charlie"))
            return facts(holding("alpha", "1-9"), *others)

        self.assertDecides("alpha", seen("alpha", "bravo", "charlie"), JOIN, "expelled this member's previous instance")
        self.assertDecides("alpha", seen("bravo", "charlie"), JOIN, "bravo, charlie")
        self.assertDecides("alpha", facts(holding("alpha", "1-9"), online("bravo", view=(ADDRESSES["alpha"],)), online("charlie")), JOIN, "previous instance")

    def test_a_restarted_member_rejoins(self):
        self.assertDecides("alpha", facts(holding("alpha", "1-9"), online("bravo"), online("charlie")), JOIN, "bravo")

    def test_a_member_unknown_to_the_existing_members_joins(self):
        names = (*NAMES, "delta", "echo")
        reports = facts(online("alpha"), online("bravo"), online("charlie"), blank("delta"), None, names=names)
        self.assertDecides("delta", reports, JOIN, "alpha, bravo, charlie")

    def test_a_transaction_that_the_group_has_received_but_not_applied_is_not_errant(self):
        group = online("bravo", "1-9", received=f"{G}:10")
        self.assertDecides("alpha", facts(holding("alpha", "1-10"), group, None), JOIN, "bravo")

    def test_errant_transactions_are_reported_and_prevent_a_join(self):
        reports = facts(holding("alpha", "1-12"), online("bravo"), online("charlie"))
        self.assertDecides("alpha", reports, WAIT, f"{G}:11-12")
        self.assertDecides("alpha", reports, WAIT, "mysql-group reclone")

    def test_a_group_without_majority_is_not_joined(self):
        reports = facts(holding("alpha", "1-9"), online("bravo", majority=False), None)
        self.assertDecides("alpha", reports, WAIT, "waiting for charlie")


class OwnState(Case):
    def test_waits_while_its_own_mysqld_does_not_answer(self):
        self.assertDecides("alpha", facts(Report("alpha"), blank("bravo"), blank("charlie")), WAIT, "mysqld does not answer")
        self.assertEqual(decide("alpha", {"alpha": None}).action, WAIT)

    def test_a_member_in_state_error_leaves_the_group(self):
        reports = facts(Report("alpha", state=ERROR), online("bravo"), online("charlie"))
        self.assertDecides("alpha", reports, LEAVE, "left the group")

    def test_a_recovering_member_stays(self):
        self.assertDecides("alpha", facts(Report("alpha", state=RECOVERING), online("bravo"), None), STAY, "recovering")

    def test_online_members_stay(self):
        self.assertDecides("alpha", facts(online("alpha", role="PRIMARY"), None, None), STAY, "online as PRIMARY")
        self.assertDecides("alpha", facts(online("alpha", majority=False), None, None), STAY, "no majority")


class LostDisks(Case):
    """Members that were in the group and are now empty."""

    def emptied(self, *blank_ones, seen=NAMES, names=NAMES):
        seen = tuple(addressed({name: Report(name) for name in seen})[name].address for name in seen)
        return facts(*(blank(n) if n in blank_ones else holding(n, "1-6", seen=seen) for n in names), names=names)

    def test_lost_disks_of_a_majority_require_an_operator(self):
        reports = self.emptied("bravo", "charlie")
        for me in NAMES:
            self.assertDecides(me, reports, WAIT, "empty disks may have held the only copy of committed transactions: bravo, charlie;")

    def test_lost_disks_of_a_minority_require_no_operator(self):
        self.assertDecides("alpha", self.emptied("charlie"), BOOTSTRAP, "every transaction")

    def test_empty_disks_after_an_interrupted_first_start_require_no_operator(self):
        self.assertDecides("alpha", self.emptied("bravo", "charlie", seen=["alpha"]), BOOTSTRAP, "every transaction")

    def test_members_with_lost_disks_that_were_declared_lost_do_not_prevent_a_bootstrap(self):
        reports = self.emptied("bravo", "charlie")
        decision = decide("alpha", reports, ("bravo", "charlie"))
        self.assertEqual(decision.action, BOOTSTRAP)
        self.assertFalse(decision.forget_received)
        self.assertDecides("alpha", reports, WAIT, "only copy of committed transactions: charlie;", lost=("bravo",))

    def test_lost_disks_count_together_with_members_declared_lost(self):
        reports = self.emptied("bravo")
        del reports["charlie"]
        self.assertDecides("alpha", reports, WAIT, "only copy of committed transactions: bravo;", lost=("charlie",))

    def test_lost_disks_of_all_members_are_not_a_first_start(self):
        remembering = facts(*(replace(blank(name), seen=tuple(ADDRESSES.values())) for name in NAMES))
        self.assertDecides("alpha", remembering, WAIT, "alpha, bravo, charlie;")

    def test_lost_disks_count_against_the_copies_in_the_smallest_serving_group(self):
        # Of five members, a group of three can serve, and two of these three acknowledge a commit.
        five = ("a", "b", "c", "d", "e")
        self.assertDecides("a", self.emptied("e", seen=five, names=five), BOOTSTRAP, "every transaction")
        self.assertDecides("a", self.emptied("d", "e", seen=five, names=five), WAIT, "d, e;")


class Received(Case):
    """Transactions that were received but not applied."""

    def test_received_transactions_count_if_a_disk_is_lost_because_they_may_be_the_only_copy(self):
        reports = facts(blank("alpha"), holding("bravo", "1-8"), queued("charlie", "1-8", "1-10"))
        self.assertDecides("charlie", reports, BOOTSTRAP, "every transaction")
        for me in ("alpha", "bravo"):
            self.assertDecides(me, reports, WAIT, "charlie starts the group")

    def test_received_transactions_count_if_a_member_is_declared_lost(self):
        survivors = {"bravo": holding("bravo", "1-8"), "charlie": queued("charlie", "1-7", "5-10")}
        self.assertDecides("charlie", survivors, BOOTSTRAP, "every transaction", lost=("alpha",))
        self.assertDecides("bravo", survivors, WAIT, "charlie starts the group", lost=("alpha",))

    def test_members_that_applied_different_shares_of_the_same_transactions_are_equal(self):
        reports = facts(blank("alpha"), queued("bravo", "1-6", "7-10"), holding("charlie", "1-10"))
        self.assertDecides("bravo", reports, BOOTSTRAP, "every transaction")
        self.assertDecides("charlie", reports, WAIT, "bravo starts the group")

    def test_received_transactions_with_gaps_on_both_members_require_an_operator(self):
        reports = facts(blank("alpha"), holding("bravo", "1-8:10"), queued("charlie", "1-7", "8-9"))
        for me in NAMES:
            self.assertDecides(me, reports, WAIT, "bravo lacks transactions of charlie; charlie lacks transactions of bravo")

    def test_received_transactions_do_not_count_if_all_members_have_data_because_acknowledged_ones_are_executed(self):
        reports = facts(queued("alpha", "1-8", "9-11"), holding("bravo", "1-10"), queued("charlie", "1-9", "10-11"))
        self.assertDecides("bravo", reports, BOOTSTRAP, "every transaction")

    def test_the_bootstrapping_member_drops_received_transactions_only_if_all_members_have_data(self):
        everyone = facts(holding("alpha", "1-5"), holding("bravo", "1-6"), holding("charlie", "1-6"))
        self.assertTrue(decide("bravo", everyone).forget_received)
        self.assertFalse(decide("bravo", {**everyone, "alpha": blank("alpha")}).forget_received)
        self.assertFalse(decide("bravo", everyone, lost=("delta",)).forget_received)

    def test_at_most_one_member_bootstraps_and_it_lacks_no_transaction_of_another_member(self):
        choices = [("1-4", "1-4"), ("1-4", "1-6"), ("1-5", "3-6"), ("1-6", "5"), ("1-4", "6"), None]
        for chosen in itertools.product(choices, repeat=3):
            reports = {n: queued(n, *gtids) if gtids else blank(n) for n, gtids in zip(NAMES, chosen)}
            starters = [me for me in NAMES if decide(me, addressed(reports)).action == BOOTSTRAP]
            self.assertLessEqual(len(starters), 1, chosen)
            if None in chosen and starters:
                has = {n: parse(f"{r.executed},{r.received}") if r.executed else {} for n, r in reports.items()}
                self.assertFalse(subtract(union(*has.values()), has[starters[0]]), chosen)

    def test_dropped_transactions_that_no_member_has_executed_are_reported(self):
        group = (online("bravo", "1-9", received=f"{G}:10"), online("charlie", "1-9"))
        for received, unapplied in ("9-10", ""), ("9-12", f"{G}:11-12"):
            decision = decide("alpha", facts(queued("alpha", "1-8", received), *group))
            self.assertEqual((decision.action, decision.unapplied), (JOIN, unapplied))
        # This includes a member whose previous instance is still in the group.
        holding_on = (online("bravo", "1-9", view=tuple(ADDRESSES.values())), online("charlie", "1-9"))
        self.assertEqual(decide("alpha", facts(queued("alpha", "1-8", "9-12"), *holding_on)).unapplied, f"{G}:10-12")
        outage = (holding("bravo", "1-8"), queued("charlie", "1-8", "9-11"))
        self.assertEqual(decide("alpha", facts(queued("alpha", "1-8", "8-10"), *outage)).unapplied, f"{G}:9-10")
        # Applied before the member is online, therefore not dropped.
        self.assertEqual(decide("charlie", facts(blank("alpha"), *outage)).unapplied, "")

    def test_a_received_transaction_changes_the_fingerprint(self):
        self.assertNotEqual(holding("alpha", "1-8").fingerprint, queued("alpha", "1-8", "9").fingerprint)
