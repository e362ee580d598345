"""What a member says of its mysqld, and for how long that stands. Run by mysql-group.programs.test.ts."""

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
    """As another database answers it that has tables and functions of the same names; it counts in microseconds too."""

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

    def test_is_that_of_the_oldest_transaction_in_work_in_seconds(self):
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

    def test_tells_all_of_a_member(self):
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

    def test_counts_a_majority_of_the_view(self):
        self.assertFalse(self.of("ONLINE", "UNREACHABLE").majority)
        self.assertFalse(self.of("ONLINE", "ONLINE", "UNREACHABLE", "UNREACHABLE").majority)
        self.assertTrue(self.of("RECOVERING", "ONLINE", "UNREACHABLE").majority)

    def test_has_no_view_outside_a_group(self):
        for state in "ERROR", "OFFLINE", "UNREACHABLE":
            report = self.of(state, "ONLINE", "ONLINE")
            self.assertEqual((report.state, report.majority, report.view, report.reachable, report.online), (state, False, (), (), ()))
        for rows in [], [("", "", "OFFLINE", "")]:
            report = self.report(**{VIEW: rows})
            self.assertEqual((report.state, report.role), (OFFLINE, ""))

    def test_is_blank_without_transactions_and_schemas_alone(self):
        self.assertFalse(self.report().blank)
        nothing = {SERVER: [("a", 0, "\n", "")]}
        self.assertFalse(self.report(**nothing).blank)
        self.assertTrue(self.report(**nothing, **{SCHEMAS: [(0,)]}).blank)
        self.assertFalse(self.report(**{SCHEMAS: [(0,)]}).blank)
        self.assertTrue(self.report(**nothing).writable)

    def test_takes_what_mysqld_does_not_know_for_nothing(self):
        for nothing in [], [(None,)]:
            report = self.report(**{QUEUE: nothing, LAG: nothing, RECEIVED: nothing})
            self.assertEqual((report.queue, report.lagSeconds, report.received), (0, 0.0, ""))


class Connect(unittest.TestCase):
    def test_is_over_the_socket_and_gives_up_in_time(self):
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

    def test_of_a_second_and_a_half_is_the_limit_of_what_is_served(self):
        self.read(1.3)
        self.assertEqual(self.observer.latest().state, ONLINE)
        self.read(1.6)
        self.assertEqual((self.observer.latest().state, self.observer.latest().reason), ("DOWN", "what it does"))

    def test_comes_with_what_was_kept_aside(self):
        (observer.members.FOLDER / "received-20260102T030405Z").mkdir()
        self.assertEqual(self.observer.latest().kept, (str(observer.members.FOLDER / "received-20260102T030405Z"),))
        self.assertEqual(Observer(SETTINGS).latest().reason, "starting")
        self.assertEqual(Observer(SETTINGS).latest().server, "alpha")

    def test_comes_with_what_mysqld_does_not_know(self):
        with mock.patch.object(observer, "room_mib", return_value=7) as room, mock.patch.object(observer.grants, "digest", return_value="digest") as digest:
            report = Observer(SETTINGS).latest()
        room.assert_called_once_with(observer.config.DATA)
        digest.assert_called_once_with(SETTINGS)
        self.assertEqual((report.roomMib, report.grants, report.address, report.release), (7, "digest", ALPHA, observer.config.RELEASE))

    def test_is_none_where_a_decision_needs_facts_read_after_it_asked(self):
        self.read(0.01)
        with mock.patch.object(observer, "STALE_SECONDS", 0.05):
            self.assertEqual(self.observer.fresh().state, "DOWN")

    def test_is_waited_for(self):
        def later():
            time.sleep(0.05)
            with self.observer._changed:
                self.read(0)
                self.observer._changed.notify_all()

        # However busy the machine is that tests.
        with mock.patch.object(observer, "STALE_SECONDS", 60):
            threading.Thread(target=later).start()
            self.assertEqual(self.observer.fresh().state, ONLINE)


class Watch(OnVolume):
    """Looks at mysqld as often as `looks` has answers; exceptions are raised."""

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
            # Whatever fails in a look is taken for mysqld's failure, so that there may be no end of them.
            if looks.__length_hint__() == 0 or len(seen) == 10:
                raise SystemExit

        self.enterContext(mock.patch.object(observer, "observe", look))
        self.enterContext(mock.patch.object(observer.time, "sleep", pause))
        with self.assertRaises(SystemExit):
            watching._watch()
        return [report.state for report in seen], boots, seen[-1]

    def test_is_done_beside_everything_else(self):
        watching = Observer(SETTINGS)
        with mock.patch.object(observer.threading, "Thread") as thread:
            watching.start()
        thread.assert_called_once_with(target=watching._watch, daemon=True)
        thread.return_value.start.assert_called_once_with()

    def test_keeps_the_connection_and_its_identity(self):
        states, boots, _ = self.watch(Report("alpha", state=ONLINE), Report("alpha", state=OFFLINE))
        self.assertEqual(states, [ONLINE, OFFLINE])
        self.assertEqual((len(set(boots)), len(boots[0])), (1, 16))
        self.connect.assert_called_once_with(SETTINGS, 2)

    def test_knows_nothing_after_a_failure_and_connects_anew(self):
        # By the line, by mysqld, or in an answer that nobody thought of.
        for failure in (ConnectionError(), observer.pymysql.Error(2013, "gone"), IndexError()):
            states, boots, _ = self.watch(Report("alpha", state=ONLINE), failure, Report("alpha", state=ONLINE))
            self.assertEqual(states, [ONLINE, "DOWN", ONLINE])
        self.assertEqual((boots[0] == boots[1], boots[1] == boots[2]), (True, False))

    def test_tells_systemd_after_each_look_that_it_goes_on(self):
        address = str(observer.members.FOLDER / "notify")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd, mock.patch.dict(os.environ, NOTIFY_SOCKET=address):
            systemd.bind(address)
            systemd.settimeout(5)
            self.watch(Report("alpha", state=ONLINE), ConnectionError())
            self.assertEqual([systemd.recv(99), systemd.recv(99)], [b"WATCHDOG=1"] * 2)

    def test_goes_on_while_systemd_does_not_listen(self):
        with mock.patch.dict(os.environ, NOTIFY_SOCKET=str(observer.members.FOLDER / "nobody")):
            self.assertEqual(self.watch(Report("alpha", state=ONLINE), Report("alpha", state=ONLINE))[0], [ONLINE] * 2)

    def test_remembers_the_members_that_it_sees(self):
        view = (ALPHA, "10.0.1.14")
        *_, last = self.watch(Report("alpha", state=ONLINE, majority=True, view=view, online=view))
        self.assertEqual((last.remembered, last.seen), ((ALPHA, BRAVO, CHARLIE, "10.0.1.14"), view))

    def test_dates_what_it_sees_from_before_it_asked(self):
        with mock.patch.object(observer.time, "monotonic", mock.Mock(side_effect=[100.0, 100.5])):
            watching = Observer(SETTINGS)
            self.enterContext(mock.patch.object(observer, "connect"))
            self.enterContext(mock.patch.object(observer, "observe", lambda *_: observer.time.monotonic() and Report("alpha")))
            self.enterContext(mock.patch.object(observer.time, "sleep", mock.Mock(side_effect=SystemExit)))
            with self.assertRaises(SystemExit):
                watching._watch()
        self.assertEqual(watching._read_at, 100.0)
