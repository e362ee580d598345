"""Tests the actions and the messages of the daemon for each decision. Run by mysql-group.programs.test.ts."""

import unittest
from dataclasses import replace
from unittest import mock

from support import ALPHA, BRAVO, CHARLIE, DELTA, SETTINGS, OnVolume

import daemon
import grants
import members
import pymysql
from daemon import Daemon
from members import FORGOTTEN, SEEN
from report import ERROR, OFFLINE, ONLINE, Report

OUT = Report("alpha", state=OFFLINE, executed="a:1-5", address=ALPHA)
PRIMARY = Report("alpha", state=ONLINE, role="PRIMARY", majority=True, quorum=True, writable=True, view=(ALPHA, BRAVO), reachable=(ALPHA, BRAVO), address=ALPHA)
BESIDE = {"bravo": Report("bravo", state=OFFLINE, executed="a:1-4"), "charlie": Report("charlie", state=OFFLINE, executed="a:1-4")}
RUNNING = {"bravo": replace(PRIMARY, server="bravo", executed="a:1-9", view=(BRAVO,)), "charlie": None}


class Case(OnVolume):
    def setUp(self):
        super().setUp()
        self.group = self.enterContext(mock.patch.object(daemon, "group"))
        self.ensure = self.enterContext(mock.patch.object(daemon.accounts, "ensure", mock.Mock(return_value=[])))
        self.gather = self.enterContext(mock.patch.object(daemon, "gather"))
        self.said = []
        self.enterContext(mock.patch("builtins.print", lambda text: self.said.append(text)))
        self.pauses = []
        self.enterContext(mock.patch.object(daemon.time, "sleep", self.pauses.append))
        self.daemon = Daemon(SETTINGS)

    def step(self, mine, *looks):
        """
        Runs one step of the daemon. `looks`: the other members' reports, first for the decision, and then for the check before a bootstrap.
        """
        self.enterContext(mock.patch.object(self.daemon._observer, "fresh", lambda: mine))
        self.gather.side_effect = [{"alpha": mine, **look} for look in looks or ({},)]
        self.daemon._step()

    def acted(self):
        self.assertTrue(all(call.args[0] is SETTINGS for call in self.group.mock_calls))
        return [call[0] for call in self.group.mock_calls]


class Outside(Case):
    def test_mysql_group_bootstraps_a_group_if_two_observations_show_the_same_state(self):
        self.step(OUT, BESIDE, BESIDE)
        self.assertEqual(self.group.mock_calls, [mock.call.bootstrap(SETTINGS, True, "", ())])
        self.assertEqual(self.pauses, [1])
        self.assertEqual(self.said, ["all members answer and this one holds every transaction"])

    def test_mysql_group_does_not_bootstrap_if_a_member_s_report_changed_between_two_observations(self):
        for change in {"executed": "a:1-5"}, {"boot": "another"}, {"received": "a:1-4"}, {"blank": True}:
            self.step(OUT, BESIDE, {**BESIDE, "bravo": replace(BESIDE["bravo"], **change)})
            self.assertEqual(self.acted(), [], change)

    def test_mysql_group_does_not_bootstrap_if_at_the_second_check_members_have_appeared_have_disappeared_or_run_a_group(self):
        for later in {**BESIDE, "bravo": None}, {**BESIDE, "delta": BESIDE["bravo"]}, {**BESIDE, "bravo": RUNNING["bravo"]}:
            self.step(OUT, BESIDE, later)
            self.assertEqual(self.acted(), [])

    def test_mysql_group_bootstraps_without_the_members_that_an_operator_declared_lost(self):
        members.declare_lost(["charlie"])
        alone = {"bravo": BESIDE["bravo"]}
        self.step(replace(OUT, received="a:6"), alone, alone)
        self.assertEqual(self.group.mock_calls, [mock.call.bootstrap(SETTINGS, False, "", ("charlie",))])
        self.assertEqual(self.gather.call_args.args[2], ("charlie",))
        self.assertEqual(members.lost(), ("charlie",))

    def test_mysql_group_passes_the_unapplied_transactions_to_the_bootstrap(self):
        mine = replace(OUT, received="a:5-7")
        self.step(mine, BESIDE, BESIDE)
        self.assertEqual(self.group.mock_calls, [mock.call.bootstrap(SETTINGS, True, "a:6-7", ())])

    def test_mysql_group_joins_a_running_group_and_takes_the_member_list_of_the_group(self):
        members.change(lambda known: {ALPHA: SEEN, BRAVO: SEEN, CHARLIE: SEEN})
        group = {**RUNNING, "bravo": replace(RUNNING["bravo"], forgotten=(CHARLIE,))}
        self.step(replace(OUT, received="a:8-10", blank=True), group)
        self.assertEqual(self.group.mock_calls, [mock.call.join(SETTINGS, True, "a:10")])
        self.assertEqual(members.load(), {ALPHA: SEEN, BRAVO: members.SEEN, CHARLIE: FORGOTTEN})

    def test_mysql_group_joins_a_running_group_even_if_the_volume_is_full(self):
        with mock.patch.object(members, "_write", mock.Mock(side_effect=OSError)):
            self.step(OUT, RUNNING)
        self.assertEqual(self.acted(), ["join"])

    def test_mysql_group_leaves_a_group_that_expelled_it(self):
        self.step(replace(OUT, state=ERROR), RUNNING)
        self.assertEqual(self.group.mock_calls, [mock.call.leave(SETTINGS)])

    def test_mysql_group_makes_a_writable_member_outside_a_group_read_only(self):
        for mine, calls in (
            (replace(OUT, writable=True), [mock.call.protect(SETTINGS)]),
            (OUT, []),
            (replace(OUT, writable=True, state=ERROR), [mock.call.leave(SETTINGS)]),
        ):
            self.group.reset_mock()
            self.step(mine, {**BESIDE, "charlie": None})
            self.assertEqual(self.group.mock_calls, calls)

    def test_mysql_group_waits_without_changes_and_reports_the_reason_once(self):
        for _ in range(2):
            self.step(OUT, {**BESIDE, "charlie": None})
        self.assertEqual(self.acted(), [])
        self.assertEqual(self.said, ["no group runs; it starts when all members answer; waiting for charlie"])
        self.gather.assert_called_with(SETTINGS, OUT, ())

    def test_mysql_group_writes_no_accounts_without_a_majority(self):
        self.step(replace(PRIMARY, majority=False), BESIDE)
        self.assertEqual(self.said, ["no majority of the group is reachable"])
        self.ensure.assert_not_called()


class Inside(Case):
    def test_a_member_reports_its_role_and_the_reason_if_it_accepts_no_connections(self):
        self.step(PRIMARY)
        self.step(replace(PRIMARY, quorum=False, remembered=(ALPHA, BRAVO, CHARLIE, DELTA)))
        self.assertEqual(self.said, ["online as PRIMARY", "online as PRIMARY; the group has no majority of the members: 2 of 4"])

    def test_mysql_group_restores_the_settings_that_it_changed_for_joining_exactly_once(self):
        self.step(PRIMARY)
        self.step(PRIMARY)
        self.assertEqual(self.group.mock_calls, [mock.call.settle(SETTINGS)])
        self.step(OUT, {**BESIDE, "charlie": None})
        self.step(PRIMARY)
        self.assertEqual(self.acted(), ["settle", "settle"])

    def test_mysql_group_writes_the_accounts_once_and_reports_the_changed_accounts(self):
        self.ensure.return_value = ["app", "datadog"]
        for _ in range(2):
            self.step(PRIMARY)
        self.ensure.assert_called_once_with(SETTINGS, False)
        self.assertEqual(self.said[1:], ["accounts applied: app, datadog"])

    def test_mysql_group_writes_the_accounts_again_once_all_members_have_the_same_account_definitions(self):
        mine = replace(PRIMARY, grants=grants.digest(SETTINGS))
        others = {"bravo": replace(mine, server="bravo", grants="other"), "charlie": None}
        agreeing = {name: replace(mine, server=name) for name in others}
        for look in others, others, agreeing, agreeing, others:
            self.step(mine, look)
        self.assertEqual(self.ensure.mock_calls, [mock.call(SETTINGS, False), mock.call(SETTINGS, True)])

    def test_mysql_group_writes_the_accounts_before_the_group_may_serve(self):
        self.step(replace(PRIMARY, quorum=False))
        self.ensure.assert_called_once_with(SETTINGS, False)

    def test_mysql_group_writes_the_accounts_only_on_a_writable_primary(self):
        self.step(replace(PRIMARY, role="SECONDARY"))
        self.step(replace(PRIMARY, writable=False))
        self.ensure.assert_not_called()
        self.step(PRIMARY)
        self.ensure.assert_called_once_with(SETTINGS, False)

    def test_mysql_group_writes_the_accounts_again_after_it_becomes_primary_again(self):
        self.step(PRIMARY)
        self.step(replace(PRIMARY, writable=False))
        self.step(PRIMARY)
        self.ensure.assert_called_once()
        for between in replace(PRIMARY, role="SECONDARY"), OUT:
            self.step(between, {**BESIDE, "charlie": None})
            self.step(PRIMARY)
        self.assertEqual(self.ensure.call_count, 3)

    def test_mysql_group_retries_if_the_accounts_could_not_be_written(self):
        self.ensure.side_effect = [pymysql.Error(1, "no"), []]
        with self.assertRaises(pymysql.Error):
            self.step(PRIMARY)
        self.step(PRIMARY)
        self.assertEqual(self.ensure.call_count, 2)

    def test_mysql_group_rejects_writes_without_a_quorum_after_its_accounts_exist_and_accepts_writes_again_with_a_quorum(self):
        small, quiet = replace(PRIMARY, quorum=False), replace(PRIMARY, quorum=False, writable=False)
        for mine, calls in (
            (small, ["settle"]),
            (small, ["protect"]),
            (quiet, []),
            (replace(quiet, quorum=True), ["allow_writes"]),
            (PRIMARY, []),
        ):
            self.group.reset_mock()
            self.step(mine)
            self.assertEqual(self.acted(), calls)

    def test_mysql_group_accepts_writes_again_after_an_earlier_daemon_had_stopped_them(self):
        self.step(replace(PRIMARY, writable=False))
        self.assertEqual(self.acted(), ["allow_writes", "settle"])

    def test_mysql_group_does_not_make_a_new_primary_writable_while_mysql_keeps_it_read_only(self):
        new = replace(PRIMARY, writable=False)
        for before in (PRIMARY,), (replace(PRIMARY, role="SECONDARY", writable=False),), (OUT, {**BESIDE, "charlie": None}):
            self.step(*before)
            self.step(new)
            self.assertNotIn("allow_writes", self.acted())

    def test_mysql_group_forgets_members_declared_lost_once_the_group_no_longer_contains_them(self):
        members.declare_lost(["bravo", "charlie"])
        self.step(PRIMARY)
        self.assertEqual(members.lost(), ("bravo", "charlie"))
        self.step(replace(PRIMARY, view=(ALPHA,)))
        self.assertEqual(members.lost(), ())
        self.assertEqual(members.told(members.load())["forgotten"], (BRAVO, CHARLIE))


class Faults(Case):
    def work(self, *faults):
        with mock.patch.object(self.daemon, "_step", mock.Mock(side_effect=[*faults, SystemExit])), self.assertRaises(SystemExit):
            self.daemon._work()

    def test_mysql_group_reports_errors_and_retries_with_increasing_pauses(self):
        self.work(*[pymysql.Error(3092, "not now")] * 6)
        self.assertEqual(self.pauses, [2, 1, 4, 1, 8, 1, 16, 1, 30, 1, 30, 1])
        self.assertEqual(self.said[0], "mysqld refused (3092): not now; next attempt in 2 s")

    def test_mysql_group_resets_the_pause_after_an_error_when_a_step_succeeds(self):
        self.work(OSError(), None, OSError())
        self.assertEqual(self.pauses, [2, 1, 1, 2, 1])

    def test_unexpected_errors_end_the_process_of_mysql_group(self):
        with mock.patch.object(self.daemon, "_step", mock.Mock(side_effect=ZeroDivisionError)), self.assertRaises(ZeroDivisionError):
            self.daemon._work()

    def test_error_messages_of_mysql_group_never_contain_a_statement(self):
        secret = "near 'PASSWORD = 'hunter2''"
        for problem, words in (
            (pymysql.Error(1045, "denied"), "mysqld refused (1045): denied"),
            (pymysql.Error(1064, secret), "Error"),
            (pymysql.Error(secret), "Error"),
            (OSError(28, "No space left on device"), "OSError: No space left on device"),
            (OSError(secret), "OSError"),
            (ValueError(secret), "ValueError"),
        ):
            self.assertEqual(daemon._plain(problem), words)


class Run(Case):
    def test_mysql_group_starts_the_observer_the_endpoint_and_the_main_loop(self):
        with (
            mock.patch.object(daemon, "threading") as threads,
            mock.patch.object(daemon.endpoint, "bind") as bind,
            mock.patch.object(self.daemon._observer, "start") as start,
            mock.patch.object(self.daemon, "_work") as work,
        ):
            self.daemon.run()
        start.assert_called_once_with()
        bind.assert_called_once_with(SETTINGS, self.daemon._observer)
        threads.Thread.assert_called_once_with(target=bind.return_value.serve_forever, daemon=True)
        threads.Thread.return_value.start.assert_called_once_with()
        work.assert_called_once_with()
