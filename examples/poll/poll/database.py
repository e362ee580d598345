"""Database access that survives a failover: two sides, pools that are replaced as a whole, and retries with a time limit."""

import random
import socket
import ssl
import threading
import time
from contextlib import contextmanager

import pymysql

CONNECTIONS_PER_SIDE = 8
CONNECT_SECONDS = 2
# Time limit of one statement, after which a member counts as frozen. A failover takes 7 to 8 s, and writes wait for it.
STATEMENT_SECONDS = 3
READ_DEADLINE_SECONDS = 5
WRITE_DEADLINE_SECONDS = 10
# Maximum threads that wait for the primary. The other threads answer reads and health checks.
WAITING_WRITES = 16

DUPLICATE = 1062
# Another statement won; the connection still works. 1146: a replica is some milliseconds behind a migration.
RETRY = {1146, 1205, 1213, 3101}
# This member can no longer serve: read-only, shutting down, not in the group, or out of space.
RENEW = {
    *(1021, 1026, 1040, 1053, 1077, 1114, 1180, 1290, 1317, 1598, 1792, 1836, 1927),
    *(3032, 3100, 3169, 3781, 3782, 3783, 3796, 3797, 3798, 4031, 4094),
}


class Unavailable(Exception):
    """The database is unavailable: 503 and Retry-After."""


class WrongMember(Exception):
    """The write side leads to a read-only member."""


def judge(error):
    """What to do after an error: "reject" it, "retry" the statement, or "renew" the connections before that."""
    if isinstance(error, (WrongMember, OSError)):
        return "renew"
    if not isinstance(error, pymysql.Error):
        return "reject"
    code = error.args[0] if error.args and isinstance(error.args[0], int) else 0
    if code in RETRY:
        return "retry"
    # Error numbers from 2000 to 2999, or no number, come from the client: the connection is lost.
    return "renew" if code in RENEW or code == 0 or 2000 <= code < 3000 else "reject"


def connect(address, settings, statement_seconds=STATEMENT_SECONDS):
    """A TLS connection to the member behind HAProxy. Its certificate must contain the common name, regardless of the address."""
    context = ssl.create_default_context(cafile=settings.ca_file)
    # Python 3.13 is stricter about certificates than MySQL and its clients.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    raw = socket.create_connection(address, timeout=CONNECT_SECONDS)
    try:
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection = pymysql.connect(
            host=settings.tls_name,
            user=settings.user,
            password=settings.password,
            database=settings.database,
            charset="utf8mb4",
            ssl=context,
            autocommit=True,
            read_timeout=statement_seconds,
            write_timeout=statement_seconds,
            defer_connect=True,
        )
        connection.connect(raw)
        return connection
    except BaseException:
        raw.close()
        raise


class Side:
    """
    Connections to one side of the database. When one of them turns out to be dead, frozen or led to a member that lost its role, the others
    most likely are too: all are thrown away, so that the next attempt does not meet the next frozen one.
    """

    def __init__(self, make, size=CONNECTIONS_PER_SIDE):
        self._make = make
        self._free = threading.BoundedSemaphore(size)
        self._lock = threading.Lock()
        self._idle = []
        self._generation = 0
        self.last_answer = None

    @contextmanager
    def connection(self, seconds):
        if not self._free.acquire(timeout=seconds):
            raise Unavailable("all connections are in use")
        try:
            connection, generation = self._take()
            try:
                yield connection
            except BaseException as error:
                self._settle(connection, generation, sound=judge(error) in ("reject", "retry"))
                raise
            self._settle(connection, generation, sound=True)
        finally:
            self._free.release()

    def run(self, sql, values, seconds):
        """@return the rows, and the number of rows changed"""
        with self.connection(seconds) as connection, connection.cursor(pymysql.cursors.DictCursor) as cursor:
            changed = cursor.execute(sql, values)
            return cursor.fetchall(), changed

    def _take(self):
        with self._lock:
            generation = self._generation
            if self._idle:
                return self._idle.pop(), generation
        try:
            return self._make(), generation
        except Exception as error:
            self._drop(generation)
            if isinstance(error, pymysql.Error) and judge(error) == "reject":
                raise
            raise OSError(f"cannot connect: {error}") from error

    def _settle(self, connection, generation, sound):
        if sound:
            self.last_answer = time.monotonic()
            with self._lock:
                if generation == self._generation:
                    self._idle.append(connection)
                    return
        else:
            self._drop(generation)
        _cut(connection)

    def _drop(self, generation):
        with self._lock:
            if generation != self._generation:
                return
            self._generation += 1
            idle, self._idle = self._idle, []
        for connection in idle:
            _cut(connection)


def _cut(connection):
    try:
        connection.close()
    except pymysql.Error:  # it is gone already
        pass


class Database:
    def __init__(self, write, read):
        self.write_side = write
        self.read_side = read
        self._waiting = threading.BoundedSemaphore(WAITING_WRITES)

    def read(self, sql, values=()):
        """Reads from a replica, which may be some milliseconds behind; from the primary if no replica answers."""
        return self._attempt([self.read_side, self.write_side], sql, values, READ_DEADLINE_SECONDS)[0]

    def read_primary(self, sql, values=()):
        """Sees every acknowledged write."""
        return self._attempt([self.write_side], sql, values, READ_DEADLINE_SECONDS)[0]

    def write(self, sql, values=()):
        """
        Writes on the primary, and again after a failover: the statement may have run although its answer got lost, so it must be one whose
        repetition a unique key makes harmless. @return the number of rows changed
        """
        if not self._waiting.acquire(blocking=False):
            raise Unavailable("too many writes wait for the database")
        try:
            return self._attempt([self.write_side], sql, values, WRITE_DEADLINE_SECONDS)[1]
        finally:
            self._waiting.release()

    def probe(self, seconds=2):
        """Queries both sides. @return the problem of each side, or None"""
        return {"write": self._probe(self.write_side, seconds, writes=True), "read": self._probe(self.read_side, seconds)}

    @staticmethod
    def _probe(side, seconds, writes=False):
        try:
            with side.connection(seconds) as connection, connection.cursor() as cursor:
                cursor.execute("SELECT @@global.super_read_only")
                if writes and cursor.fetchone()[0]:
                    raise WrongMember("the write port leads to a member that is read only")
        except Exception as error:
            return str(error)
        return None

    @staticmethod
    def _attempt(sides, sql, values, seconds):
        deadline = time.monotonic() + seconds
        pause = 0.05
        while True:
            for side in sides:
                left = deadline - time.monotonic()
                try:
                    return side.run(sql, values, max(0.05, min(left, STATEMENT_SECONDS)))
                except Unavailable as error:
                    cause = error
                except Exception as error:
                    if judge(error) == "reject":
                        raise
                    cause = error
            if time.monotonic() + pause >= deadline:
                raise Unavailable(f"the database did not answer in time: {cause}") from cause
            time.sleep(pause * random.uniform(0.5, 1))
            pause = min(0.5, pause * 2)


def open_database(settings):
    return Database(
        write=Side(lambda: connect(settings.write, settings)),
        read=Side(lambda: connect(settings.read, settings)),
    )
