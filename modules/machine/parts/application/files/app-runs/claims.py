"""
Claims on the primary: which server runs a job, and until when. GET_LOCK is known to one member only; a row is replicated, so it outlives a
failover. Times are by the primary's clock.
"""

import contextlib
import os
import pathlib
import socket
import ssl
import uuid
from typing import NamedTuple

import pymysql

# A claim that is not renewed expires after this many seconds. Its holder stops well before, see hold.py.
LEASE = 30
# Days for which rows of finished runs are kept.
KEPT = 35
# A worker has no due times; its only row has this time.
ALWAYS = "1970-01-01 00:00:00"

UNTIL = f"NOW(6) + INTERVAL {LEASE} SECOND"


class Row(NamedTuple):
    holder: str
    outcome: str | None
    expired: bool


class _Verified(ssl.SSLContext):
    """Verifies the name in the members' certificates instead of the address."""

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
    """One run of a worker, or of a schedule at one due time."""

    def __init__(self, name, due=ALWAYS, connecting=connect):
        self.name, self.due, self._connecting = name, due, connecting
        # Identifies this process, so that it recognises its own row if an answer was lost.
        self.holder = f"{socket.gethostname()} {uuid.uuid4()}"

    def take(self, expired=False):
        """Claims a free run, with `expired` also an expired one. Returns the resulting row."""
        others = " OR until < NOW(6)" if expired else ""
        with self._cursor() as cursor:
            cursor.execute(
                f"INSERT IGNORE INTO claims (name, due, holder, until) VALUES (%s, %s, %s, {UNTIL})",
                [self.name, self.due, self.holder],
            )
            # Renews its own claim: if an earlier answer was lost, most of the time may have passed.
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
        """Renews the claim. @returns whether it is still held"""
        return self._change(f"until = {UNTIL}") > 0

    def release(self):
        """Lets another server claim it at once."""
        self._change("until = NOW(6) - INTERVAL 1 SECOND")

    def finish(self, outcome):
        self._change("outcome = %s", outcome)

    def interrupted(self):
        """Records that the run was interrupted. @returns whether this process recorded it"""
        with self._cursor() as cursor:
            return cursor.execute(
                "UPDATE claims SET outcome = 'interrupted'"
                " WHERE name = %s AND due = %s AND outcome IS NULL AND until < NOW(6)",
                [self.name, self.due],
            )

    def earlier_interrupted(self):
        """Records unfinished runs of earlier due times as interrupted and deletes old rows. @returns the number recorded"""
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
        # Uses a new connection for each step, because after a failover an old one leads to a read-only member.
        with contextlib.closing(self._connecting()) as connection, connection.cursor() as cursor:
            yield cursor
