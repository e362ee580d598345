"""
Claims on the primary: who runs what, and until when. GET_LOCK would be known to one member alone; a row is known to all of them, so it
outlives a failover. Times are the primary's.
"""

import contextlib
import os
import pathlib
import socket
import ssl
import uuid
from typing import NamedTuple

import pymysql

# A claim that is not renewed ends after this, in seconds. Who holds one gives it up long before, see hold.py.
LEASE = 30
# Rows of runs that are over are kept for so long, in days.
KEPT = 35
# A worker has no times: its one row is of this one.
ALWAYS = "1970-01-01 00:00:00"

UNTIL = f"NOW(6) + INTERVAL {LEASE} SECOND"


class Row(NamedTuple):
    holder: str
    outcome: str | None
    expired: bool


class _Verified(ssl.SSLContext):
    """Asks for the name in the members' certificates, whatever the address."""

    def wrap_socket(self, sock, server_hostname=None, **options):
        return super().wrap_socket(sock, server_hostname=os.environ["DATABASE_TLS_NAME"], **options)


def connect():
    host, port = os.environ["DATABASE_WRITE"].split(":")
    context = _Verified(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(os.environ["DATABASE_CA_FILE"])
    return pymysql.connect(
        host=host,
        port=int(port),
        user=os.environ["DATABASE_USER"],
        password=pathlib.Path(os.environ["DATABASE_PASSWORD_FILE"]).read_text().strip(),
        database="platform",
        ssl=context,
        connect_timeout=3,
        read_timeout=5,
        write_timeout=5,
        autocommit=True,
    )


class Claim:
    """One run of one thing: of a worker, or of a schedule at one time."""

    def __init__(self, name, due=ALWAYS, connecting=connect):
        self.name, self.due, self._connecting = name, due, connecting
        # Of this process: an answer that got lost is found again by it.
        self.holder = f"{socket.gethostname()} {uuid.uuid4()}"

    def take(self, expired=False):
        """Claims what nobody has, and with `expired` what nobody holds any more. Returns the row as it is then."""
        others = " OR until < NOW(6)" if expired else ""
        with self._cursor() as cursor:
            cursor.execute(
                f"INSERT IGNORE INTO claims (name, due, holder, until) VALUES (%s, %s, %s, {UNTIL})",
                [self.name, self.due, self.holder],
            )
            # Its own it holds anew: when the answer to an earlier attempt got lost, much of that time may be over.
            cursor.execute(
                f"UPDATE claims SET holder = %s, until = {UNTIL}"
                f" WHERE name = %s AND due = %s AND outcome IS NULL AND (holder = %s{others})",
                [self.holder, self.name, self.due, self.holder],
            )
            cursor.execute(
                "SELECT holder, outcome, until < NOW(6) FROM claims WHERE name = %s AND due = %s", [self.name, self.due]
            )
            holder, outcome, is_over = cursor.fetchone()
            return Row(holder, outcome, bool(is_over))

    def renew(self):
        """Whether it is still held, and for another while."""
        return self._change(f"until = {UNTIL}") > 0

    def release(self):
        """Whoever asks next has it."""
        self._change("until = NOW(6) - INTERVAL 1 SECOND")

    def finish(self, outcome):
        self._change("outcome = %s", outcome)

    def interrupted(self):
        """Notes that a run was not finished. Whether this process was the one to note it."""
        with self._cursor() as cursor:
            return cursor.execute(
                "UPDATE claims SET outcome = 'interrupted'"
                " WHERE name = %s AND due = %s AND outcome IS NULL AND until < NOW(6)",
                [self.name, self.due],
            )

    def earlier_interrupted(self):
        """Notes runs of earlier times that nobody finished or noted, and forgets old ones. Returns how many were noted."""
        with self._cursor() as cursor:
            cursor.execute(
                f"DELETE FROM claims WHERE name = %s AND due < NOW() - INTERVAL {KEPT} DAY", [self.name]
            )
            return cursor.execute(
                "UPDATE claims SET outcome = 'interrupted' WHERE name = %s AND due < %s AND outcome IS NULL AND until < NOW(6)",
                [self.name, self.due],
            )

    def _change(self, what, *values):
        with self._cursor() as cursor:
            return cursor.execute(
                f"UPDATE claims SET {what} WHERE name = %s AND due = %s AND holder = %s AND outcome IS NULL",
                [*values, self.name, self.due, self.holder],
            )

    @contextlib.contextmanager
    def _cursor(self):
        # A connection for each step: after a failover an old one leads to a member that is read-only.
        with contextlib.closing(self._connecting()) as connection, connection.cursor() as cursor:
            yield cursor
