"""Schema and accounts, applied by the primary and replicated like any data."""

import hashlib
import json
import os

from observer import connect
from settings import secret

# What its statements need, and its migrations, which only add (app/README.md).
APPLICATION = "SELECT, INSERT, CREATE, ALTER, INDEX"
HEARTBEAT = "SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'backup' AND TABLE_NAME = 'heartbeat'"
REPLICATION = "REPLICATION SLAVE, CONNECTION_ADMIN, BACKUP_ADMIN, GROUP_REPLICATION_STREAM"


def definitions(settings):
    """(account, host, what the connection needs, limits, grants)"""
    yield "app", settings.subnet, "SSL", "", [f"{APPLICATION} ON `{settings.database}`.*"]
    yield "replication", settings.subnet, "X509", "", [f"{REPLICATION} ON *.*"]
    # Over the socket only, which never leaves the machine.
    yield "datadog", "localhost", "NONE", "MAX_USER_CONNECTIONS 5", [
        "REPLICATION CLIENT, PROCESS ON *.*",
        "SELECT ON performance_schema.*",
    ]
    if settings.backup:
        yield "backup", "localhost", "NONE", "", [
            "REPLICATION CLIENT, BACKUP_ADMIN, BINLOG_ADMIN ON *.*",
            "SELECT ON performance_schema.*",
            "SELECT, INSERT, DELETE ON `backup`.*",
        ]


def identity(settings, account):
    """How an account shows who it is, and what it shows; None for one that this member has no password of."""
    if account == "backup":
        return "auth_socket AS", "mysql-backup"
    return ("caching_sha2_password BY", secret(settings, account)) if account in settings.passwords else None


def ensure(settings):
    """Applies what differs; writes nothing, so makes no transaction, when nothing does. Returns the changed accounts."""
    changed = []
    with connect(settings, 30) as connection, connection.cursor() as cursor:
        cursor.execute("SHOW DATABASES LIKE %s", [settings.database])
        if not cursor.fetchone():
            cursor.execute(f"CREATE DATABASE `{settings.database}`")
        if settings.backup and not cursor.execute(HEARTBEAT):
            cursor.execute("CREATE DATABASE IF NOT EXISTS backup")
            cursor.execute("CREATE TABLE IF NOT EXISTS backup.heartbeat (id INT PRIMARY KEY, at DATETIME(6) NOT NULL)")
        for account, host, require, limits, grants in definitions(settings):
            if identity(settings, account) and _ensure(cursor, settings, account, host, require, limits, grants):
                changed.append(account)
    return changed


def _ensure(cursor, settings, account, host, require, limits, grants):
    how, proof = identity(settings, account)
    wanted = "\0".join([proof, require, limits, *grants])
    cursor.execute(
        "SELECT ATTRIBUTE ->> '$.definition' FROM information_schema.USER_ATTRIBUTES WHERE USER = %s AND HOST = %s",
        [account, host],
    )
    row = cursor.fetchone()
    if row and row[0] and _digest(wanted, row[0].split("$")[0]) == row[0]:
        return False
    # The mark goes first and comes last: whatever interrupts what lies between, no definition matches the account, so it is done again.
    if row and row[0]:
        cursor.execute("ALTER USER %s@%s ATTRIBUTE %s", [account, host, json.dumps({"definition": None})])
    options = f"IDENTIFIED WITH {how} %s REQUIRE {require}" + (f" WITH {limits}" if limits else "")
    cursor.execute(f"CREATE USER IF NOT EXISTS %s@%s {options}", [account, host, proof])
    # What an earlier definition granted goes.
    cursor.execute("REVOKE ALL PRIVILEGES, GRANT OPTION FROM %s@%s", [account, host])
    for grant in grants:
        cursor.execute(f"GRANT {grant} TO %s@%s", [account, host])
    mark = json.dumps({"definition": _digest(wanted, os.urandom(16).hex())})
    cursor.execute(f"ALTER USER %s@%s {options} ATTRIBUTE %s", [account, host, proof, mark])
    return True


def _digest(text, salt):
    return f"{salt}${hashlib.sha256((salt + text).encode()).hexdigest()}"
