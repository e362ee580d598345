"""Migrations, the worker and the schedule."""

import re
import unittest
from datetime import date, datetime, timezone

import pymysql

from poll import close_day, migrate, tally


class Recorder:
    """A connection and its cursor: remembers statements, answers by their beginning."""

    def __init__(self, answers=(), failing=()):
        self._answers = dict(answers)
        self._failing = dict(failing)
        self._rows = []
        self.done = []

    def cursor(self):
        return self

    __enter__ = cursor

    def __exit__(self, *_):
        pass

    def execute(self, sql, values=()):
        self.done.append((sql.split("\n")[0], *values))
        code = self._failing.get(sql)
        if code:
            raise pymysql.OperationalError(code, "no")
        self._rows = next((rows for start, rows in self._answers.items() if sql.startswith(start)), [])

    def executemany(self, sql, rows):
        self.done.append((sql, *rows))

    def begin(self):
        self.done.append(("BEGIN",))

    def commit(self):
        self.done.append(("COMMIT",))

    def fetchone(self):
        return self._rows[0]

    def fetchall(self):
        return self._rows


LOCKED = {"SELECT GET_LOCK": [(1,)]}
TWO = [("0001-a", "CREATE TABLE a"), ("0002-b", "CREATE TABLE b")]


class Migrations(unittest.TestCase):
    def test_are_applied_in_order_and_recorded_one_by_one(self):
        there = Recorder(LOCKED)
        self.assertEqual(migrate.apply(there, TWO), ["0001-a", "0002-b"])
        insert = "INSERT INTO schema_migrations (name) VALUES (%s)"
        self.assertEqual(there.done[3:], [("CREATE TABLE a",), (insert, "0001-a"), ("CREATE TABLE b",), (insert, "0002-b")])

    def test_that_are_recorded_are_left_and_a_newer_releases_too(self):
        there = Recorder({**LOCKED, "SELECT name": [("0001-a",), ("0009-newer",)]})
        self.assertEqual(migrate.apply(there, TWO), ["0002-b"])

    def test_that_were_interrupted_before_their_record_are_recorded(self):
        there = Recorder(LOCKED, {"CREATE TABLE a": 1050})
        self.assertEqual(migrate.apply(there, TWO), ["0001-a", "0002-b"])

    def test_stop_at_the_first_that_is_refused(self):
        there = Recorder(LOCKED, {"CREATE TABLE a": 1142})
        with self.assertRaises(pymysql.OperationalError):
            migrate.apply(there, TWO)
        self.assertEqual(there.done[-1], ("CREATE TABLE a",))

    def test_wait_for_another_server_and_say_so(self):
        with self.assertRaisesRegex(SystemExit, "another server"):
            migrate.apply(Recorder({"SELECT GET_LOCK": [(0,)]}), TWO)

    def test_of_the_package_are_one_statement_each_with_a_primary_key(self):
        names = []
        for name, statement in migrate.packaged():
            names.append(int(name[:4]))
            self.assertNotIn(";", statement)
            self.assertRegex(statement, re.compile(r"PRIMARY KEY \(.*ENGINE = InnoDB", re.DOTALL))
        self.assertEqual(names, list(range(1, len(names) + 1)))


class Tally(unittest.TestCase):
    def test_counts_and_marks_in_one_transaction(self):
        there = Recorder({"SELECT id": [(1, "tea"), (2, "coffee"), (3, "tea")]})
        self.assertEqual(tally.count_new(there), 3)
        self.assertEqual((there.done[0], there.done[-1]), (("BEGIN",), ("COMMIT",)))
        self.assertEqual([line[1:] for line in there.done if line[0].startswith("INSERT")], [("coffee", 1, 1), ("tea", 2, 2)])
        self.assertIn(("UPDATE votes SET counted = 1 WHERE id = %s", (1,), (2,), (3,)), there.done)

    def test_does_nothing_without_new_votes(self):
        self.assertEqual(tally.count_new(Recorder()), 0)


class CloseDay(unittest.TestCase):
    def test_closes_the_day_before_in_utc(self):
        self.assertEqual(close_day.yesterday(datetime(2026, 3, 1, 0, 5, tzinfo=timezone.utc)), date(2026, 2, 28))
