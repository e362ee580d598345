"""Provides helpers for the mysql-group tests."""

import contextlib
import pathlib
import sys
import tempfile
import types
import unittest
from unittest import mock

# These tests do not connect to mysqld, so they also work if the driver is not installed.
sys.modules.setdefault("pymysql", types.SimpleNamespace(connect=None, Error=type("Error", (Exception,), {})))

import members
import observer
from settings import Settings

ALPHA, BRAVO, CHARLIE, DELTA, ECHO = (f"10.0.1.1{last}" for last in range(1, 6))
SETTINGS = Settings(
    "alpha", ALPHA, {"alpha": ALPHA, "bravo": BRAVO, "charlie": CHARLIE}, 8008, "/socket", "10.0.1.0/24", "app", 5, {}
)


class OnVolume(unittest.TestCase):
    """Provides a test with a separate data volume."""

    def setUp(self):
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.enterContext(mock.patch.object(members, "FOLDER", folder))
        self.enterContext(mock.patch.object(members, "LOST", folder / "lost.json"))


class Cursor:
    """Records statements. `answers` maps the start of a statement to the returned rows, or to an exception that the statement raises."""

    def __init__(self, answers):
        self.answers, self.done, self.values, self._rows = answers, [], {}, []

    def execute(self, statement, values=()):
        if statement.count("%s") != len(values):
            raise TypeError(f"{statement} takes other values than {values}")
        self.done.append(statement)
        self.values[statement] = list(values)
        self._rows = next((rows for start, rows in self.answers.items() if statement.startswith(start)), [])
        if callable(self._rows):
            self._rows = self._rows()
        if isinstance(self._rows, Exception):
            raise self._rows
        return len(self._rows)

    def fetchone(self):
        return self._rows[0] if self._rows else None

    def fetchall(self):
        return self._rows


class Connection:
    def __init__(self, cursor):
        self._cursor = cursor

    @contextlib.contextmanager
    def cursor(self):
        yield self._cursor

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return


def connecting_to(cursor):
    """Returns a replacement for observer.connect, which returns this cursor."""
    return mock.create_autospec(observer.connect, return_value=Connection(cursor))
