"""Rows are counted at transactions that are known, or not at all. Run by backup.test.ts."""

import unittest
from unittest import mock

import support  # noqa: F401
import base
import pymysql


class Counted(unittest.TestCase):
    """`executed`: GTIDs before and after each snapshot."""

    def counted(self, *executed, refused=None):
        self.done, sets = [], iter(executed)

        def rows(_, statement):
            self.done.append(statement)
            if refused and statement.startswith(refused):
                raise pymysql.Error(1142, "SELECT command denied")
            if statement == "SELECT @@GLOBAL.gtid_executed":
                return ((next(sets),),)
            if statement == base.TABLES:
                return (("app", "orders"), ("backup", "heartbeat"))
            return ((7,),) if statement.startswith("SELECT COUNT") else ()

        with mock.patch.object(base, "rows", rows), mock.patch.object(base, "QUIET_SECONDS", 0), mock.patch.object(base, "SNAPSHOTS", 2), mock.patch("builtins.print"):
            return base._counted(None)

    def test_with_the_transactions_that_the_snapshot_has(self):
        self.assertEqual(self.counted("u:1-5,\nv:1", "u:1-5,\nv:1"), {"gtids": "u:1-5,v:1", "rows": {"app.orders": 7, "backup.heartbeat": 7}})

    def test_another_snapshot_where_one_was_committed_meanwhile(self):
        self.assertEqual(self.counted("u:1-5", "u:1-6", "u:1-6", "u:1-6")["gtids"], "u:1-6")
        self.assertEqual(self.done.count("ROLLBACK"), 1)

    def test_not_where_they_come_too_fast_or_mysql_refuses(self):
        self.assertIsNone(self.counted("u:1-5", "u:1-6", "u:1-6", "u:1-7"))
        self.assertIsNone(self.counted("u:1-5", "u:1-5", refused="SELECT COUNT"))
