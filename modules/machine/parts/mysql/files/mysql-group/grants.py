"""What accounts there are and what each may do, as this member's settings and code have it."""

import hashlib
import json

# What the application may do in its schema, by level (`database.privileges`).
APPLICATION = {
    "append": "SELECT, INSERT",
    "read-write": "SELECT, INSERT, UPDATE, DELETE",
    "schema-owner": "ALL PRIVILEGES",
}
# Without migrations of its own account it may also add to the schema, and drop nothing.
ADDING = ", CREATE, ALTER, INDEX"
MIGRATIONS = "app-migrations"
REPLICATION = "REPLICATION SLAVE, CONNECTION_ADMIN, BACKUP_ADMIN, GROUP_REPLICATION_STREAM"


def definitions(settings):
    """(account, host, what the connection needs, limits, grants)"""
    level = APPLICATION[settings.privileges]
    if MIGRATIONS not in settings.passwords and settings.privileges != "schema-owner":
        level += ADDING
    claims = ["SELECT, INSERT, UPDATE, DELETE ON `platform`.`claims`"] if settings.claims else []
    yield "app", settings.subnet, "SSL", "", [f"{level} ON `{settings.database}`.*", *claims]
    if MIGRATIONS in settings.passwords:
        yield MIGRATIONS, settings.subnet, "SSL", "", [f"ALL PRIVILEGES ON `{settings.database}`.*", *claims]
    yield "replication", settings.subnet, "X509", "", [f"{REPLICATION} ON *.*"]
    # Over the socket only, which never leaves the machine.
    yield "datadog", "localhost", "NONE", "MAX_USER_CONNECTIONS 5", [
        "REPLICATION CLIENT, PROCESS ON *.*",
        "SELECT ON performance_schema.*",
    ]
    if settings.backup:
        yield "backup", "localhost", "NONE", "", [
            # It counts rows; the files that it copies hold them all anyway.
            "SELECT, RELOAD, REPLICATION CLIENT, BACKUP_ADMIN, BINLOG_ADMIN ON *.*",
            "INSERT, DELETE ON `backup`.*",
        ]


def digest(settings):
    """Tells whether two members would make the same accounts; passwords, which change by generations, are not in it."""
    return hashlib.sha256(json.dumps(list(definitions(settings))).encode()).hexdigest()[:16]
