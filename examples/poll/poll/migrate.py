"""
Applies the migrations that are missing, each once: `python3 -m poll.migrate`, run by deploy-app before traffic, under the account of migrations.
One file is ONE statement, since MySQL commits each schema statement by itself. It must suit the previous release too: during a release both
run, and a rollback meets the newer schema.
"""

import logging
import os

import pymysql

from poll import log
from poll.database import connect
from poll.settings import read_settings

LOCK_SECONDS = 60
LONGEST_SECONDS = 600
# The change already exists: an earlier run ended between the change and its record.
DONE_ALREADY = {1050, 1060, 1061, 1091}
RECORD = """CREATE TABLE IF NOT EXISTS schema_migrations (
  name VARCHAR(100) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  applied_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
  PRIMARY KEY (name)
) ENGINE = InnoDB"""


def packaged(folder="migrations"):
    """@return name and statement of each migration, in their order"""
    found = []
    for name in sorted(os.listdir(folder)):
        if name.endswith(".sql"):
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                found.append((name.removesuffix(".sql"), file.read().strip()))
    return found


def apply(cursor, migrations):
    """A lock on the primary ensures that one server at a time does this. @return the names of the applied migrations"""
    cursor.execute("SELECT GET_LOCK('app.migrations', %s)", (LOCK_SECONDS,))
    if cursor.fetchone()[0] != 1:
        raise SystemExit(f"migrations: another server has held the lock for {LOCK_SECONDS} s")
    cursor.execute(RECORD)
    cursor.execute("SELECT name FROM schema_migrations")
    known = {name for (name,) in cursor.fetchall()}
    missing = [migration for migration in migrations if migration[0] not in known]
    for name, statement in missing:
        try:
            cursor.execute(statement)
        except pymysql.Error as error:
            if error.args[0] not in DONE_ALREADY:
                raise
        cursor.execute("INSERT INTO schema_migrations (name) VALUES (%s)", (name,))
    return [name for name, _ in missing]


def main():
    settings = read_settings()
    log.set_up(version=settings.version)
    # Waiting for the lock and changing a large table can take long. The lock ends with the connection.
    connection = connect(settings.write, settings, statement_seconds=LONGEST_SECONDS)
    try:
        with connection.cursor() as cursor:
            logging.info("migrations are applied", extra={"fields": {"applied": apply(cursor, packaged())}})
    finally:
        connection.close()


if __name__ == "__main__":
    main()
