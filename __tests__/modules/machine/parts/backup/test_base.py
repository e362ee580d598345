"""Tests the schedule and the content of base backups. Run by backup.programs.test.ts."""

import hashlib
import json
import pathlib
import tempfile
import time
import types
import unittest
from unittest import mock

import support
import base
import names
import pymysql


class Counted(unittest.TestCase):
    """Tests the count of rows. `executed` contains the GTID sets before and after each snapshot."""

    def counted(self, *executed, refused=None):
        self.done, self.said, self.slept, sets = [], [], [], iter(executed)

        def rows(connection, statement):
            self.assertEqual(connection, "connection")
            self.done.append(statement)
            if refused and statement.startswith(refused):
                raise pymysql.Error(1142, "SELECT command denied")
            if statement == "SELECT @@GLOBAL.gtid_executed":
                return ((next(sets),),)
            if statement == base.comparing.COLUMNS:
                return (("app", "orders", "id"), ("app", "orders", "text"), ("backup", "heartbeat", "at"))
            return (("7 ABC",),) if statement.startswith("SELECT CONCAT(COUNT") else ()

        with mock.patch.object(base, "rows", rows), mock.patch.object(base.time, "sleep", self.slept.append), mock.patch.object(base, "SNAPSHOTS", 2), mock.patch("builtins.print", self.said.append):
            return base._counted("connection")

    def test_a_base_backup_counts_the_rows_of_tables_with_the_transactions_of_the_snapshot(self):
        self.assertEqual(self.counted("u:1-5,\nv:1", "u:1-5,\nv:1"), {"gtids": "u:1-5,v:1", "rows": {"app.orders": "7 ABC", "backup.heartbeat": "7 ABC"}})
        self.assertEqual(self.said, [])
        # The GTID of a committed transaction appears in the GTID set only shortly after the commit.
        self.assertEqual(self.slept, [base.QUIET_SECONDS])
        self.assertGreaterEqual(base.QUIET_SECONDS, 0.01)
        # The time limit for a table is ten minutes, here in milliseconds.
        self.assertEqual(self.done[0], "SET SESSION max_execution_time = 600000")
        self.assertEqual(self.done[1:4], ["SELECT @@GLOBAL.gtid_executed", "START TRANSACTION WITH CONSISTENT SNAPSHOT", "SELECT @@GLOBAL.gtid_executed"])

    def test_a_base_backup_counts_rows_in_another_snapshot_after_a_concurrent_commit(self):
        self.assertEqual(self.counted("u:1-5", "u:1-6", "u:1-6", "u:1-6")["gtids"], "u:1-6")
        self.assertEqual(self.done.count("ROLLBACK"), 1)

    def test_a_base_backup_counts_no_rows_if_commits_are_too_frequent_or_mysql_rejects_the_query(self):
        self.assertIsNone(self.counted("u:1-5", "u:1-6", "u:1-6", "u:1-7"))
        self.assertEqual(self.said, ["rows are not counted: no snapshot without a concurrent transaction"])
        self.assertIsNone(self.counted("u:1-5", "u:1-5", refused="SELECT CONCAT(COUNT"))
        self.assertEqual(self.said, ["rows are not counted: mysqld refused (1142): SELECT command denied"])


class Made(unittest.TestCase):
    """Tests whether and how a member makes a base backup."""

    NOW, ME, OTHER = 1_795_626_000, "10.0.1.11", "10.0.1.12"
    BRANCH, TIMELINE = "0123456789abcdef", support.A

    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        (self.folder / "ibdata1").write_bytes(b"x" * 1000)
        # A base backup does not copy logs, so logs need no space.
        for name in ("binlog.000001", "relay.000001"):
            (self.folder / name).write_bytes(b"x" * 5000)
        self.log = support.log({}, support.transaction(self.TIMELINE, 1, (self.NOW - 60) * 1_000_000))
        (self.folder / "binlog.000012").write_bytes(self.log)
        self.members, self.lag, self.branches = [(self.ME, "SECONDARY"), (self.OTHER, "PRIMARY")], 0, [self.BRANCH] * 2
        self.done, self.connected, self.bucket = [], [], support.Memory()
        self.bucket.now, self.objects = lambda: self.NOW, self.bucket.objects
        self.enterContext(mock.patch.object(base, "connect", lambda *how: self.connected.append(how) or "connection"))
        self.enterContext(mock.patch.object(base, "rows", self.rows))
        self.enterContext(mock.patch.object(base, "CLONE", f"{self.folder}/clone"))
        self.enterContext(mock.patch.object(base, "STATE", pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()), "state.json")))
        self.enterContext(mock.patch.object(base, "seal", lambda content, recipients: b"sealed " + content))
        self.enterContext(mock.patch.object(base, "_counted", return_value={"gtids": "u:1-7", "rows": {}}))
        self.enterContext(mock.patch.object(base.time, "time", return_value=self.NOW))
        self.enterContext(mock.patch.object(base, "print", create=True))
        # Replaces the pipeline `tar | zstd | age`.
        self.flow = self.enterContext(mock.patch.object(base, "flow", return_value=[mock.Mock(stdout=types.SimpleNamespace(read=self.read))]))
        self.ended = self.enterContext(mock.patch.object(base, "require_ended"))
        self.content = b"0123456789"
        self.enterContext(mock.patch.object(base, "PART_BYTES", 4))
        self.free = self.enterContext(mock.patch.object(base.shutil, "disk_usage", return_value=mock.Mock(free=1000 + base.LEFT_BYTES)))
        members = {self.ME: "alpha", self.OTHER: "bravo"}
        self.settings = types.SimpleNamespace(timeline=self.TIMELINE, member="alpha", members=members, baseHours=24, recipients=["age1", "age2"], data=str(self.folder))

    def read(self, size):
        part, self.content = self.content[:size], self.content[size:]
        return part

    def rows(self, connection, statement, values=()):
        self.assertEqual(connection, "connection")
        self.done.append(statement)
        executed = f"{self.TIMELINE}:1-{7 if any(one.startswith('CLONE') for one in self.done) else 5},\n{support.B}:1"
        answers = {
            "SELECT VERSION()": [("9.7.4",)], base.MEMBERS: self.members, base.LAG: [(self.lag,)], "SELECT @@GLOBAL.gtid_executed": [(executed,)],
            "SHOW BINARY LOG STATUS": [("binlog.000012", 500)], "SHOW BINARY LOGS": [("binlog.000012", 500)], "SELECT @@log_bin_basename": [(f"{self.folder}/binlog",)],
            base.HEARTBEAT_AT: [((self.NOW - 90) * 1_000_000,)],
        }
        if statement == base.HEARTBEAT_AT:
            self.uploaded_before = len(self.objects)
        if statement == base.BRANCHES:
            return [("the first one",), (self.branches.pop(0),)]
        return answers.get(statement, [])

    def make(self, force=False):
        before = len(self.objects)
        self.assertEqual(base.make_when_due(self.settings, self.bucket, force), 0)
        return len(self.objects) > before

    def made_before(self, **hours):
        """
        Adds base backups. `hours`: age in hours of each member's base backup, by the bucket's clock. The names contain the year 2099 from
        the members' clocks, which must be ignored.
        """
        for member, each in hours.items():
            key = names.manifest_key(self.TIMELINE, member, names.backup_name("20990101T000000Z", 3, []), b"")
            self.objects[key], self.bucket.times[key] = b"", f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(self.NOW - each * 3600))}.000Z"

    def test_a_base_backup_is_due_a_day_after_the_last_base_backup_of_any_member(self):
        self.made_before(alpha=40, bravo=23.9)
        self.assertFalse(self.make())
        self.made_before(bravo=24)
        self.assertTrue(self.make())

    def test_a_base_backup_is_due_although_a_single_other_member_uploads_one_every_day(self):
        self.made_before(alpha=49, bravo=1)
        self.assertTrue(self.make())

    def test_the_clock_of_the_bucket_decides_whether_a_base_backup_is_due(self):
        self.made_before(alpha=1)
        base.time.time.return_value = self.NOW + 30 * 3600
        self.assertFalse(self.make())

    def test_a_base_backup_is_due_if_there_is_no_earlier_base_backup(self):
        self.assertTrue(self.make())

    def test_a_base_backup_is_due_at_once_if_transactions_are_missing_in_the_bucket(self):
        self.made_before(alpha=1, bravo=1)
        base.STATE.write_text(json.dumps({"gapSince": self.NOW - 60}))
        self.assertTrue(self.make())

    def test_a_member_makes_a_base_backup_only_in_its_turn_unless_an_operator_forces_it(self):
        self.made_before(alpha=24)
        self.members = [(self.ME, "PRIMARY"), (self.OTHER, "SECONDARY")]
        self.assertFalse(self.make())
        self.assertFalse([statement for statement in self.done if statement.startswith("CLONE")])
        self.assertTrue(self.make(force=True))

    def test_a_base_backup_fails_on_a_member_whose_replication_lag_is_too_high(self):
        self.lag = base.LAG_SECONDS + 1
        with self.assertRaisesRegex(ValueError, "this member is 61 s behind"):
            self.make()
        self.assertEqual(self.objects, {})

    def test_a_base_backup_writes_its_manifest_after_all_its_parts(self):
        self.make()
        folder = f"{self.TIMELINE}/alpha/base/{names.stamp(self.NOW)}-000012-1-5"
        *parts, rows, manifest = self.objects
        self.assertEqual([self.objects[key] for key in parts], [b"0123", b"4567", b"89"])
        self.assertEqual([key.partition(".")[0] for key in parts], [f"{folder}/{number:04}" for number in range(3)])
        for key, content in self.objects.items():
            self.assertTrue(key.endswith(names.digest(content)))
        self.assertTrue(rows.startswith(f"{folder}/rows."))
        self.assertEqual(self.objects[rows], b'sealed {"gtids": "u:1-7", "rows": {}}')
        self.assertEqual(names.read_manifest(self.TIMELINE, manifest).folder, folder)
        told = json.loads(self.objects[manifest])
        self.assertEqual(
            {key: told[key] for key in ("format", "mysql", "timeline", "member", "branch", "recipients", "rows")},
            {"format": 2, "mysql": "9.7.4", "timeline": self.TIMELINE, "member": "alpha", "branch": self.BRANCH, "recipients": ["age1", "age2"], "rows": rows},
        )
        # The manifest contains the GTID sets before and after the copy.
        self.assertEqual(told["gtids"], {"atLeast": f"{self.TIMELINE}:1-5,{support.B}:1", "atMost": f"{self.TIMELINE}:1-7,{support.B}:1"})
        # A restore to an earlier time could not use a base backup with later commits.
        self.assertEqual(self.uploaded_before, 0)
        self.assertLess(self.done.index(base.ROTATE), self.done.index("SELECT @@GLOBAL.gtid_executed"))
        # The manifest explains how to restore without mysql-backup.
        self.assertRegex(told["what"], r"age --decrypt \| zstd --decompress \| tar --extract$")
        self.assertEqual(told["parts"][1], {"key": parts[1], "bytes": 4, "sha256": hashlib.sha256(b"4567").hexdigest()})
        self.assertEqual(self.flow.call_args.args[0], ["tar", "--create", "--directory", base.CLONE, "."])
        self.assertEqual(self.flow.call_args.args[1][0], "zstd")
        self.assertIn("age2", self.flow.call_args.args[2])
        self.assertIn(f"CLONE LOCAL DATA DIRECTORY = '{base.CLONE}'", self.done)
        # The copy may take hours, so its connection has a long time limit.
        self.assertEqual(self.connected, [(self.settings, 6 * 3600)])

    def test_the_manifest_of_a_base_backup_contains_the_newest_commit_of_the_logs_and_the_heartbeat(self):
        self.make()
        newest = lambda: json.loads(list(self.objects.values())[-1])["newestCommit"]  # noqa: E731
        self.assertEqual(newest(), (self.NOW - 60) * 1_000_000)
        (self.folder / "binlog.000012").write_bytes(support.log({}))
        self.branches, self.content = [self.BRANCH] * 2, b"0"
        self.make(force=True)
        self.assertEqual(newest(), (self.NOW - 90) * 1_000_000)

    def test_a_base_backup_gets_no_manifest_if_packing_failed_or_the_branch_changed(self):
        self.ended.side_effect = ValueError("tar failed")
        with self.assertRaises(ValueError):
            self.make()
        self.branches = [self.BRANCH, "another"]
        with self.assertRaisesRegex(ValueError, "the branch changed during the copy"):
            self.make()
        self.assertFalse([key for key in self.objects if "manifest" in key])

    def test_a_base_backup_does_not_start_without_enough_disk_space(self):
        self.free.return_value = mock.Mock(free=999 + base.LEFT_BYTES)
        with self.assertRaisesRegex(OSError, "a base backup needs 2048 MiB at .*/clone, but 2048 MiB are free"):
            self.make()
        self.assertFalse([statement for statement in self.done if statement.startswith("CLONE")])
        self.free.assert_called_once_with(str(self.folder))

    def room(self, free):
        self.free.return_value = mock.Mock(free=free)
        return list(base.room_problems(self.settings))

    def test_mysql_backup_warns_of_low_disk_space_before_a_base_backup_fails(self):
        needed = 1000 + base.LEFT_BYTES
        self.assertEqual(self.room(int(needed / base.ROOM_SHARE) + 1), [])
        ((cause, words),) = self.room(int(needed / base.ROOM_SHARE) - 1)
        self.assertEqual(cause, "backup-room")
        self.assertRegex(words, "needs 2048 MiB on the system disk, and 2560 MiB are free.*serverType")
        self.make()
        # If the system disk is larger, the problem is no longer reported.
        self.assertEqual(self.room(2 * needed), [])

    def test_mysql_backup_counts_the_space_of_a_running_base_backup_as_free(self):
        clone = self.folder / "clone"
        clone.mkdir()
        (clone / "ibdata1").write_bytes(b"x" * 1000)
        with mock.patch.object(self.settings, "data", f"{self.folder}/missing"), mock.patch.object(base, "LEFT_BYTES", 800):
            self.assertEqual(self.room(0), [])
            self.assertEqual(len(self.room(-1)), 1)

    def test_mysql_backup_does_not_warn_before_mysql_is_installed(self):
        self.free.side_effect = FileNotFoundError
        self.assertEqual(list(base.room_problems(self.settings)), [])
