"""Tests the upload of logs step by step, and the stored state. Run by backup.programs.test.ts."""

import json
import pathlib
import sqlite3
import tempfile
import types
import unittest
from unittest import mock

import support
import base
import binlog
import names
import pymysql
import ship
from bucket import Away, Refused

TIMELINE, BRANCH = support.A, "0123456789abcdef"
CONNECT, ROWS = ship.connect, ship.rows
FIRST, SECOND = "binlog.000009", "binlog.000010"


class Member(unittest.TestCase):
    """Provides a member with logs in a folder, and a Shipper for this member."""

    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.enterContext(mock.patch.object(ship, "STATE", self.folder / "state.json"))
        self.enterContext(mock.patch.object(ship, "seal", lambda content, recipients: bytes(content) + b"|sealed for " + recipients[0].encode()))
        self.clock = self.enterContext(mock.patch.object(ship.time, "time", return_value=1_000_000.0))
        self.enterContext(mock.patch.object(ship, "rows", self.rows))
        self.connect = self.enterContext(mock.patch.object(ship, "connect"))
        self.said = []
        self.enterContext(mock.patch("builtins.print", lambda text: self.said.append(text)))
        self.logs, self.done, self.is_primary, self.archive = {}, [], False, support.Memory()
        self.branches, self.executed = [BRANCH], ""
        self.shipper = self.another()

    def another(self):
        return ship.Shipper(types.SimpleNamespace(timeline=TIMELINE, member="alpha", recipients=["age1"]), self.archive)

    def write(self, name, content):
        self.logs[name] = content
        (self.folder / name).write_bytes(content)

    def rows(self, connection, statement, values=()):
        self.assertIs(connection, self.connect.return_value)
        self.done.append((statement, *values))
        sizes = [(name, len(content)) for name, content in self.logs.items()]
        if statement == ship.PRIMARY:
            return [(1,)] if self.is_primary else []
        if statement.startswith("SELECT @@log_bin_basename"):
            return [(f"{self.folder}/binlog", self.executed)]
        if statement == ship.BRANCHES:
            return [(branch, index, TIMELINE, None, "", '["bravo", "charlie"]', "why", "alpha", "2026-12-01") for index, branch in enumerate(self.branches)]
        return {"SHOW BINARY LOG STATUS": sizes[-1:], "SHOW BINARY LOGS": sizes}.get(statement, [])

    def step(self, seconds=0):
        self.clock.return_value += seconds
        self.shipper._step()

    def shipped(self, closed=False, branch=BRANCH):
        """Returns (file, start, end, last) of each uploaded segment: of closed logs if `closed` is true, otherwise of tails."""
        found = [names.read_segment(TIMELINE, key) for key in sorted(self.archive.objects)]
        return [(f"binlog.{one.log.number:06}", one.start, one.end, one.last) for one in found if one and one.closed == closed and one.log.branch == branch]


class Shipping(Member):
    def test_mysql_backup_encrypts_and_uploads_only_new_data_in_each_step(self):
        one, two = (support.transaction(support.A, number, 1) for number in (1, 2))
        log = support.log({}, one)
        self.write(FIRST, log)
        self.step()
        self.step()
        self.write(FIRST, log + two)
        self.step()
        self.assertEqual(self.shipped(), [(FIRST, 0, len(log), False), (FIRST, len(log), len(log + two), False)])
        self.connect.assert_called_once_with(self.shipper._settings)
        segments = [(key, content) for key, content in sorted(self.archive.objects.items()) if "/tail/" in key]
        self.assertEqual([content for _, content in segments], [log + b"|sealed for age1", two + b"|sealed for age1"])
        self.assertEqual([names.read_segment(TIMELINE, key).gtids for key, _ in segments], [((1, 1),), ((2, 2),)])
        for key, content in segments:
            self.assertTrue(key.endswith(names.digest(content)))
            self.assertTrue(key.startswith(f"{TIMELINE}/alpha/tail/{BRANCH}/000009-{binlog.identity(log)}/"))

    def test_mysql_backup_uploads_a_closed_log_completely_after_it_has_uploaded_the_end_of_the_log_s_tail(self):
        log, more = support.log({}, support.transaction(support.A, 1, 1)), support.transaction(support.A, 2, 1)
        self.write(FIRST, log)
        self.step()
        self.write(FIRST, log + more)
        self.write(SECOND, support.log({}))
        self.step()
        self.assertEqual(self.shipped(), [(FIRST, 0, len(log), False), (FIRST, len(log), len(log + more), False), (SECOND, 0, len(self.logs[SECOND]), False)])
        self.assertEqual(self.shipped(closed=True), [(FIRST, 0, len(log + more), True)])

    def test_mysql_backup_uploads_a_closed_log_once_if_the_bucket_has_no_part_of_it(self):
        self.write(FIRST, support.log({}, support.transaction(support.A, 1, 1)))
        self.write(SECOND, support.log({}))
        self.step()
        self.assertEqual([file for file, *_ in self.shipped()], [SECOND])
        self.assertEqual(self.shipped(closed=True), [(FIRST, 0, len(self.logs[FIRST]), True)])

    def test_mysql_backup_uploads_only_one_large_segment_in_a_slow_step_so_that_the_current_log_is_not_delayed(self):
        parts = [support.transaction(support.A, number, 1, bytes=100) for number in range(1, 6)]
        self.write(FIRST, support.log({}, *parts))
        self.step()
        self.write(SECOND, support.log({}))
        put = self.archive.put

        def slow(key, content):
            self.clock.return_value += ship.TICK_SECONDS
            put(key, content)

        self.archive.put = slow
        with mock.patch.object(ship, "WHOLE_BYTES", 2 * len(parts[0])):
            for count in (1, 2, 3):
                self.step()
                self.assertEqual(len(self.shipped(closed=True)), count)
        self.assertEqual([last for *_, last in self.shipped(closed=True)], [False, False, True])

    def test_mysql_backup_cuts_large_logs_between_transactions(self):
        parts = [support.transaction(support.A, number, 1, bytes=100) for number in range(1, 6)]
        head = len(support.log({}))
        self.write(FIRST, support.log({}, *parts))
        with mock.patch.object(ship, "TAIL_BYTES", 2 * len(parts[0]) + head):
            self.step()
        segments = self.shipped()
        self.assertGreater(len(segments), 1)
        self.assertEqual([start for _, start, _, _ in segments][1:], [end for _, _, end, _ in segments][:-1])
        self.assertEqual({(end - head) % len(parts[0]) for _, _, end, _ in segments}, {0})

    def test_mysql_backup_continues_after_a_restart_at_the_end_of_the_uploaded_data(self):
        log = support.log({}, support.transaction(support.A, 1, 1))
        self.write(FIRST, log)
        self.write(SECOND, log)
        self.step()
        self.archive.put = mock.Mock(side_effect=AssertionError("shipped twice"))
        self.shipper = self.another()
        self.step()
        self.shipper._tell(None)
        identity = binlog.identity(log)
        self.assertEqual(json.loads(ship.STATE.read_text())["shipped"], {f"000009-{identity}": len(log), f"000010-{identity}": len(log)})

    def test_mysql_backup_uploads_a_log_whose_name_is_used_again_after_a_clone(self):
        self.write(FIRST, support.log({}, support.transaction(support.A, 1, 1)))
        self.step()
        # The new log has the same length, file name and server as the earlier log, but another start time.
        self.write(FIRST, support.log({}, support.transaction(support.A, 7, 1)).replace((1_000_000).to_bytes(4, "little"), (1_000_100).to_bytes(4, "little")))
        self.shipper = self.another()
        self.step()
        self.assertEqual([end for *_, end, _ in self.shipped()], [len(self.logs[FIRST])] * 2)
        self.assertEqual({names.read_segment(TIMELINE, key).gtids for key in self.archive.objects if "/tail/" in key}, {((1, 1),), ((7, 7),)})

    def test_mysql_backup_keeps_one_state_entry_for_each_log_regardless_of_the_number_of_segments(self):
        content = support.log({})
        for number in range(1, 6):
            content += support.transaction(support.A, number, 1)
            self.write(FIRST, content)
            self.step()
        self.assertEqual(len(self.shipped()), 5)
        for shipper in (self.shipper, self.another()):
            self.shipper = shipper
            self.step()
            self.assertEqual([(one.start, one.end) for segments in shipper._archived.values() for one in segments], [(0, len(content))])

    def test_mysql_backup_uploads_nothing_before_the_group_has_a_branch(self):
        self.branches = []
        self.write(FIRST, support.log({}))
        with self.assertRaisesRegex(ValueError, "^waiting for the primary to store the branch"):
            self.step()
        self.assertEqual(self.archive.objects, {})

    def test_mysql_backup_rotates_the_log_when_the_branch_changes_and_uploads_the_current_log_again_under_the_new_branch(self):
        log = support.log({}, support.transaction(support.A, 1, 1))
        self.write(FIRST, log)
        self.step()
        self.branches.append("fedcba9876543210")
        self.step()
        self.assertEqual([said for said in self.done if said[0] == ship.ROTATE], [(ship.ROTATE,)])
        self.assertEqual(self.shipped(), self.shipped(branch="fedcba9876543210"))
        described = {key.split("/")[-1].partition(".")[0]: json.loads(content) for key, content in self.archive.objects.items() if "/branch/" in key}
        self.assertEqual((set(described), described[BRANCH]["lost"]), ({BRANCH, "fedcba9876543210"}, ["bravo", "charlie"]))

    def test_mysql_backup_uploads_the_description_of_each_branch_again_before_it_expires(self):
        self.write(FIRST, support.log({}))
        self.step()
        described = lambda: [key for key in self.archive.objects if "/branch/" in key]
        (first,) = described()
        self.step(ship.LOOK_SECONDS + 1)
        self.assertEqual(described(), [first])
        self.step(ship.DESCRIBE_SECONDS)
        self.assertEqual(len(described()), 2)
        # Objects expire after at least eight days.
        self.assertLess(ship.DESCRIBE_SECONDS + ship.LOOK_SECONDS, 8 * 86400)

    def test_mysql_backup_starts_a_new_binary_log_every_day(self):
        self.write(FIRST, support.log({}))
        self.step(seconds=ship.ROTATE_SECONDS - 1)
        self.assertNotIn((ship.ROTATE,), self.done)
        self.step(seconds=1)
        self.step()
        self.assertEqual(self.done.count((ship.ROTATE,)), 1)

    def test_mysql_backup_sorts_the_millionth_log_after_the_earlier_logs(self):
        for name in ("binlog.999999", "binlog.1000000"):
            self.write(name, support.log({}))
        with mock.patch("os.stat", return_value=types.SimpleNamespace(st_mtime=self.clock.return_value - ship.KEEP_SECONDS - 1)):
            self.step()
        self.assertEqual([self.shipped(closed=True)[0][0], self.shipped()[0][0]], ["binlog.999999", "binlog.1000000"])
        self.assertIn(("PURGE BINARY LOGS TO %s", "binlog.1000000"), self.done)

    def test_mysql_backup_leaves_a_log_that_started_during_the_step_for_the_next_step(self):
        self.write(FIRST, support.log({}, support.transaction(support.A, 1, 1)))
        answers = self.rows

        def begun_in_between(connection, statement, values=()):
            found = answers(connection, statement, values)
            return [*found, (SECOND, 900)] if statement == "SHOW BINARY LOGS" else found

        with mock.patch.object(ship, "rows", begun_in_between):
            self.step()
        self.assertEqual(self.shipped(), [(FIRST, 0, len(self.logs[FIRST]), False)])

    def test_mysql_backup_reads_a_log_only_up_to_the_size_that_mysql_reports(self):
        log = support.log({}, support.transaction(support.A, 1, 1))
        self.write(FIRST, log)
        (self.folder / FIRST).write_bytes(log + b"half a transaction")
        self.step()
        self.assertEqual(self.shipped(), [(FIRST, 0, len(log), False)])

    def test_the_upload_delay_is_counted_from_the_discovery_of_data_until_their_upload(self):
        self.write(FIRST, support.log({}))
        self.archive.refusing = "the bucket answers 503"
        for _ in range(2):
            with self.assertRaises(Refused):
                self.step(seconds=30)
        self.shipper._tell("the bucket answers 503")
        self.assertEqual(json.loads(ship.STATE.read_text())["behindSeconds"], 0)
        # Until now, the bucket has rejected requests, so the member could not list the bucket.
        self.archive.refusing = None
        self.archive.put = mock.Mock(side_effect=Refused("no"))
        for _ in range(2):
            with self.assertRaises(Refused):
                self.step(seconds=30)
        self.shipper._tell("no")
        self.assertEqual(json.loads(ship.STATE.read_text())["behindSeconds"], 30)
        self.shipper._bucket = support.Memory()
        self.step(seconds=30)
        self.shipper._tell(None)
        state = json.loads(ship.STATE.read_text())
        self.assertEqual((state["behindSeconds"], state["problem"], list(state["shipped"].values())), (0, None, [len(self.logs[FIRST])]))

    def test_mysql_backup_purges_old_binary_logs_that_are_complete_in_the_archive(self):
        self.write(FIRST, support.log({}))
        self.write(SECOND, support.log({}))
        with mock.patch("os.stat", return_value=types.SimpleNamespace(st_mtime=self.clock.return_value - ship.KEEP_SECONDS - 1)):
            self.step()
        self.assertIn(("PURGE BINARY LOGS TO %s", SECOND), self.done)
        self.assertEqual(self.said, [])


    def test_without_a_bucket_mysql_backup_purges_binary_logs_only_if_they_fill_the_volume(self):
        for number in range(1, 5):
            self.write(f"binlog.00000{number}", b"x" * 100)
        self.archive.refusing = "no answer from the bucket"
        for bytes, purged in ((4000, []), (800, [("PURGE BINARY LOGS TO %s", "binlog.000003")])):
            with mock.patch("os.statvfs", return_value=types.SimpleNamespace(f_blocks=bytes, f_frsize=1)), self.assertRaises(Refused):
                self.step()
            self.assertEqual([said for said in self.done if said[0].startswith("PURGE")], purged)


class Verified(Member):
    """Tests the comparison of the executed transactions with the content of the bucket."""

    def setUp(self):
        super().setUp()
        self.executed = f"{TIMELINE}:1-300,\n{support.B}:1-9"
        self.write(FIRST, support.log({}, *(support.transaction(TIMELINE, number, 1) for number in range(201, 301))))

    def gap(self):
        self.shipper._looked_at = 0.0
        self.step()
        self.shipper._tell(None)
        return json.loads(ship.STATE.read_text())["gap"]

    def backup(self, last):
        self.archive.objects[names.manifest_key(TIMELINE, "bravo", names.backup_name("20261201T020000Z", 3, [(1, last)]), b"")] = b""

    def test_transactions_that_are_in_no_log_and_in_no_base_backup_are_reported_as_a_gap(self):
        self.assertEqual(self.gap(), f"{TIMELINE}:1-200")
        self.backup(150)
        self.assertEqual(self.gap(), f"{TIMELINE}:151-200")
        self.backup(200)
        self.assertEqual(self.gap(), "")

    def test_transactions_that_another_member_uploaded_are_no_gap_unless_an_earlier_part_of_its_log_is_missing(self):
        log = names.Log("bravo", BRANCH, 1, "0" * 16)
        second = names.Segment("", log, 100, 200, ((1, 200),), False, False)
        self.archive.objects[names.segment_key(TIMELINE, second, b"")] = b""
        self.assertEqual(self.gap(), f"{TIMELINE}:1-200")
        self.archive.objects[names.segment_key(TIMELINE, second._replace(start=0, end=100, gtids=()), b"")] = b""
        self.assertEqual(self.gap(), "")

    def test_a_segment_that_is_deleted_from_the_bucket_is_reported_and_uploaded_again(self):
        self.backup(200)
        self.assertEqual(self.gap(), "")
        key = next(key for key in self.archive.objects if "/alpha/tail/" in key)
        content = self.archive.objects.pop(key)
        self.assertEqual(self.gap(), f"{TIMELINE}:201-300")
        self.assertEqual(self.gap(), "")
        self.assertEqual(self.archive.objects[key], content)
        self.assertLessEqual(ship.LOOK_SECONDS, 600)

    def test_a_gap_is_reported_with_the_time_of_its_first_discovery(self):
        self.gap()
        since = self.shipper._gap_since
        self.step(seconds=60)
        self.gap()
        self.assertEqual(self.shipper._gap_since, since)


class Heartbeat(Member):
    def test_only_the_primary_writes_a_heartbeat_row_every_half_minute(self):
        self.write(FIRST, support.log({}))
        beats = lambda: len([said for said in self.done if said[0] == ship.HEARTBEAT])  # noqa: E731
        self.step()
        self.assertEqual(beats(), 0)
        self.is_primary = True
        self.step()
        self.step(seconds=ship.HEARTBEAT_SECONDS - 1)
        self.assertEqual(beats(), 1)
        self.step(seconds=1)
        self.assertEqual(beats(), 2)

    def test_a_failed_heartbeat_prevents_neither_uploads_nor_the_purge_of_logs(self):
        self.is_primary = True
        for name in (FIRST, SECOND):
            self.write(name, support.log({}))
        answers = self.rows

        def hanging(connection, statement, values=()):
            if statement == ship.HEARTBEAT:
                raise pymysql.Error(2013, "Lost connection to MySQL server during query (timed out)")
            return answers(connection, statement, values)

        old = types.SimpleNamespace(st_mtime=self.clock.return_value - ship.KEEP_SECONDS - 1)
        with mock.patch.object(ship, "rows", hanging), mock.patch("os.stat", return_value=old), self.assertRaises(pymysql.Error):
            self.step()
        self.assertEqual([file for file, *_ in [*self.shipped(closed=True), *self.shipped()]], [FIRST, SECOND])
        self.assertIn(("PURGE BINARY LOGS TO %s", SECOND), self.done)

    def test_only_a_writable_primary_writes_heartbeats_and_all_members_list_the_online_members_in_the_same_order(self):
        database = sqlite3.connect(":memory:")
        database.execute("ATTACH ':memory:' AS performance_schema")
        database.execute("CREATE TABLE performance_schema.replication_group_members (MEMBER_ID, MEMBER_STATE, MEMBER_ROLE, MEMBER_HOST)")
        for member in (("one", "ONLINE", "PRIMARY", "10.0.1.12"), ("two", "ONLINE", "SECONDARY", "10.0.1.11"), ("three", "ERROR", "PRIMARY", "10.0.1.13")):
            database.execute("INSERT INTO performance_schema.replication_group_members VALUES (?, ?, ?, ?)", member)

        def beats(server, read_only):
            return bool(database.execute(ship.PRIMARY.replace("@@server_uuid", f"'{server}'").replace("@@super_read_only", read_only)).fetchall())

        self.assertEqual([beats(server, "0") for server in ("one", "two", "three", "four")], [True, False, False, False])
        self.assertFalse(beats("one", "1"))
        self.assertEqual(database.execute(base.MEMBERS).fetchall(), [("10.0.1.11", "SECONDARY"), ("10.0.1.12", "PRIMARY")])


class Look(Member):
    def setUp(self):
        super().setUp()
        self.write(FIRST, support.log({}))
        for member, day in (("alpha", 1), ("bravo", 3), ("alpha", 2)):
            self.backup(member, day)
        for time, result in (("20261201T040000Z", "good"), ("20261203T040000Z", "bad"), ("20261202T040000Z", "good")):
            self.archive.objects[f"{TIMELINE}/drill/{time}-{result}.0123456789abcdef"] = b""

    def backup(self, member, day):
        """Returns a base backup of a member. The name contains the year 2099 from the member's clock; only the upload time matters."""
        key = names.manifest_key(TIMELINE, member, names.backup_name(f"2099120{day}T020000Z", 3, []), b"")
        self.archive.objects[key], self.archive.times[key] = b"", f"2026-12-0{day}T02:00:00.000Z"

    def told(self):
        self.shipper._tell(None)
        state = json.loads(ship.STATE.read_text())
        return [state[key] for key in ("firstBase", "base", "drill", "goodDrill")]

    def test_mysql_backup_finds_the_first_and_last_base_backup_and_the_results_of_restore_drills(self):
        self.step()
        self.assertEqual(self.told(), ["20261201T020000Z", "20261203T020000Z", ["20261203T040000Z", False], "20261202T040000Z"])

    def test_mysql_backup_inspects_the_bucket_every_ten_minutes(self):
        self.step()
        self.backup("alpha", 4)
        self.step(seconds=ship.LOOK_SECONDS - 1)
        self.assertEqual(self.told()[1], "20261203T020000Z")
        self.step(seconds=1)
        self.assertEqual(self.told()[1], "20261204T020000Z")

    def test_mysql_backup_finds_no_base_backup_or_drill_in_a_new_archive(self):
        self.archive.objects.clear()
        self.step()
        self.assertEqual(self.told(), [None, None, None, None])


class Run(Member):
    def run_with(self, *faults):
        with (
            mock.patch.object(self.shipper, "_step", mock.Mock(side_effect=[*faults, SystemExit])),
            mock.patch.object(ship.time, "sleep") as sleep,
            self.assertRaises(SystemExit),
        ):
            self.shipper.run()
        return [call.args[0] for call in sleep.call_args_list]

    def test_mysql_backup_reports_a_rejected_request_and_retries(self):
        self.shipper._connection = connection = mock.Mock()
        self.assertEqual(self.run_with(Refused("the bucket answers 403")), [ship.TICK_SECONDS])
        self.assertEqual(self.said, ["the bucket answers 403"])
        self.assertEqual(json.loads(ship.STATE.read_text())["problem"], "the bucket answers 403")
        # The error was not caused by MySQL, so the connection to MySQL remains open.
        connection.close.assert_not_called()

    def test_mysql_backup_reconnects_after_any_other_error_and_never_prints_a_statement(self):
        for fault, words in ((pymysql.Error(1227, "denied"), "mysqld refused (1227): denied"), (OSError("gone"), "gone"), (ValueError(), "ValueError")):
            self.shipper._connection = connection = mock.Mock()
            self.run_with(fault)
            self.assertEqual(self.said.pop(), words)
            connection.close.assert_called_once_with()
            self.assertIsNone(self.shipper._connection)

    def test_the_state_file_of_mysql_backup_contains_the_delay_even_if_every_step_fails_early(self):
        def later(*_):
            self.clock.return_value += 40

        with mock.patch.object(self.shipper, "_step", mock.Mock(side_effect=[OSError("gone"), OSError("gone"), SystemExit])):
            with mock.patch.object(ship.time, "sleep", later), self.assertRaises(SystemExit):
                self.shipper.run()
        self.assertEqual(json.loads(ship.STATE.read_text())["behindSeconds"], 40)

    def test_only_a_rejected_request_to_the_bucket_counts_as_refused(self):
        for problem, refused in ((Refused("403"), True), (Away("no answer"), False), (OSError("disk"), False)):
            self.run_with(problem)
            self.assertEqual(json.loads(ship.STATE.read_text())["refused"], refused)

    def test_a_successful_step_removes_the_problem_from_the_state_file_of_mysql_backup(self):
        self.run_with(OSError("gone"), None)
        state = json.loads(ship.STATE.read_text())
        self.assertIsNone(state["problem"])
        self.assertEqual(self.said, ["gone"])
        # The state file contains all values that the check of problems needs.
        self.assertEqual([cause for cause, _ in ship.problems(state, self.clock.return_value, 24)], [ship.BASE])

    def test_mysql_backup_starts_the_next_step_half_a_second_after_a_slow_step(self):
        step = mock.Mock(side_effect=[lambda: None, SystemExit])

        def slow():
            self.clock.return_value += 60
            step()

        with mock.patch.object(self.shipper, "_step", slow), mock.patch.object(ship.time, "sleep") as sleep, self.assertRaises(SystemExit):
            self.shipper.run()
        sleep.assert_called_once_with(0.5)

    def test_mysql_backup_passes_values_to_mysql_separately_from_the_statement(self):
        connection = mock.MagicMock()
        cursor = connection.cursor.return_value.__enter__.return_value
        cursor.fetchall.return_value = [(1,)]
        self.assertEqual(ROWS(connection, "PURGE BINARY LOGS TO %s", [FIRST]), [(1,)])
        cursor.execute.assert_called_once_with("PURGE BINARY LOGS TO %s", [FIRST])

    def test_mysql_backup_connects_over_the_socket_as_the_user_backup(self):
        settings = types.SimpleNamespace(socket="/run/mysqld/mysqld.sock")
        with mock.patch.object(pymysql, "connect") as driver:
            CONNECT(settings)
        driver.assert_called_once_with(
            unix_socket="/run/mysqld/mysqld.sock", user="backup", autocommit=True, connect_timeout=2, read_timeout=10, write_timeout=10
        )
