"""Provides a fake primary for the app-runs tests."""

import contextlib
import re
import sqlite3
import sys
import types
from unittest import mock

# These tests do not connect to mysqld, so they also work if the driver is not installed.
sys.modules.setdefault("pymysql", types.SimpleNamespace(connect=None))

import claims

NAME, DUE = "schedule mail", "2026-11-25 03:00:00"
NOW = re.compile(r"NOW\(6?\)(?: ([+-]) INTERVAL (\d+) (SECOND|DAY))?")


class Primary:
    """Stores the table of claims in SQLite instead of MySQL. Tests set the time. While `away` is true, every connection fails."""

    def __init__(self):
        # The primary's clock starts at 2026-11-25 03:00:01 UTC.
        self.now, self.away, self.asked, self.open = 1_795_575_601, False, 0, 0
        self._database = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        self._database.execute("CREATE TABLE claims (name, due, holder NOT NULL, until, outcome, PRIMARY KEY (name, due))")

    def claim(self, server, name=NAME, due=DUE):
        with mock.patch.object(claims.socket, "gethostname", return_value=server):
            return claims.Claim(name, due, self.connect)

    def outcomes(self, name=NAME):
        return dict(self._database.execute("SELECT due, outcome FROM claims WHERE name = ?", [name]))

    def connect(self):
        self.asked += 1
        if self.away:
            raise ConnectionError("away")
        self.open += 1
        return self

    def close(self):
        self.open -= 1

    @contextlib.contextmanager
    def cursor(self):
        yield Cursor(self._database.cursor(), self._in_sqlite)

    def _in_sqlite(self, statement):
        return NOW.sub(self._time, statement).replace("INSERT IGNORE", "INSERT OR IGNORE").replace("%s", "?")

    def _time(self, found):
        sign, number, unit = found.groups(default="")
        return f"datetime({self.now}, 'unixepoch', '{sign or '+'}{number or 0} {unit or 'SECOND'}')"


class Cursor:
    def __init__(self, cursor, translated):
        self._cursor, self._translated = cursor, translated

    def execute(self, statement, values):
        return self._cursor.execute(self._translated(statement), values).rowcount

    def fetchone(self):
        return self._cursor.fetchone()
