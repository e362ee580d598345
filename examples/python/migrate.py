"""Applies each missing migration once. deploy-app runs this program on one server at a time, as an account that may change the schema.
Migrations use IF NOT EXISTS, because an interrupted migration is applied again."""
import pathlib

from database import Database


def apply(run, migrations):
    run("CREATE TABLE IF NOT EXISTS schema_migrations (name VARCHAR(100) NOT NULL PRIMARY KEY)")
    done = {name for name, in run("SELECT name FROM schema_migrations")}
    for name, statement in sorted(migrations.items()):
        if name not in done:
            run(statement)
            run("INSERT INTO schema_migrations (name) VALUES (%s)", (name,))


if __name__ == "__main__":
    apply(Database(statement_seconds=600).write, {file.stem: file.read_text() for file in pathlib.Path("migrations").iterdir()})
