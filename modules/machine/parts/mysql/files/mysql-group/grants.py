"""Defines the database accounts and their privileges from the settings of this member."""

import hashlib
import json

# Privileges of the application in its schema for each value of the setting `database.privileges`.
APPLICATION = {
    "append": "SELECT, INSERT",
    "read-write": "SELECT, INSERT, UPDATE, DELETE",
    "schema-owner": "ALL PRIVILEGES",
}
# Additional privileges for migrations that have no separate account. The application may then create and alter tables
# and indexes, but it may not drop tables.
ADDING = ", CREATE, ALTER, INDEX"
MIGRATIONS = "app-migrations"
REPLICATION = "REPLICATION SLAVE, CONNECTION_ADMIN, BACKUP_ADMIN, GROUP_REPLICATION_STREAM"


def definitions(settings):
    """Yields each account as (account, host, connection requirement, limits, grants)."""
    level = APPLICATION[settings.privileges]
    if MIGRATIONS not in settings.passwords and settings.privileges != "schema-owner":
        level += ADDING
    claims = ["SELECT, INSERT, UPDATE, DELETE ON `platform`.`claims`"] if settings.claims else []
    yield "app", settings.subnet, "SSL", "", [f"{level} ON `{settings.database}`.*", *claims]
    if MIGRATIONS in settings.passwords:
        yield MIGRATIONS, settings.subnet, "SSL", "", [f"ALL PRIVILEGES ON `{settings.database}`.*", *claims]
    yield "replication", settings.subnet, "X509", "", [f"{REPLICATION} ON *.*"]
    # The Datadog agent connects only over MySQL's local socket.
    yield "datadog", "localhost", "NONE", "MAX_USER_CONNECTIONS 5", [
        "REPLICATION CLIENT, PROCESS ON *.*",
        "SELECT ON performance_schema.*",
    ]
    if settings.backup:
        yield "backup", "localhost", "NONE", "", [
            # mysql-backup needs SELECT to count rows. This privilege discloses nothing new, because base backups
            # contain all rows.
            "SELECT, RELOAD, REPLICATION CLIENT, BACKUP_ADMIN, BINLOG_ADMIN ON *.*",
            "INSERT, DELETE ON `backup`.*",
        ]


def digest(settings):
    """
    Returns a digest of the accounts that this member would create. Two members with equal digests would create the same accounts. The
    digest does not include passwords.
    """
    return hashlib.sha256(json.dumps(list(definitions(settings))).encode()).hexdigest()[:16]
