"""Stores claims in a table on the primary. A claim is a lease: its row contains the server that runs a job, and
the time when the claim expires. MySQL replicates the rows, so a claim survives a failover. GET_LOCK is not
used, because its locks exist on one member only and end with a failover. All times are from the primary's
clock."""

import contextlib
import os
import pathlib
import socket
import ssl
import uuid
from typing import NamedTuple

import pymysql

# Duration of a claim in seconds. A claim expires if its holder does not renew it in time. The holder stops the claimed
# command before the claim expires; see hold.py.
LEASE = 30
# Number of days after which rows of finished runs are deleted.
KEPT = 35
# Due time in the row of a worker. A worker runs permanently and has no due times, so it has only one row.
ALWAYS = "1970-01-01 00:00:00"

UNTIL = f"NOW(6) + INTERVAL {LEASE} SECOND"


class Row(NamedTuple):
    holder: str
    outcome: str | None
    expired: bool


class _Verified(ssl.SSLContext):
    """
    TLS context that checks a database member's certificate for a fixed name, because the certificate does not contain the member's address.
    """

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
    """Claim of the migrations, of a worker, or of one due time of a schedule."""

    def __init__(self, name, due=ALWAYS, connecting=connect):
        self.name, self.due, self._connecting = name, due, connecting
        # The text in `holder` identifies this process. If a response of the database is lost, the process recognises
        # its own row by this text.
        self.holder = f"{socket.gethostname()} {uuid.uuid4()}"

    def take(self, expired=False):
        """Claims the run if the run is unclaimed. If `expired` is true, also claims a run whose claim has
        expired. Returns the resulting row."""
        others = " OR until < NOW(6)" if expired else ""
        with self._cursor() as cursor:
            cursor.execute(
                f"INSERT IGNORE INTO claims (name, due, holder, until) VALUES (%s, %s, %s, {UNTIL})",
                [self.name, self.due, self.holder],
            )
            # Renews the claim if this process already holds it, because an earlier response may have been lost and the
            # claim may expire soon.
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
        """Renews the claim. Returns True if this process still holds the claim."""
        return self._change(f"until = {UNTIL}") > 0

    def release(self):
        """Ends the claim, so that another server can claim the run at once."""
        self._change("until = NOW(6) - INTERVAL 1 SECOND")

    def finish(self, outcome):
        self._change("outcome = %s", outcome)

    def interrupted(self):
        """Records the run as interrupted if its claim has expired. Returns 1 if this call recorded the run, otherwise 0."""
        with self._cursor() as cursor:
            return cursor.execute(
                "UPDATE claims SET outcome = 'interrupted'"
                " WHERE name = %s AND due = %s AND outcome IS NULL AND until < NOW(6)",
                [self.name, self.due],
            )

    def earlier_interrupted(self):
        """Deletes old rows. Records unfinished runs of earlier due times as interrupted, and returns their number."""
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
        # Opens a new connection for each step, because an old connection leads to a read-only member after a failover.
        with contextlib.closing(self._connecting()) as connection, connection.cursor() as cursor:
            yield cursor
