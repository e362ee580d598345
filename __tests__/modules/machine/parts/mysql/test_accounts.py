"""Tests the privileges of the accounts, and that mysql-group writes only changes. Run by mysql-group.programs.test.ts."""

import json
import pathlib
import tempfile
import unittest
from unittest import mock

import support
import accounts
import branch
import grants
from report import Report
from settings import Settings

APP = ("app", "10.0.1.0/24", "SSL", "", ["SELECT ON `app`.*"])


class Cursor:
    """Records statements and returns the attributes that earlier statements stored. Statements that start with a text in `broken` fail."""

    broken = ("nothing",)

    def __init__(self):
        self.executed, self.attributes = [], {}

    @property
    def mark(self):
        return self.attributes.get("definition")

    def execute(self, statement, values=()):
        if statement.startswith(self.broken):
            raise ConnectionError
        if statement.startswith("SELECT ATTRIBUTE") and list(values) != list(APP[:2]):
            raise LookupError(f"another account was asked for: {values}")
        self.executed.append(statement)
        if "ATTRIBUTE %s" in statement:
            self.attributes |= json.loads(values[-1])

    def fetchone(self):
        return self.attributes and tuple(self.attributes.get(key) for key in ("definition", "generation", "oldest", "group"))

    def written(self):
        written = [statement.split(" IDENTIFIED")[0] for statement in self.executed if not statement.startswith("SELECT ATTRIBUTE")]
        self.executed = []
        return written


class Account(unittest.TestCase):
    """Provides an account that does not exist yet, and a file with its password."""

    def setUp(self):
        file = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()), "password")
        file.write_text("first\n")
        self.password = file
        self.settings = Settings("", "", {}, 0, "", "10.0.1.0/24", "app", 5, {"app": str(file)})
        self.cursor = Cursor()

    def ensure(self, definition=APP):
        changed = accounts._ensure(self.cursor, self.settings, *definition)
        return changed, self.cursor.written()


class Ensure(Account):
    def test_mysql_group_creates_a_new_account_completely_and_then_records_the_definition(self):
        self.assertEqual(
            self.ensure(),
            (
                True,
                [
                    "CREATE USER IF NOT EXISTS %s@%s",
                    "REVOKE ALL PRIVILEGES, GRANT OPTION FROM %s@%s",
                    "GRANT SELECT ON `app`.* TO %s@%s",
                    "ALTER USER %s@%s",
                ],
            ),
        )

    def test_mysql_group_writes_no_accounts_if_no_account_definition_has_changed(self):
        self.ensure()
        self.assertEqual(self.ensure(), (False, []))

    def test_mysql_group_revokes_privileges_of_an_earlier_definition(self):
        self.ensure(("app", "10.0.1.0/24", "SSL", "", ["SELECT, DROP ON `app`.*"]))
        changed, written = self.ensure()
        self.assertTrue(changed)
        self.assertLess(written.index("REVOKE ALL PRIVILEGES, GRANT OPTION FROM %s@%s"), written.index("GRANT SELECT ON `app`.* TO %s@%s"))

    def test_mysql_group_repeats_an_interrupted_change_of_an_account_even_if_the_definition_is_reverted(self):
        self.ensure()
        for broken in ("REVOKE", "GRANT", "ALTER USER %s@%s IDENTIFIED"):
            self.cursor.broken = broken
            with self.assertRaises(ConnectionError):
                self.ensure(("app", "10.0.1.0/24", "SSL", "", ["SELECT, DROP ON `app`.*"]))
            self.cursor.broken = "nothing"
            self.cursor.written()
            changed, written = self.ensure()
            self.assertTrue(changed)
            self.assertIn("GRANT SELECT ON `app`.* TO %s@%s", written)

    def test_mysql_group_applies_a_changed_password(self):
        self.ensure()
        self.password.write_text("second\n")
        self.assertTrue(self.ensure()[0])

    def test_mysql_group_applies_every_changed_part_of_an_account_definition(self):
        for changed in (
            ("app", "10.0.1.0/24", "X509", "", APP[4]),
            ("app", "10.0.1.0/24", "SSL", "MAX_USER_CONNECTIONS 5", APP[4]),
            ("app", "10.0.1.0/24", "SSL", "", [*APP[4], "INSERT ON `app`.*"]),
        ):
            self.ensure()
            self.assertTrue(self.ensure(changed)[0])

    def test_mysql_group_deletes_the_recorded_definition_before_it_changes_an_account(self):
        self.ensure()
        written = self.ensure(("app", "10.0.1.0/24", "X509", "", APP[4]))[1]
        self.assertEqual(written[:2], ["ALTER USER %s@%s ATTRIBUTE %s", "CREATE USER IF NOT EXISTS %s@%s"])

    def test_mysql_group_stores_no_password_in_the_recorded_definition(self):
        self.ensure()
        self.assertNotIn("first", self.cursor.mark)


class WhileMembersDiffer(Account):
    """Tests a rollout that changes the application's privileges. During the rollout, a new or an outdated member may be the primary."""

    OLD = ("app", "10.0.1.0/24", "SSL", "", ["SELECT ON `app`.*"])
    NEW = ("app", "10.0.1.0/24", "SSL", "", ["SELECT, DELETE ON `app`.*"])
    REVOKE = "REVOKE ALL PRIVILEGES, GRANT OPTION FROM %s@%s"

    def setUp(self):
        super().setUp()
        self.ensure(self.OLD)

    def under(self, definition, agreed=False):
        changed = accounts._ensure(self.cursor, self.settings, *definition, agreed)
        return changed, [statement for statement in self.cursor.written() if statement.startswith(("GRANT", "REVOKE"))]

    def test_while_members_have_different_definitions_an_account_only_gains_privileges(self):
        self.assertEqual(self.under(self.NEW), (True, ["GRANT SELECT, DELETE ON `app`.* TO %s@%s"]))
        self.assertEqual(self.under(self.NEW), (False, []))
        self.assertEqual(self.under(self.OLD), (True, ["GRANT SELECT ON `app`.* TO %s@%s"]))

    def test_mysql_group_redefines_an_account_once_all_members_have_the_same_account_definitions(self):
        self.under(self.NEW)
        self.under(self.OLD)
        self.assertEqual(self.under(self.NEW, agreed=True), (True, [self.REVOKE, "GRANT SELECT, DELETE ON `app`.* TO %s@%s"]))
        self.assertEqual(self.under(self.NEW, agreed=True), (False, []))

    def test_an_unchanged_database_account_is_not_written_again_while_a_member_is_missing(self):
        self.assertEqual(self.under(self.OLD), (False, []))

    def test_while_members_have_different_definitions_a_new_account_is_created_completely(self):
        self.cursor.attributes = {}
        self.assertEqual(self.under(self.NEW), (True, [self.REVOKE, "GRANT SELECT, DELETE ON `app`.* TO %s@%s"]))
        self.assertEqual(self.under(self.NEW, agreed=True), (False, []))

    def test_while_members_define_an_account_differently_only_its_password_changes_and_its_privileges_change_later(self):
        self.under(self.NEW)
        self.password.write_text("1 first\n2 second\n")
        self.assertEqual(self.under(self.NEW), (True, []))
        self.assertEqual(self.under(self.NEW), (False, []))
        self.assertEqual(self.under(self.NEW, agreed=True), (True, [self.REVOKE, "GRANT SELECT, DELETE ON `app`.* TO %s@%s"]))
        self.password.write_text("2 second\n")
        self.assertEqual(self.under(self.NEW), (True, []))
        self.assertEqual(self.under(self.NEW, agreed=True), (False, []))


class Agreement(unittest.TestCase):
    def test_members_agree_on_account_definitions_if_all_answer_with_the_same_definitions(self):
        settings = support.SETTINGS
        mine = Report("alpha", grants=grants.digest(settings))
        for other, expected in (
            (mine, True),
            (None, False),
            (Report("bravo"), False),
            (Report("bravo", grants=grants.digest(settings._replace(privileges="schema-owner"))), False),
            (Report("bravo", grants=grants.digest(settings._replace(claims=True))), False),
            # Addresses and passwords are not part of the digest, because they may differ between members.
            (Report("bravo", grants=grants.digest(settings._replace(server="bravo", members={}))), True),
        ):
            self.assertEqual(accounts.all_agree(settings, {"alpha": mine, "bravo": other}), expected)


class Rotation(Account):
    """Tests the statements of a password rotation, and that no member reverts a rotation."""

    RETAIN = "ALTER USER %s@%s IDENTIFIED WITH caching_sha2_password BY %s RETAIN CURRENT PASSWORD ATTRIBUTE %s"
    DISCARD = "ALTER USER %s@%s DISCARD OLD PASSWORD ATTRIBUTE %s"

    def given(self, text):
        self.password.write_text(text)
        self.cursor.executed = []
        changed = accounts._ensure(self.cursor, self.settings, *APP)
        statements = [statement for statement in self.cursor.executed if not statement.startswith("SELECT")]
        return changed, statements, (self.cursor.attributes["generation"], self.cursor.attributes["oldest"])

    def setUp(self):
        super().setUp()
        self.ensure()

    def test_a_password_rotation_retains_and_discards_the_old_password_with_one_statement_each_and_revokes_nothing(self):
        self.assertEqual(self.given("1 first\n2 second\n"), (True, [self.RETAIN], (2, 1)))
        self.assertEqual(self.given("2 second\n1 first\n"), (False, [], (2, 1)))
        self.assertEqual(self.given("2 second\n"), (True, [self.DISCARD], (2, 2)))
        self.assertEqual(self.given("2 second\n3 third\n"), (True, [self.RETAIN], (3, 2)))

    def test_a_password_rotation_is_not_reverted_by_a_primary_that_has_only_the_old_password(self):
        self.given("1 first\n2 second\n")
        self.assertEqual(self.given("first\n"), (False, [], (2, 1)))
        self.given("2 second\n")
        self.assertEqual(self.given("1 first\n2 second\n"), (False, [], (2, 2)))
        self.assertEqual(self.given("first\n"), (False, [], (2, 2)))

    def test_a_password_rotation_works_for_an_account_without_a_recorded_generation(self):
        for key in ("generation", "oldest"):
            del self.cursor.attributes[key]
        self.assertEqual(self.given("1 first\n2 second\n"), (True, [self.RETAIN], (2, 1)))

    def test_a_password_rotation_does_not_retain_a_password_twice_if_the_definition_changes_in_the_meantime(self):
        self.given("1 first\n2 second\n")
        self.cursor.executed = []
        self.assertTrue(accounts._ensure(self.cursor, self.settings, "app", "10.0.1.0/24", "X509", "", APP[4]))
        self.assertFalse([statement for statement in self.cursor.executed if "RETAIN" in statement or "DISCARD" in statement])

    def test_a_password_rotation_creates_a_new_account_with_the_old_password_first(self):
        self.cursor.attributes = {}
        _, statements, reached = self.given("1 first\n2 second\n")
        self.assertEqual(reached, (2, 1))
        self.assertTrue(statements[0].startswith("CREATE USER"))
        self.assertIn("RETAIN CURRENT PASSWORD REQUIRE SSL ATTRIBUTE", statements[-1])

    def test_a_password_rotation_continues_after_an_interrupted_account_creation(self):
        self.cursor.attributes = {"definition": None}
        self.assertEqual(self.given("1 first\n2 second\n")[2], (2, 1))
        self.assertEqual(self.given("1 first\n2 second\n")[0], False)


class OfAnotherGroup(Account):
    """Tests an account in restored data. The archived group created the account with a later generation of the password."""

    def setUp(self):
        super().setUp()
        self.settings = self.settings._replace(group="new")
        self.cursor.attributes = {"definition": "salt$digest", "generation": 2, "oldest": 2, "group": "old"}

    def test_an_account_of_another_group_gets_the_password_of_this_group_and_no_longer_accepts_archived_passwords(self):
        self.assertTrue(self.ensure()[0])
        self.assertEqual({key: self.cursor.attributes[key] for key in ("generation", "oldest", "group")}, {"generation": 1, "oldest": 1, "group": "new"})
        self.assertEqual(self.ensure(), (False, []))

    def test_an_account_of_another_group_retains_no_archived_password_in_addition_to_two_of_this_group(self):
        self.password.write_text("1 first\n2 second\n")
        accounts._ensure(self.cursor, self.settings, *APP)
        statements = [statement for statement in self.cursor.executed if statement.startswith("ALTER")]
        self.assertEqual(statements[:2], ["ALTER USER %s@%s IDENTIFIED WITH caching_sha2_password BY %s", "ALTER USER %s@%s DISCARD OLD PASSWORD"])
        self.assertIn("RETAIN CURRENT PASSWORD", statements[2])

    def test_an_account_of_another_group_is_created_again_after_any_interruption(self):
        for broken in ("ALTER USER %s@%s DISCARD", "REVOKE", "GRANT"):
            self.cursor.broken = broken
            with self.assertRaises(ConnectionError):
                self.ensure()
            self.cursor.broken = "nothing"
            self.assertEqual(self.cursor.attributes["group"], "old")
        self.assertTrue(self.ensure()[0])

    def test_an_account_without_a_recorded_group_counts_as_an_account_of_this_group_and_gets_the_record(self):
        self.settings = self.settings._replace(group="")
        self.cursor.attributes = {}
        self.ensure()
        self.settings = self.settings._replace(group="new")
        self.assertEqual(self.ensure(), (True, ["ALTER USER %s@%s ATTRIBUTE %s"]))
        self.assertEqual(self.cursor.attributes["group"], "new")
        self.assertEqual(self.ensure(), (False, []))


class All(unittest.TestCase):
    """Tests which accounts and schemas the primary creates."""

    def setUp(self):
        file = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()), "password")
        file.write_text("first\n")
        self.settings = support.SETTINGS._replace(passwords={"app": str(file), "datadog": str(file)})

    def ensure(self, **answers):
        cursor = support.Cursor({"SELECT @@GLOBAL.gtid_executed": [("",)], **answers})
        with mock.patch.object(accounts, "connect", support.connecting_to(cursor)) as connect:
            changed = accounts.ensure(self.settings, True)
        connect.assert_called_once_with(self.settings, 30)
        return changed, cursor

    def test_mysql_group_creates_the_schema_and_the_accounts_with_configured_passwords(self):
        changed, cursor = self.ensure()
        self.assertEqual(changed, ["app", "datadog"])
        self.assertIn("CREATE DATABASE `app`", cursor.done)
        made = {values[0]: values for statement, values in cursor.values.items() if statement.startswith("CREATE USER")}
        self.assertEqual(made["app"], ["app", "10.0.1.0/24", "first"])

    def test_mysql_group_creates_the_schemas_of_archive_and_leases_only_if_configured(self):
        def made(**answers):
            return [statement for statement in self.ensure(**answers)[1].done if statement.startswith("CREATE") and "USER" not in statement]

        self.assertEqual(made(), ["CREATE DATABASE `app`"])
        self.settings = self.settings._replace(backup=True, group="g", claims=True)
        beat = "CREATE TABLE IF NOT EXISTS backup.heartbeat (id INT PRIMARY KEY, at DATETIME(6) NOT NULL)"
        schemas = ["CREATE DATABASE IF NOT EXISTS backup", beat, branch.TABLE, "CREATE DATABASE IF NOT EXISTS platform", accounts.CLAIMS]
        self.assertEqual(made(), ["CREATE DATABASE `app`", *schemas])
        self.assertRegex(accounts.CLAIMS, r"^CREATE TABLE IF NOT EXISTS platform\.claims \(.*, PRIMARY KEY \(name, due\)\)$")
        # If the schemas and tables exist, no statement creates them.
        there = {"SHOW DATABASES": [("app",)], accounts.HEARTBEAT: [(1,)], branch.EXISTS: [(1,)], accounts.CLAIMED: [(1,)]}
        self.assertEqual(made(**there), [])

    def test_mysql_group_authenticates_the_archive_user_over_the_socket_by_its_name_only(self):
        self.settings = self.settings._replace(passwords={}, backup=True)
        changed, cursor = self.ensure()
        self.assertEqual(changed, ["backup"])
        create = "CREATE USER IF NOT EXISTS %s@%s IDENTIFIED WITH auth_socket AS %s REQUIRE NONE"
        self.assertEqual(cursor.values[create], ["backup", "localhost", "mysql-backup"])
        # The account has no password, so a rotation does not change its generation.
        self.assertEqual(json.loads(cursor.values[cursor.done[-1]][-1])["generation"], 1)

    def test_mysql_group_does_not_create_an_existing_schema(self):
        self.assertNotIn("CREATE DATABASE `app`", self.ensure(**{"SHOW DATABASES": [("app",)]})[1].done)

    def test_mysql_group_requires_tls_and_limits_connections_as_defined(self):
        written = [statement for statement in self.ensure()[1].done if "IDENTIFIED" in statement]
        self.assertEqual(
            written,
            [
                "CREATE USER IF NOT EXISTS %s@%s IDENTIFIED WITH caching_sha2_password BY %s REQUIRE SSL",
                "ALTER USER %s@%s IDENTIFIED WITH caching_sha2_password BY %s REQUIRE SSL ATTRIBUTE %s",
                "CREATE USER IF NOT EXISTS %s@%s IDENTIFIED WITH caching_sha2_password BY %s REQUIRE NONE WITH MAX_USER_CONNECTIONS 5",
                "ALTER USER %s@%s IDENTIFIED WITH caching_sha2_password BY %s REQUIRE NONE WITH MAX_USER_CONNECTIONS 5 ATTRIBUTE %s",
            ],
        )


class Reached(unittest.TestCase):
    """Tests which password generations a member reports."""

    settings = support.SETTINGS._replace(passwords={"app": "file", "datadog": "file"})

    def reached(self, **answers):
        cursor = support.Cursor(answers)
        with mock.patch.object(accounts, "connect", support.connecting_to(cursor)) as connect:
            found = accounts.reached(self.settings)
        connect.assert_called_once_with(self.settings, 30)
        return found, cursor

    def test_the_reported_password_generations_contain_the_newest_and_oldest_generation_of_each_account_with_a_password(self):
        found, cursor = self.reached(**{"SELECT ATTRIBUTE": [("mark", "2", "1", None)]})
        self.assertEqual(found, {"app": (2, 1), "datadog": (2, 1)})
        ((question, last),) = cursor.values.items()
        self.assertEqual(last, ["datadog", "localhost"])
        self.assertEqual(question, accounts.MARK)

    def test_the_reported_password_generation_is_one_without_a_recorded_generation_and_zero_for_a_missing_account(self):
        self.assertEqual(self.reached(**{"SELECT ATTRIBUTE": [("mark", None, None, None)]})[0]["app"], (1, 1))
        self.assertEqual(self.reached(**{"SELECT ATTRIBUTE": [(None, None, None, None)]})[0]["app"], (0, 0))
        self.assertEqual(self.reached()[0]["app"], (0, 0))

    def test_the_reported_password_generation_is_zero_for_an_account_of_another_group(self):
        self.assertEqual(self.reached(**{"SELECT ATTRIBUTE": [("mark", "2", "1", "another group")]})[0]["app"], (0, 0))


class Definitions(unittest.TestCase):
    settings = Settings("", "", {}, 0, "", "10.0.1.0/24", "app", 5, {})

    def test_the_account_definitions_give_each_account_only_its_required_privileges(self):
        self.assertEqual(
            {account: grants for account, _, _, _, grants in accounts.definitions(self.settings)},
            {
                "app": ["SELECT, INSERT, CREATE, ALTER, INDEX ON `app`.*"],
                "replication": ["REPLICATION SLAVE, CONNECTION_ADMIN, BACKUP_ADMIN, GROUP_REPLICATION_STREAM ON *.*"],
                "datadog": ["REPLICATION CLIENT, PROCESS ON *.*", "SELECT ON performance_schema.*"],
            },
        )

    def test_the_account_definitions_give_the_application_the_privileges_of_its_configured_level(self):
        def granted(level):
            return next(iter(accounts.definitions(self.settings._replace(privileges=level))))[4]

        self.assertEqual(granted("append"), ["SELECT, INSERT, CREATE, ALTER, INDEX ON `app`.*"])
        self.assertEqual(granted("read-write"), ["SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, INDEX ON `app`.*"])
        self.assertEqual(granted("schema-owner"), ["ALL PRIVILEGES ON `app`.*"])

    def test_the_account_definitions_give_schema_privileges_only_to_a_separate_migration_account(self):
        settings = self.settings._replace(passwords={"app-migrations": "file"}, privileges="read-write", claims=True)
        grants = {account: grants for account, _, _, _, grants in accounts.definitions(settings)}
        claims = "SELECT, INSERT, UPDATE, DELETE ON `platform`.`claims`"
        self.assertEqual(grants["app"], ["SELECT, INSERT, UPDATE, DELETE ON `app`.*", claims])
        self.assertEqual(grants["app-migrations"], ["ALL PRIVILEGES ON `app`.*", claims])

    complete = settings._replace(passwords={"app-migrations": "file"}, backup=True)

    def test_the_account_definitions_let_the_archive_user_read_everything_and_write_only_its_heartbeat(self):
        grants = {account: grants for account, _, _, _, grants in accounts.definitions(self.complete)}
        self.assertEqual(
            grants["backup"],
            ["SELECT, RELOAD, REPLICATION CLIENT, BACKUP_ADMIN, BINLOG_ADMIN ON *.*", "INSERT, DELETE ON `backup`.*"],
        )

    def test_the_account_definitions_limit_the_connections_of_the_datadog_agent_only(self):
        limits = {account: limits for account, _, _, limits, _ in accounts.definitions(self.complete)}
        unlimited = dict.fromkeys(["app", "app-migrations", "replication", "backup"], "")
        self.assertEqual(limits, {**unlimited, "datadog": "MAX_USER_CONNECTIONS 5"})

    def test_the_account_definitions_require_tls_except_over_the_socket(self):
        self.assertEqual(
            {(account, host, needs) for account, host, needs, _, _ in accounts.definitions(self.complete)},
            {
                ("app", "10.0.1.0/24", "SSL"),
                ("app-migrations", "10.0.1.0/24", "SSL"),
                ("replication", "10.0.1.0/24", "X509"),
                ("datadog", "localhost", "NONE"),
                ("backup", "localhost", "NONE"),
            },
        )
