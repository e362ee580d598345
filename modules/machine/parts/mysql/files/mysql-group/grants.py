"""The accounts and their privileges, as defined by this member's settings and code."""

import hashlib
import json

# Privileges of the application in its schema, by level (`database.privileges`).
APPLICATION = {
    "append": "SELECT, INSERT",
    "read-write": "SELECT, INSERT, UPDATE, DELETE",
    "schema-owner": "ALL PRIVILEGES",
}
# Without a separate migrations account, the application may also extend the schema but drop nothing.
ADDING = ", CREATE, ALTER, INDEX"
MIGRATIONS = "app-migrations"
REPLICATION = "REPLICATION SLAVE, CONNECTION_ADMIN, BACKUP_ADMIN, GROUP_REPLICATION_STREAM"


def definitions(settings):
    """Yields (account, host, connection requirement, limits, grants)."""
    level = APPLICATION[settings.privileges]
    if MIGRATIONS not in settings.passwords and settings.privileges != "schema-owner":
        level += ADDING
    claims = ["SELECT, INSERT, UPDATE, DELETE ON `platform`.`claims`"] if settings.claims else []
    yield "app", settings.subnet, "SSL", "", [f"{level} ON `{settings.database}`.*", *claims]
    if MIGRATIONS in settings.passwords:
        yield MIGRATIONS, settings.subnet, "SSL", "", [f"ALL PRIVILEGES ON `{settings.database}`.*", *claims]
    yield "replication", settings.subnet, "X509", "", [f"{REPLICATION} ON *.*"]
    # Connects only over the socket, which is local to the machine.
    yield "datadog", "localhost", "NONE", "MAX_USER_CONNECTIONS 5", [
        "REPLICATION CLIENT, PROCESS ON *.*",
        "SELECT ON performance_schema.*",
    ]
    if settings.backup:
        yield "backup", "localhost", "NONE", "", [
            # Needs SELECT to count rows; the copied files contain all rows anyway.
            "SELECT, RELOAD, REPLICATION CLIENT, BACKUP_ADMIN, BINLOG_ADMIN ON *.*",
            "INSERT, DELETE ON `backup`.*",
        ]


def digest(settings):
    """Equal for two members if they would create the same accounts. Passwords are not included; they change by generations."""
    return hashlib.sha256(json.dumps(list(definitions(settings))).encode()).hexdigest()[:16]
