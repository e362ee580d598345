"""
Simulates a year of one server's archive, with daily logs and a base backup every two weeks. The simulation sets the commit time of each
transaction and the clocks of mysql-backup and of the bucket.
"""

import time

import branch
import ship
from life import Life, at_of

DAY = 86400
BASE_DAYS = 14
WRITES_A_DAY = 20
HEARTBEAT = "REPLACE INTO backup.heartbeat (id, at) VALUES (1, %s)"


class Year(Life):
    def __init__(self, seed, folder, template):
        super().__init__(seed, folder, template, members=1)
        self._now = 0.0
        # Heartbeats are off because their commit time would be the machine's time, not the simulated time.
        ship.HEARTBEAT_SECONDS = float("inf")

    def live(self, days, times):
        """Simulates the days and compares restores to random times. @returns the number of restores"""
        self.clock(time.time() - (days + 1) * DAY)
        self.group.form("alpha")
        for day in range(days):
            begun = self._now
            with self.group["alpha"].connect() as connection, connection.cursor() as cursor:
                if day == 0:
                    self._create(cursor)
                for moment in sorted(self.random.uniform(begun, begun + DAY - 1) for _ in range(WRITES_A_DAY)):
                    self._now = moment
                    self._write_one(cursor)
                self.execute(cursor, HEARTBEAT, [time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(self._now))])
            self.clock(begun + DAY)
            self.ship()
            if day % BASE_DAYS == 0:
                self.make_base()
            self.group["alpha"].ask("FLUSH LOCAL BINARY LOGS")
            self._purge()
        self.ship()
        first = self.bases[0][0]
        for _ in range(times):
            moment = float(int(self.random.uniform(first + 1, self._now)))
            self._compare(at_of(moment), moment, self.history.rows_at(moment))
        return times

    def clock(self, moment):
        self._now = moment
        self.skew["alpha"] = self.store.ahead_seconds = moment - time.time()

    def now(self):
        return self._now

    def execute(self, cursor, statement, values=None):
        cursor.execute("SET SESSION original_commit_timestamp = %s", [int(self._now * 1e6)])
        cursor.execute(statement, values)

    def _create(self, cursor):
        for statement in self.SCHEMA:
            self.execute(cursor, statement)
        timed = type("Timed", (), {"execute": lambda _, *statement: self._timed(cursor, *statement), "fetchone": lambda _: cursor.fetchone()})
        branch.ensure(timed(), self._mysql_group("alpha"))

    def _timed(self, cursor, *statement):
        self.execute(cursor, *statement)
        return cursor.rowcount

    def _purge(self):
        current = self.group["alpha"].ask("SHOW BINARY LOG STATUS")[0][0]
        self.ship()
        self.group["alpha"].ask(f"PURGE BINARY LOGS TO '{current}'")
