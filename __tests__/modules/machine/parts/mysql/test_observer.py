"""Tests the report of a member about its mysqld, and the maximum age of the report. Run by mysql-group.programs.test.ts."""

import os
import socket
import sqlite3
import threading
import time
import unittest
from unittest import mock

from support import ALPHA, BRAVO, CHARLIE, SETTINGS, Connection, Cursor, OnVolume

import observer
from observer import LAG, QUEUE, RECEIVED, SCHEMAS, SERVER, VIEW, Observer, observe
from report import OFFLINE, ONLINE, Report


class Lag(unittest.TestCase):
    """
    Tests the query of the replication lag in SQLite. The tables and functions have the same names as in MySQL. Times are in microseconds.
    """

    def lag(self, *workers):
        database = sqlite3.connect(":memory:")
        database.create_function("NOW", 1, lambda digits: 10_000_000)
        database.create_function("TIMESTAMPDIFF", 3, lambda unit, begin, end: end - begin)
        database.execute("ATTACH ':memory:' AS performance_schema")
        database.execute(
            "CREATE TABLE performance_schema.replication_applier_status_by_worker"
            " (CHANNEL_NAME, APPLYING_TRANSACTION, APPLYING_TRANSACTION_ORIGINAL_COMMIT_TIMESTAMP, MICROSECOND)"
        )
        for worker in workers:
            database.execute("INSERT INTO performance_schema.replication_applier_status_by_worker VALUES (?, ?, ?, '')", worker)
        return database.execute(LAG).fetchall()

    def test_the_replication_lag_is_the_age_in_seconds_of_the_oldest_transaction_that_is_being_applied(self):
        group = observer.GROUP_CHANNEL
        idle, other = (group, "", 0), ("group_replication_recovery", "u:1", 0)
        self.assertEqual(self.lag((group, "u:9", 9_000_000), (group, "u:7", 7_500_000), idle, other), [(2.5,)])
        self.assertEqual(self.lag(idle), [(None,)])


class Observe(unittest.TestCase):
    def setUp(self):
        self.answers = {
            SERVER: [("a", 1, "u:1-5,\nv:1", "u:1\n")],
            VIEW: [("a", ALPHA, "ONLINE", "PRIMARY"), ("b", BRAVO, "RECOVERING", "SECONDARY"), ("c", CHARLIE, "UNREACHABLE", "SECONDARY")],
            QUEUE: [(7,)],
            LAG: [(1.25,)],
            RECEIVED: [("u:6,\nv:2",)],
            SCHEMAS: [(1,)],
        }

    def report(self, **answers):
        return observe(Connection(Cursor({**self.answers, **answers})), "alpha", "boot")

    def test_the_report_of_a_member_contains_all_facts_about_the_member(self):
        self.assertEqual(
            self.report(),
            Report(
                "alpha",
                state=ONLINE,
                role="PRIMARY",
                majority=True,
                view=(ALPHA, BRAVO, CHARLIE),
                reachable=(ALPHA, BRAVO),
                online=(ALPHA,),
                executed="u:1-5,v:1",
                purged="u:1",
                received="u:6,v:2",
                lagSeconds=1.25,
                queue=7,
                boot="boot",
            ),
        )

    def of(self, *states):
        return self.report(**{VIEW: [(name, name, state, "SECONDARY") for name, state in zip("abcd", states)]})

    def test_the_majority_in_a_report_is_counted_among_the_members_of_the_group_s_view(self):
        self.assertFalse(self.of("ONLINE", "UNREACHABLE").majority)
        self.assertFalse(self.of("ONLINE", "ONLINE", "UNREACHABLE", "UNREACHABLE").majority)
        self.assertTrue(self.of("RECOVERING", "ONLINE", "UNREACHABLE").majority)

    def test_the_report_of_a_member_outside_a_group_contains_no_view(self):
        for state in "ERROR", "OFFLINE", "UNREACHABLE":
            report = self.of(state, "ONLINE", "ONLINE")
            self.assertEqual((report.state, report.majority, report.view, report.reachable, report.online), (state, False, (), (), ()))
        for rows in [], [("", "", "OFFLINE", "")]:
            report = self.report(**{VIEW: rows})
            self.assertEqual((report.state, report.role), (OFFLINE, ""))

    def test_a_member_is_reported_as_empty_only_without_transactions_and_schemas(self):
        self.assertFalse(self.report().blank)
        nothing = {SERVER: [("a", 0, "\n", "")]}
        self.assertFalse(self.report(**nothing).blank)
        self.assertTrue(self.report(**nothing, **{SCHEMAS: [(0,)]}).blank)
        self.assertFalse(self.report(**{SCHEMAS: [(0,)]}).blank)
        self.assertTrue(self.report(**nothing).writable)

    def test_values_that_mysqld_does_not_return_are_reported_as_zero_or_empty(self):
        for nothing in [], [(None,)]:
            report = self.report(**{QUEUE: nothing, LAG: nothing, RECEIVED: nothing})
            self.assertEqual((report.queue, report.lagSeconds, report.received), (0, 0.0, ""))


class Connect(unittest.TestCase):
    def test_the_observer_connects_to_mysql_over_the_socket_with_time_limits(self):
        with mock.patch.object(observer.pymysql, "connect", create=True) as connect:
            observer.connect(SETTINGS, 30)
        self.assertEqual(
            connect.call_args.kwargs,
            {"unix_socket": "/socket", "user": "root", "autocommit": True, "connect_timeout": 2, "read_timeout": 30, "write_timeout": 30},
        )


class Age(OnVolume):
    def setUp(self):
        super().setUp()
        self.observer = Observer(SETTINGS)
        self.observer.reason = "what it does"

    def read(self, seconds_ago):
        self.observer._latest, self.observer._read_at = Report("alpha", state=ONLINE), time.monotonic() - seconds_ago

    def test_mysql_group_serves_no_report_that_is_older_than_a_second_and_a_half(self):
        self.read(1.3)
        self.assertEqual(self.observer.latest().state, ONLINE)
        self.read(1.6)
        self.assertEqual((self.observer.latest().state, self.observer.latest().reason), ("DOWN", "what it does"))

    def test_the_report_of_a_member_lists_quarantined_transactions(self):
        (observer.members.FOLDER / "received-20260102T030405Z").mkdir()
        self.assertEqual(self.observer.latest().kept, (str(observer.members.FOLDER / "received-20260102T030405Z"),))
        self.assertEqual(Observer(SETTINGS).latest().reason, "starting")
        self.assertEqual(Observer(SETTINGS).latest().server, "alpha")

    def test_the_report_of_a_member_contains_free_space_account_definitions_address_and_release(self):
        with mock.patch.object(observer, "room_mib", return_value=7) as room, mock.patch.object(observer.grants, "digest", return_value="digest") as digest:
            report = Observer(SETTINGS).latest()
        room.assert_called_once_with(observer.config.DATA)
        digest.assert_called_once_with(SETTINGS)
        self.assertEqual((report.roomMib, report.grants, report.address, report.release), (7, "digest", ALPHA, observer.config.RELEASE))

    def test_a_decision_uses_no_report_that_is_older_than_the_request_for_the_report(self):
        self.read(0.01)
        with mock.patch.object(observer, "STALE_SECONDS", 0.05):
            self.assertEqual(self.observer.fresh().state, "DOWN")

    def test_a_decision_waits_for_a_fresh_report_of_the_member(self):
        def later():
            time.sleep(0.05)
            with self.observer._changed:
                self.read(0)
                self.observer._changed.notify_all()

        # The limit is long enough for a busy test machine.
        with mock.patch.object(observer, "STALE_SECONDS", 60):
            threading.Thread(target=later).start()
            self.assertEqual(self.observer.fresh().state, ONLINE)


class Watch(OnVolume):
    """
    Tests the loop that observes mysqld. Each entry of `looks` is the result of one observation, or an exception that the observation
    raises.
    """

    def watch(self, *looks):
        looks, seen, boots = iter(looks), [], []
        self.connect = self.enterContext(mock.patch.object(observer, "connect", mock.Mock(return_value="connection")))
        watching = Observer(SETTINGS)

        def look(connection, server, boot):
            boots.append(boot)
            self.assertEqual((connection, server), ("connection", "alpha"))
            found = next(looks, None) or self.fail("one look too many")
            if isinstance(found, Exception):
                raise found
            return found

        def pause(seconds):
            self.assertEqual(seconds, 0.25)
            seen.append(watching.latest())
            self.assertEqual(seen[-1].server, "alpha")
            # The observer treats every exception as a failure of mysqld and continues, so the test limits the number of observations.
            if looks.__length_hint__() == 0 or len(seen) == 10:
                raise SystemExit

        self.enterContext(mock.patch.object(observer, "observe", look))
        self.enterContext(mock.patch.object(observer.time, "sleep", pause))
        with self.assertRaises(SystemExit):
            watching._watch()
        return [report.state for report in seen], boots, seen[-1]

    def test_the_observer_runs_in_its_own_thread(self):
        watching = Observer(SETTINGS)
        with mock.patch.object(observer.threading, "Thread") as thread:
            watching.start()
        thread.assert_called_once_with(target=watching._watch, daemon=True)
        thread.return_value.start.assert_called_once_with()

    def test_the_observer_keeps_its_connection_and_the_boot_id_between_observations(self):
        states, boots, _ = self.watch(Report("alpha", state=ONLINE), Report("alpha", state=OFFLINE))
        self.assertEqual(states, [ONLINE, OFFLINE])
        self.assertEqual((len(set(boots)), len(boots[0])), (1, 16))
        self.connect.assert_called_once_with(SETTINGS, 2)

    def test_after_a_failure_the_observer_reports_the_member_as_down_and_reconnects(self):
        # The connection fails, mysqld returns an error, or mysqld sends an unexpected answer.
        for failure in (ConnectionError(), observer.pymysql.Error(2013, "gone"), IndexError()):
            states, boots, _ = self.watch(Report("alpha", state=ONLINE), failure, Report("alpha", state=ONLINE))
            self.assertEqual(states, [ONLINE, "DOWN", ONLINE])
        self.assertEqual((boots[0] == boots[1], boots[1] == boots[2]), (True, False))

    def test_the_observer_notifies_the_systemd_watchdog_after_each_observation(self):
        address = str(observer.members.FOLDER / "notify")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd, mock.patch.dict(os.environ, NOTIFY_SOCKET=address):
            systemd.bind(address)
            systemd.settimeout(5)
            self.watch(Report("alpha", state=ONLINE), ConnectionError())
            self.assertEqual([systemd.recv(99), systemd.recv(99)], [b"WATCHDOG=1"] * 2)

    def test_the_observer_continues_if_systemd_does_not_listen_to_the_watchdog(self):
        with mock.patch.dict(os.environ, NOTIFY_SOCKET=str(observer.members.FOLDER / "nobody")):
            self.assertEqual(self.watch(Report("alpha", state=ONLINE), Report("alpha", state=ONLINE))[0], [ONLINE] * 2)

    def test_the_observer_remembers_the_members_of_the_group_s_view(self):
        view = (ALPHA, "10.0.1.14")
        *_, last = self.watch(Report("alpha", state=ONLINE, majority=True, view=view, online=view))
        self.assertEqual((last.remembered, last.seen), ((ALPHA, BRAVO, CHARLIE, "10.0.1.14"), view))

    def test_the_time_of_an_observation_is_the_time_before_its_query(self):
        with mock.patch.object(observer.time, "monotonic", mock.Mock(side_effect=[100.0, 100.5])):
            watching = Observer(SETTINGS)
            self.enterContext(mock.patch.object(observer, "connect"))
            self.enterContext(mock.patch.object(observer, "observe", lambda *_: observer.time.monotonic() and Report("alpha")))
            self.enterContext(mock.patch.object(observer.time, "sleep", mock.Mock(side_effect=SystemExit)))
            with self.assertRaises(SystemExit):
                watching._watch()
        self.assertEqual(watching._read_at, 100.0)
