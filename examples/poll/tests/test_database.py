import unittest
from unittest import mock

import pymysql

from poll import database
from poll.database import Database, Side, Unavailable, judge


class Cursor:
    def __init__(self, connection):
        self._connection = connection

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def execute(self, sql, values=()):
        self._connection.done.append(sql)
        error = self._connection.errors.pop(0) if self._connection.errors else None
        if error:
            raise error
        return 1

    def fetchall(self):
        return [{"a": 1}]


class Connection:
    def __init__(self, *errors):
        self.errors = list(errors)
        self.done = []
        self.closed = False

    def cursor(self, *_):
        return Cursor(self)

    def close(self):
        self.closed = True


READ_ONLY = pymysql.OperationalError(1290, "--super-read-only")
GONE = pymysql.OperationalError(2013, "Lost connection")
DUPLICATE = pymysql.IntegrityError(1062, "Duplicate")
DEADLOCK = pymysql.OperationalError(1213, "Deadlock")


def side(*connections):
    made = list(connections)
    return Side(lambda: made.pop(0))


class Judgement(unittest.TestCase):
    def test_of_errors(self):
        for error, verdict in (
            (READ_ONLY, "renew"),
            (GONE, "renew"),
            (pymysql.InterfaceError(0, ""), "renew"),
            (TimeoutError(), "renew"),
            (DEADLOCK, "retry"),
            (DUPLICATE, "reject"),
            (pymysql.ProgrammingError(1064, "syntax"), "reject"),
            (ValueError(), "reject"),
        ):
            self.assertEqual(judge(error), verdict, error)


class Sides(unittest.TestCase):
    def test_use_a_connection_again(self):
        only = Connection()
        there = side(only)
        for _ in range(3):
            there.run("SELECT 1", (), 1)
        self.assertEqual(len(only.done), 3)

    def test_throw_away_all_connections_when_one_is_dead(self):
        idle, dead, fresh = Connection(), Connection(GONE), Connection()
        there = side(idle, dead, fresh)
        with there.connection(1):  # keeps the first one busy, so that the second one is made
            with self.assertRaises(pymysql.OperationalError):
                there.run("SELECT 1", (), 1)
        there.run("SELECT 1", (), 1)
        self.assertEqual((idle.closed, dead.closed, fresh.closed), (True, True, False))

    def test_keep_a_connection_whose_statement_was_refused(self):
        only = Connection(DUPLICATE)
        there = side(only)
        with self.assertRaises(pymysql.IntegrityError):
            there.run("INSERT", (), 1)
        there.run("SELECT 1", (), 1)
        self.assertEqual(len(only.done), 2)

    def test_lend_no_more_connections_than_they_have(self):
        there = Side(Connection, size=1)
        with there.connection(1), self.assertRaises(Unavailable), there.connection(0.01):
            pass


class Attempts(unittest.TestCase):
    def setUp(self):
        self.enterContext(mock.patch.object(database.time, "sleep"))

    def test_a_write_waits_for_the_new_primary(self):
        old, new = Connection(READ_ONLY), Connection()
        self.assertEqual(Database(side(old, new), side()).write("INSERT"), 1)
        self.assertEqual(new.done, ["INSERT"])

    def test_a_read_goes_to_the_primary_when_no_replica_answers(self):
        dead, primary = Connection(GONE), Connection()
        Database(side(primary), side(dead)).read("SELECT 1")
        self.assertEqual(primary.done, ["SELECT 1"])

    def test_what_the_database_refuses_is_not_repeated(self):
        only = Connection(DUPLICATE)
        with self.assertRaises(pymysql.IntegrityError):
            Database(side(only), side()).write("INSERT")
        self.assertEqual(len(only.done), 1)

    def test_they_end(self):
        always = Side(lambda: Connection(GONE))
        with mock.patch.object(database, "WRITE_DEADLINE_SECONDS", 0.2), self.assertRaises(Unavailable):
            Database(always, always).write("INSERT")

    def test_only_so_many_writes_wait(self):
        there = Database(side(Connection()), side())
        for _ in range(database.WAITING_WRITES):
            there._waiting.acquire()
        with self.assertRaises(Unavailable):
            there.write("INSERT")


if __name__ == "__main__":
    unittest.main()
