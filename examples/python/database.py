"""Connects to the primary and to a replica. Operations are repeated until a time limit, so that a failover of 7 to 8 s causes no error."""
import os
import queue
import socket
import ssl
import time

import pymysql

# Errors of a wrong statement. A repetition of the statement is useless.
FINAL = (pymysql.IntegrityError, pymysql.ProgrammingError, pymysql.DataError)


class Unavailable(Exception):
    """Error if the database did not answer in time. The visitor gets status 503 with Retry-After."""


def connect(address, seconds):
    """Connects with TLS through HAProxy. Every member's certificate contains DATABASE_TLS_NAME."""
    host, _, port = address.rpartition(":")
    context = ssl.create_default_context(cafile=os.environ["DATABASE_CA_FILE"])
    # Python 3.13 checks certificates more strictly than MySQL and its clients, so this flag is removed.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    with open(os.environ["DATABASE_PASSWORD_FILE"], encoding="utf-8") as file:
        password = file.read().strip()
    connection = pymysql.connect(
        host=os.environ["DATABASE_TLS_NAME"],
        user=os.environ["DATABASE_USER"],
        password=password,
        database=os.environ["DATABASE_NAME"],
        ssl=context,
        autocommit=True,
        read_timeout=seconds,
        write_timeout=seconds,
        defer_connect=True,
    )
    connection.connect(socket.create_connection((host, int(port)), timeout=2))
    return connection


class Side:
    """Pool of at most eight connections to the primary or to replicas. If a statement fails, its connection is closed."""

    def __init__(self, address, statement_seconds=3):
        self._connect = lambda: connect(address, statement_seconds)
        self._connections = queue.LifoQueue()
        for _ in range(8):
            self._connections.put(None)

    def run(self, sql, values=()):
        kept, connection = None, self._connections.get(timeout=3)
        try:
            connection = connection or self._connect()
            with connection.cursor() as cursor:
                cursor.execute(sql, values)
                kept = connection
                return cursor.fetchall()
        except FINAL:
            kept = connection
            raise
        finally:
            if connection and not kept:
                connection.close()
            self._connections.put(kept)


class Database:
    def __init__(self, statement_seconds=3):
        self._primary, self._replica = (Side(os.environ[f"DATABASE_{side}"], statement_seconds) for side in ("WRITE", "READ"))

    def read(self, sql, values=()):
        """Reads from a replica. If no replica answers, reads from the primary."""
        return repeat([self._replica, self._primary], sql, values, seconds=5)

    def write(self, sql, values=()):
        """Runs a statement on the primary. It may run twice if an answer is lost; a unique key must make this harmless."""
        return repeat([self._primary], sql, values, seconds=10)


def repeat(sides, sql, values, seconds):
    deadline = time.monotonic() + seconds
    while True:
        for side in sides:
            try:
                return side.run(sql, values)
            except FINAL:
                raise
            except (pymysql.Error, OSError, queue.Empty) as error:
                cause = error
        if time.monotonic() > deadline:
            raise Unavailable(str(cause)) from cause
        time.sleep(0.1)
