"""Tests the statements that mysql-group sends to the local mysqld. Run by mysql-group.programs.test.ts."""

import pathlib
import sqlite3
import tempfile
import time
import unittest
from unittest import mock

from support import SETTINGS, Cursor, connecting_to

import group
import pymysql
import received

START = "START GROUP_REPLICATION USER = 'replication', PASSWORD = %s"
ON, OFF = (f"SET GLOBAL group_replication_bootstrap_group = {switch}" for switch in ("ON", "OFF"))
RESET = "RESET REPLICA FOR CHANNEL %s"
THRESHOLD = "SET GLOBAL group_replication_clone_threshold = %s"
# Start of the query whether a relay log exists, and of the query whether the relay log is unreadable.
KNOWN, TORN = "SELECT 1 FROM performance_schema.replication_applier_configuration", "SELECT 1 FROM performance_schema.replication_applier_status"


class Case(unittest.TestCase):
    def setUp(self):
        self.cursor = Cursor({KNOWN: [(1,)], "SELECT @@GLOBAL.gtid_executed": [("a:1-5",)], "SELECT @@datadir": [("/data/",)]})
        connect = self.enterContext(mock.patch.object(group, "connect", connecting_to(self.cursor)))
        # The time limit is long, because the start of Group Replication waits for a view or until all received transactions are applied.
        self.addCleanup(lambda: self.assertEqual(connect.call_args_list, [mock.call(SETTINGS, 300)] * connect.call_count))
        self.enterContext(mock.patch.object(group, "secret", lambda settings, account: settings is SETTINGS and f"secret of {account}"))
        self.keep = self.enterContext(mock.patch.object(received, "keep", mock.Mock(return_value="/kept")))
        self.enterContext(mock.patch.object(group, "print", create=True))

    def written(self):
        return [statement for statement in self.cursor.done if not statement.startswith("SELECT")]


class Bootstrap(Case):
    def fail(self, **answers):
        self.cursor.answers = {START: pymysql.Error(3092, "no"), **self.cursor.answers, **answers}
        with self.assertRaises(pymysql.Error):
            group.bootstrap(SETTINGS, forget_received=False, unapplied="")

    def test_a_bootstrap_enables_mysql_s_bootstrap_option_only_during_the_start_of_the_group(self):
        group.bootstrap(SETTINGS, forget_received=False, unapplied="")
        self.assertEqual(self.written(), [ON, "SET GLOBAL slow_query_log = OFF", START, OFF])

    def test_a_bootstrap_disables_mysql_s_bootstrap_option_after_a_failure(self):
        self.fail()
        self.assertEqual(self.written()[-1], OFF)

    def test_a_bootstrap_passes_the_password_separately_from_the_statement(self):
        group.bootstrap(SETTINGS, forget_received=False, unapplied="")
        self.assertEqual(self.cursor.values[START], ["secret of replication"])

    def test_a_bootstrap_drops_received_transactions_before_the_start_of_the_group_if_this_is_requested(self):
        group.bootstrap(SETTINGS, forget_received=True, unapplied="")
        self.assertEqual(self.written()[:2], [RESET, ON])
        self.assertEqual(self.cursor.values[RESET], ["group_replication_applier"])
        self.keep.assert_not_called()

    def test_a_bootstrap_drops_no_received_transactions_if_there_is_no_replication_channel(self):
        self.cursor.answers[KNOWN] = []
        group.bootstrap(SETTINGS, forget_received=True, unapplied="u:1")
        self.assertNotIn(RESET, self.written())
        self.keep.assert_not_called()

    def test_a_bootstrap_quarantines_unapplied_transactions_before_dropping_them(self):
        self.keep.side_effect = lambda *_: self.assertNotIn(RESET, self.cursor.done) or "/kept"
        group.bootstrap(SETTINGS, forget_received=True, unapplied="u:7")
        self.keep.assert_called_once_with("/data/", "u:7")
        self.assertIn(RESET, self.written())

    def test_a_bootstrap_drops_no_transactions_if_the_quarantine_fails(self):
        self.keep.side_effect = OSError
        with self.assertRaises(OSError):
            group.bootstrap(SETTINGS, forget_received=True, unapplied="u:7")
        self.assertNotIn(RESET, self.written())

    def test_a_bootstrap_drops_transactions_after_a_relay_log_error_once_the_transactions_before_the_error_are_applied(self):
        self.fail(**{TORN: [(1,)]})
        self.assertEqual(self.written()[-2:], [RESET, OFF])
        self.keep.assert_called_once_with("/data/", "unreadable")
        self.assertIn("last_error_number = 13121", next(s for s in self.cursor.done if s.startswith(TORN)))

    def test_a_bootstrap_keeps_the_relay_log_while_transactions_before_an_error_are_still_being_applied(self):
        executed = iter([("a:1-5",), ("a:1-6",)])
        self.fail(**{TORN: [(1,)], "SELECT @@GLOBAL.gtid_executed": lambda: [next(executed)]})
        self.assertNotIn(RESET, self.written())

    def test_a_bootstrap_keeps_received_transactions_after_any_failure_other_than_a_relay_log_error(self):
        self.fail()
        self.assertNotIn(RESET, self.written())


class Join(Case):
    def test_a_join_disables_mysql_s_bootstrap_option_before_the_member_joins(self):
        group.join(SETTINGS, blank=True, unapplied="")
        self.assertEqual(self.written(), [OFF, THRESHOLD, RESET, "SET GLOBAL slow_query_log = OFF", START])

    def test_a_join_clones_the_data_of_an_empty_member_and_replays_transactions_on_a_member_with_data(self):
        group.join(SETTINGS, blank=True, unapplied="")
        self.assertEqual(self.cursor.values[THRESHOLD], [50])
        group.join(SETTINGS, blank=False, unapplied="")
        self.assertEqual(self.cursor.values[THRESHOLD], [2**63 - 1])
        self.assertEqual(self.cursor.values[START], ["secret of replication"])

    def test_a_join_quarantines_transactions_of_the_member_that_the_group_lacks(self):
        group.join(SETTINGS, blank=False, unapplied="u:7")
        self.keep.assert_called_once_with("/data/", "u:7")
        group.print.assert_called_once_with("quarantined transactions that no group has: u:7; kept in /kept")


class Others(Case):
    def test_the_methods_settle_leave_protect_and_allow_writes_each_send_one_statement_to_mysql(self):
        for act, statement in (
            (group.settle, "SET GLOBAL slow_query_log = ON"),
            (group.leave, "STOP GROUP_REPLICATION"),
            (group.protect, "SET GLOBAL super_read_only = ON"),
            (group.allow_writes, "SET GLOBAL read_only = OFF"),
        ):
            self.cursor.done = []
            act(SETTINGS)
            self.assertEqual(self.cursor.done, [statement])

    def test_leaving_a_group_accepts_a_shorter_time_limit(self):
        group.leave(SETTINGS, 5)
        group.connect.assert_called_once_with(SETTINGS, 5)
        group.connect.reset_mock()

    def test_setting_the_write_concurrency_to_its_current_value_makes_the_group_check_its_members_again(self):
        group.look_again(SETTINGS)
        self.assertEqual(self.cursor.done, ["SELECT group_replication_set_write_concurrency(group_replication_get_write_concurrency())"])
        group.connect.assert_called_once_with(SETTINGS, 10)
        group.connect.reset_mock()


class StepDown(unittest.TestCase):
    """Tests the hand-over of the primary's role. The queries run on real tables in SQLite."""

    def setUp(self):
        self.tables = sqlite3.connect(":memory:")
        self.tables.execute("ATTACH ':memory:' AS performance_schema")
        self.tables.execute("CREATE TABLE performance_schema.replication_group_members (member_id, member_host, member_state, member_role)")
        self.tables.execute("CREATE TABLE performance_schema.replication_group_member_stats (member_id, count_transactions_remote_in_applier_queue)")
        self.handed = []
        connect = self.enterContext(mock.patch.object(group, "connect", connecting_to(self)))
        self.settings = SETTINGS
        # The time limit of the connection is longer than a hand-over may take.
        self.addCleanup(lambda: connect.assert_called_with(self.settings, 30))
        self.me = "a"

    def execute(self, statement, values=()):
        if "set_as_primary" in statement:
            return self.handed.append((statement, *values))
        self.rows = self.tables.execute(statement.replace("@@server_uuid", f"'{self.me}'")).fetchall()
        return len(self.rows)

    def fetchone(self):
        return self.rows[0]

    def fetchall(self):
        return self.rows

    def members(self, *rows):
        for name, role, state, queue in rows:
            self.tables.execute("INSERT INTO performance_schema.replication_group_members VALUES (?, ?, ?, ?)", [name, f"host {name}", state, role])
            self.tables.execute("INSERT INTO performance_schema.replication_group_member_stats VALUES (?, ?)", [name, queue])

    def test_a_step_down_transfers_the_primary_role_to_the_member_with_the_shortest_apply_queue(self):
        self.members(
            ("a", "PRIMARY", "ONLINE", 0), ("b", "SECONDARY", "ONLINE", 9), ("c", "SECONDARY", "ONLINE", 2), ("d", "SECONDARY", "RECOVERING", 0)
        )
        self.assertEqual(group.step_down(SETTINGS), "host c")
        self.assertEqual(self.handed, [("SELECT group_replication_set_as_primary(%s, %s)", "c", 10)])

    def test_a_step_down_transfers_the_primary_role_only_to_the_given_members(self):
        self.members(("a", "PRIMARY", "ONLINE", 0), ("b", "SECONDARY", "ONLINE", 9), ("c", "SECONDARY", "ONLINE", 2))
        self.assertEqual(group.step_down(SETTINGS, ["host b"]), "host b")
        self.assertIsNone(group.step_down(SETTINGS, ["host z"]))

    def test_a_step_down_transfers_the_primary_role_to_a_distant_member_only_if_no_member_nearby_is_online(self):
        self.settings = SETTINGS._replace(far=["host b"])
        self.members(("a", "PRIMARY", "ONLINE", 0), ("b", "SECONDARY", "ONLINE", 0), ("c", "SECONDARY", "ONLINE", 9))
        self.assertEqual(group.step_down(self.settings), "host c")
        self.tables.execute("UPDATE performance_schema.replication_group_members SET member_state = 'UNREACHABLE' WHERE member_id = 'c'")
        self.assertEqual(group.step_down(self.settings), "host b")

    def test_a_step_down_does_nothing_if_the_member_is_a_replica(self):
        self.members(("a", "SECONDARY", "ONLINE", 0), ("b", "PRIMARY", "ONLINE", 0))
        self.assertEqual(group.step_down(SETTINGS), "")
        self.assertEqual(self.handed, [])

    def test_a_step_down_keeps_the_primary_role_if_no_other_member_is_online(self):
        self.members(("a", "PRIMARY", "ONLINE", 0), ("b", "SECONDARY", "UNREACHABLE", 0))
        self.assertIsNone(group.step_down(SETTINGS))
        self.assertEqual(self.handed, [])


class Kept(unittest.TestCase):
    """Tests the quarantine of transactions on a volume."""

    def setUp(self):
        self.data = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        volume = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.enterContext(mock.patch.object(received.members, "FOLDER", volume))
        self.enterContext(mock.patch.object(received.os, "sync"))
        for name in ("relay-group_replication_applier.000007", "relay-group_replication_applier.000008", "relay-other.000001", "ibdata1"):
            (self.data / name).write_text(name)

    def test_a_quarantine_contains_the_relay_logs_of_the_group_and_a_readme(self):
        folder = received.keep(str(self.data), "u:7-9")
        copied = sorted(file.name for file in folder.iterdir())
        self.assertEqual(copied, ["README", "relay-group_replication_applier.000007", "relay-group_replication_applier.000008"])
        self.assertEqual((folder / copied[1]).read_text(), copied[1])
        self.assertTrue((folder / "README").read_text().startswith("u:7-9\n"))
        self.assertEqual(received.kept(), (str(folder),))
        self.assertRegex(folder.name, r"^received-\d{8}T\d{6}Z$")
        received.os.sync.assert_called_once()

    def test_a_quarantine_deletes_the_files_of_a_failed_attempt_and_succeeds_when_it_is_repeated(self):
        for where in ("shutil.copyfile", "os.sync"):
            with mock.patch(f"received.{where}", mock.Mock(side_effect=OSError)), self.assertRaises(OSError):
                received.keep(str(self.data), "u:7-9")
            self.assertEqual(list(received.members.FOLDER.iterdir()), [])
        # After a power failure, or from an earlier release, an incomplete copy may remain.
        (received.members.FOLDER / "received-20260101T000000Z.new").mkdir()
        received.keep(str(self.data), "u:7-9")
        self.assertEqual([str(path) for path in received.members.FOLDER.iterdir()], list(received.kept()))
        self.assertEqual(len(received.kept()), 1)

    def test_a_quarantine_deletes_transactions_that_were_quarantined_more_than_180_days_ago(self):
        now = time.time()
        old, recent = (received.members.FOLDER / time.strftime("received-%Y%m%dT%H%M%SZ", time.gmtime(now - days * 86400)) for days in (181, 179))
        for folder in (old, recent):
            folder.mkdir()
            (folder / "README").write_text("u:1-2")
        folder = received.keep(str(self.data), "u:7-9")
        self.assertEqual(received.kept(), (str(recent), str(folder)))

    def test_a_quarantine_copies_nothing_without_enough_disk_space(self):
        with mock.patch.object(received.shutil, "disk_usage", return_value=mock.Mock(free=16 << 20)), self.assertRaisesRegex(OSError, "the quarantine needs 64 MiB, 16 MiB are free"):
            received.keep(str(self.data), "u:7-9")
        self.assertEqual(list(received.members.FOLDER.iterdir()), [])
