"""When a copy of all data is made, what it is, and that rows are counted at transactions that are known, or not at all. Run by backup.programs.test.ts."""

import hashlib
import json
import pathlib
import sqlite3
import tempfile
import types
import unittest
from unittest import mock

import support  # noqa: F401
import base
import names
import pymysql


class Counted(unittest.TestCase):
    """`executed`: GTIDs before and after each snapshot."""

    def counted(self, *executed, refused=None):
        self.done, self.said, self.slept, sets = [], [], [], iter(executed)

        def rows(connection, statement):
            self.assertEqual(connection, "connection")
            self.done.append(statement)
            if refused and statement.startswith(refused):
                raise pymysql.Error(1142, "SELECT command denied")
            if statement == "SELECT @@GLOBAL.gtid_executed":
                return ((next(sets),),)
            if statement == base.TABLES:
                return (("app", "orders"), ("backup", "heartbeat"))
            return ((7,),) if statement.startswith("SELECT COUNT") else ()

        with mock.patch.object(base, "rows", rows), mock.patch.object(base.time, "sleep", self.slept.append), mock.patch.object(base, "SNAPSHOTS", 2), mock.patch("builtins.print", self.said.append):
            return base._counted("connection")

    def test_with_the_transactions_that_the_snapshot_has(self):
        self.assertEqual(self.counted("u:1-5,\nv:1", "u:1-5,\nv:1"), {"gtids": "u:1-5,v:1", "rows": {"app.orders": 7, "backup.heartbeat": 7}})
        self.assertEqual(self.said, [])
        # One that is committed is not yet among them at once.
        self.assertEqual(self.slept, [base.QUIET_SECONDS])
        self.assertGreaterEqual(base.QUIET_SECONDS, 0.01)
        # Ten minutes a table, in milliseconds.
        self.assertEqual(self.done[0], "SET SESSION max_execution_time = 600000")
        self.assertEqual(self.done[1:4], ["SELECT @@GLOBAL.gtid_executed", "START TRANSACTION WITH CONSISTENT SNAPSHOT", "SELECT @@GLOBAL.gtid_executed"])

    def test_another_snapshot_where_one_was_committed_meanwhile(self):
        self.assertEqual(self.counted("u:1-5", "u:1-6", "u:1-6", "u:1-6")["gtids"], "u:1-6")
        self.assertEqual(self.done.count("ROLLBACK"), 1)

    def test_not_where_they_come_too_fast_or_mysql_refuses(self):
        self.assertIsNone(self.counted("u:1-5", "u:1-6", "u:1-6", "u:1-7"))
        self.assertEqual(self.said, ["rows are not counted: transactions come too fast"])
        self.assertIsNone(self.counted("u:1-5", "u:1-5", refused="SELECT COUNT"))
        self.assertEqual(self.said, ["rows are not counted: mysqld refused (1142): SELECT command denied"])


class Asked(unittest.TestCase):
    """What is asked of MySQL, answered by another database with tables of the same names."""

    def answer(self, statement, schema, table, *rows):
        database = sqlite3.connect(":memory:")
        database.execute(f"ATTACH ':memory:' AS {schema}")
        database.execute(f"CREATE TABLE {schema}.{table} ({', '.join(rows[0])})")
        for row in rows:
            database.execute(f"INSERT INTO {schema}.{table} VALUES ({', '.join('?' for _ in row)})", list(row.values()))
        return database.execute(statement).fetchall()

    def test_members_that_are_online_in_the_same_order_everywhere(self):
        members = [("10.0.1.13", "SECONDARY", "ONLINE"), ("10.0.1.11", "PRIMARY", "ONLINE"), ("10.0.1.14", "", "UNREACHABLE"), ("10.0.1.12", "SECONDARY", "ONLINE")]
        rows = [{"MEMBER_ID": f"id of {host}", "MEMBER_HOST": host, "MEMBER_ROLE": role, "MEMBER_STATE": state} for host, role, state in members]
        self.assertEqual(
            self.answer(base.MEMBERS, "performance_schema", "replication_group_members", *rows),
            [("id of 10.0.1.11", "PRIMARY"), ("id of 10.0.1.12", "SECONDARY"), ("id of 10.0.1.13", "SECONDARY")],
        )

    def test_tables_that_a_restore_brings_back_row_by_row(self):
        tables = [("app", "orders", "BASE TABLE", "InnoDB"), ("app", "view", "VIEW", None), ("app", "in_memory", "BASE TABLE", "MEMORY")]
        tables += [(schema, "t", "BASE TABLE", "InnoDB") for schema in ("mysql", "sys", "backup")]
        rows = [dict(zip(("TABLE_SCHEMA", "TABLE_NAME", "TABLE_TYPE", "ENGINE"), table)) for table in tables]
        self.assertEqual(self.answer(base.TABLES, "information_schema", "TABLES", *rows), [("app", "orders"), ("backup", "t")])


class Made(unittest.TestCase):
    """A member of three whose base is due, or not."""

    NOW, ME, OTHER = 1_000_000, "aaaaaaaa-0000-0000-0000-000000000000", "bbbbbbbb-0000-0000-0000-000000000000"

    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        (self.folder / "ibdata1").write_bytes(b"x" * 1000)
        # Not copied: they need no room.
        for name in ("binlog.000001", "relay.000001"):
            (self.folder / name).write_bytes(b"x" * 5000)
        self.members = [(self.ME, "SECONDARY"), (self.OTHER, "PRIMARY")]
        self.done, self.put, self.bases, self.connected = [], {}, [], []
        self.enterContext(mock.patch.object(base, "connect", lambda *how: self.connected.append(how) or "connection"))
        self.enterContext(mock.patch.object(base, "rows", self.rows))
        self.enterContext(mock.patch.object(base, "seal", lambda content, recipients: b"sealed " + content))
        self.enterContext(mock.patch.object(base, "_counted", return_value={"gtids": "u:1-7", "rows": {}}))
        self.enterContext(mock.patch.object(base.time, "time", return_value=self.NOW + 4.001))
        self.enterContext(mock.patch.object(base, "print", create=True))
        # What stands for `tar | zstd | age`.
        self.flow = self.enterContext(mock.patch.object(base, "flow", return_value=[mock.Mock(stdout=types.SimpleNamespace(read=self.read))]))
        self.ended = self.enterContext(mock.patch.object(base, "require_ended"))
        self.content = b"0123456789"
        self.enterContext(mock.patch.object(base, "PART_BYTES", 4))
        self.free = self.enterContext(mock.patch.object(base.shutil, "disk_usage", return_value=mock.Mock(free=1000 + base.LEFT_BYTES)))
        self.settings = types.SimpleNamespace(timeline="t", baseHours=24, recipients=["age1", "age2"], data=str(self.folder))
        self.bucket = mock.Mock(put=lambda key, content: self.put.update({key: content}), list=lambda prefix: [mock.Mock(key=prefix + key) for key in self.bases])

    def read(self, size):
        part, self.content = self.content[:size], self.content[size:]
        return part

    def rows(self, connection, statement):
        self.assertEqual(connection, "connection")
        self.done.append(statement)
        if statement.startswith("SELECT @@server_uuid"):
            return ((self.ME, "9.7.4", self.NOW),)
        if statement == base.MEMBERS:
            return self.members
        return (("u:1-5,\nv:1",),) if statement == "SELECT GTID_EXECUTED FROM performance_schema.clone_status" else ()

    def make(self):
        self.assertEqual(base.make_when_due(self.settings, self.bucket), 0)
        return bool(self.put)

    def made_before(self, *hours):
        self.bases = [f"{names.stamp(self.NOW - each * 3600)}-{self.OTHER}/manifest.0123456789abcdef" for each in hours]

    def test_is_due_a_day_after_the_last_one_whoever_made_that(self):
        self.made_before(48, 23.9)
        self.assertFalse(self.make())
        self.made_before(24, 48)
        self.assertTrue(self.make())

    def test_is_due_where_there_is_none(self):
        self.assertTrue(self.make())

    def test_is_left_to_the_member_whose_turn_it_is(self):
        self.made_before(24)
        self.members = [(self.ME, "PRIMARY"), (self.OTHER, "SECONDARY")]
        self.assertFalse(self.make())
        self.assertFalse([statement for statement in self.done if statement.startswith("CLONE")])

    def test_holds_all_parts_in_order_and_says_last_what_it_is(self):
        self.make()
        folder = f"t/base/{names.stamp(self.NOW + 5)}-{self.ME}"
        *parts, rows, manifest = self.put
        self.assertEqual([self.put[key] for key in parts], [b"0123", b"4567", b"89"])
        self.assertEqual([key.partition(".")[0] for key in parts], [f"{folder}/{number:04}" for number in range(3)])
        for key, content in self.put.items():
            self.assertTrue(key.endswith(names.digest(content)))
        self.assertTrue(rows.startswith(f"{folder}/rows."))
        self.assertEqual(self.put[rows], b'sealed {"gtids": "u:1-7", "rows": {}}')
        self.assertTrue(names.read_base("t", manifest))
        told = json.loads(self.put[manifest])
        self.assertEqual(
            {key: told[key] for key in ("format", "mysql", "timeline", "server", "taken", "gtids", "recipients", "rows")},
            {"format": 1, "mysql": "9.7.4", "timeline": "t", "server": self.ME, "taken": names.stamp(self.NOW + 5), "gtids": "u:1-5,v:1", "recipients": ["age1", "age2"], "rows": rows},
        )
        # For whoever has no program of ours.
        self.assertRegex(told["what"], r"age --decrypt \| zstd --decompress \| tar --extract$")
        self.assertEqual(told["parts"][1], {"key": parts[1], "bytes": 4, "sha256": hashlib.sha256(b"4567").hexdigest()})
        self.assertEqual(self.flow.call_args.args[0], ["tar", "--create", "--directory", base.CLONE, "."])
        self.assertEqual(self.flow.call_args.args[1][0], "zstd")
        self.assertIn("age2", self.flow.call_args.args[2])
        self.assertIn(f"CLONE LOCAL DATA DIRECTORY = '{base.CLONE}'", self.done)
        # A copy may take hours.
        self.assertEqual(self.connected, [(self.settings, 6 * 3600)])

    def test_says_nothing_of_itself_where_packing_failed(self):
        self.ended.side_effect = ValueError("tar failed")
        with self.assertRaises(ValueError):
            base.make_when_due(self.settings, self.bucket)
        self.assertFalse([key for key in self.put if "manifest" in key])

    def test_needs_room_for_the_data_and_some_more_and_is_not_begun_without(self):
        self.free.return_value = mock.Mock(free=999 + base.LEFT_BYTES)
        with self.assertRaisesRegex(OSError, "a base needs 2048 MiB at /var/lib/mysql-files/base, and there are 2048"):
            base.make_when_due(self.settings, self.bucket)
        self.assertFalse([statement for statement in self.done if statement.startswith("CLONE")])
        self.free.assert_called_once_with("/var/lib/mysql-files")
