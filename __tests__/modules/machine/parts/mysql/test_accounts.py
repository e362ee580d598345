"""Accounts: what each may do, and that only a change is written. Run by mysql-group.programs.test.ts."""

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
    """Keeps what is executed; answers with the attributes that statements have left. Statements that begin with `broken` fail."""

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
    """An account of which nothing is written yet, and a file with its password."""

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
    def test_writes_all_of_a_new_account_and_the_mark_last(self):
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

    def test_writes_nothing_when_nothing_differs(self):
        self.ensure()
        self.assertEqual(self.ensure(), (False, []))

    def test_takes_away_what_an_earlier_definition_granted(self):
        self.ensure(("app", "10.0.1.0/24", "SSL", "", ["SELECT, DROP ON `app`.*"]))
        changed, written = self.ensure()
        self.assertTrue(changed)
        self.assertLess(written.index("REVOKE ALL PRIVILEGES, GRANT OPTION FROM %s@%s"), written.index("GRANT SELECT ON `app`.* TO %s@%s"))

    def test_is_done_again_wherever_it_was_interrupted_also_when_the_definition_is_the_old_one_again(self):
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

    def test_follows_a_changed_password(self):
        self.ensure()
        self.password.write_text("second\n")
        self.assertTrue(self.ensure()[0])

    def test_follows_every_part_of_the_definition(self):
        for changed in (
            ("app", "10.0.1.0/24", "X509", "", APP[4]),
            ("app", "10.0.1.0/24", "SSL", "MAX_USER_CONNECTIONS 5", APP[4]),
            ("app", "10.0.1.0/24", "SSL", "", [*APP[4], "INSERT ON `app`.*"]),
        ):
            self.ensure()
            self.assertTrue(self.ensure(changed)[0])

    def test_takes_the_mark_away_before_it_touches_an_account(self):
        self.ensure()
        written = self.ensure(("app", "10.0.1.0/24", "X509", "", APP[4]))[1]
        self.assertEqual(written[:2], ["ALTER USER %s@%s ATTRIBUTE %s", "CREATE USER IF NOT EXISTS %s@%s"])

    def test_leaves_no_password_in_the_mark(self):
        self.ensure()
        self.assertNotIn("first", self.cursor.mark)


class WhileMembersDiffer(Account):
    """In the midst of a rollout that changes what the application may do, whoever is the primary."""

    OLD = ("app", "10.0.1.0/24", "SSL", "", ["SELECT ON `app`.*"])
    NEW = ("app", "10.0.1.0/24", "SSL", "", ["SELECT, DELETE ON `app`.*"])
    REVOKE = "REVOKE ALL PRIVILEGES, GRANT OPTION FROM %s@%s"

    def setUp(self):
        super().setUp()
        self.ensure(self.OLD)

    def under(self, definition, agreed=False):
        changed = accounts._ensure(self.cursor, self.settings, *definition, agreed)
        return changed, [statement for statement in self.cursor.written() if statement.startswith(("GRANT", "REVOKE"))]

    def test_an_account_gains_and_loses_nothing(self):
        self.assertEqual(self.under(self.NEW), (True, ["GRANT SELECT, DELETE ON `app`.* TO %s@%s"]))
        self.assertEqual(self.under(self.NEW), (False, []))
        self.assertEqual(self.under(self.OLD), (True, ["GRANT SELECT ON `app`.* TO %s@%s"]))

    def test_it_is_made_as_all_say_once_they_say_the_same(self):
        self.under(self.NEW)
        self.under(self.OLD)
        self.assertEqual(self.under(self.NEW, agreed=True), (True, [self.REVOKE, "GRANT SELECT, DELETE ON `app`.* TO %s@%s"]))
        self.assertEqual(self.under(self.NEW, agreed=True), (False, []))

    def test_one_that_is_as_all_had_it_stays_so_while_a_member_is_away(self):
        self.assertEqual(self.under(self.OLD), (False, []))

    def test_a_new_one_is_made_to_its_end(self):
        self.cursor.attributes = {}
        self.assertEqual(self.under(self.NEW), (True, [self.REVOKE, "GRANT SELECT, DELETE ON `app`.* TO %s@%s"]))
        self.assertEqual(self.under(self.NEW, agreed=True), (False, []))

    def test_a_password_moves_without_a_grant_and_the_definition_is_made_whole_after_it(self):
        self.under(self.NEW)
        self.password.write_text("1 first\n2 second\n")
        self.assertEqual(self.under(self.NEW), (True, []))
        self.assertEqual(self.under(self.NEW), (False, []))
        self.assertEqual(self.under(self.NEW, agreed=True), (True, [self.REVOKE, "GRANT SELECT, DELETE ON `app`.* TO %s@%s"]))
        self.password.write_text("2 second\n")
        self.assertEqual(self.under(self.NEW), (True, []))
        self.assertEqual(self.under(self.NEW, agreed=True), (False, []))


class Agreement(unittest.TestCase):
    def test_is_that_every_member_answers_and_would_make_the_same(self):
        settings = support.SETTINGS
        mine = Report("alpha", grants=grants.digest(settings))
        for other, expected in (
            (mine, True),
            (None, False),
            (Report("bravo"), False),
            (Report("bravo", grants=grants.digest(settings._replace(privileges="schema-owner"))), False),
            (Report("bravo", grants=grants.digest(settings._replace(claims=True))), False),
            # Its address and passwords are its own.
            (Report("bravo", grants=grants.digest(settings._replace(server="bravo", members={}))), True),
        ):
            self.assertEqual(accounts.all_agree(settings, {"alpha": mine, "bravo": other}), expected)


class Rotation(Account):
    """A password beside the one before: what is written, and that no member ever goes back."""

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

    def test_keeps_the_old_one_by_one_statement_and_drops_it_by_another_and_takes_no_grant_away(self):
        self.assertEqual(self.given("1 first\n2 second\n"), (True, [self.RETAIN], (2, 1)))
        self.assertEqual(self.given("2 second\n1 first\n"), (False, [], (2, 1)))
        self.assertEqual(self.given("2 second\n"), (True, [self.DISCARD], (2, 2)))
        self.assertEqual(self.given("2 second\n3 third\n"), (True, [self.RETAIN], (3, 2)))

    def test_is_left_alone_by_a_primary_that_has_not_been_told_yet(self):
        self.given("1 first\n2 second\n")
        self.assertEqual(self.given("first\n"), (False, [], (2, 1)))
        self.given("2 second\n")
        self.assertEqual(self.given("1 first\n2 second\n"), (False, [], (2, 2)))
        self.assertEqual(self.given("first\n"), (False, [], (2, 2)))

    def test_of_an_account_that_is_older_than_generations(self):
        for key in ("generation", "oldest"):
            del self.cursor.attributes[key]
        self.assertEqual(self.given("1 first\n2 second\n"), (True, [self.RETAIN], (2, 1)))

    def test_retains_nothing_a_second_time_when_the_definition_changes_meanwhile(self):
        self.given("1 first\n2 second\n")
        self.cursor.executed = []
        self.assertTrue(accounts._ensure(self.cursor, self.settings, "app", "10.0.1.0/24", "X509", "", APP[4]))
        self.assertFalse([statement for statement in self.cursor.executed if "RETAIN" in statement or "DISCARD" in statement])

    def test_of_a_new_account_begins_with_the_old_one(self):
        self.cursor.attributes = {}
        _, statements, reached = self.given("1 first\n2 second\n")
        self.assertEqual(reached, (2, 1))
        self.assertTrue(statements[0].startswith("CREATE USER"))
        self.assertIn("RETAIN CURRENT PASSWORD REQUIRE SSL ATTRIBUTE", statements[-1])

    def test_goes_on_where_making_an_account_was_interrupted(self):
        self.cursor.attributes = {"definition": None}
        self.assertEqual(self.given("1 first\n2 second\n")[2], (2, 1))
        self.assertEqual(self.given("1 first\n2 second\n")[0], False)


class OfAnotherGroup(Account):
    """An account in restored data, which the archived group made with later generations of the password."""

    def setUp(self):
        super().setUp()
        self.settings = self.settings._replace(group="new")
        self.cursor.attributes = {"definition": "salt$digest", "generation": 2, "oldest": 2, "group": "old"}

    def test_gets_this_group_s_password_and_the_archived_passwords_are_no_longer_accepted(self):
        self.assertTrue(self.ensure()[0])
        self.assertEqual({key: self.cursor.attributes[key] for key in ("generation", "oldest", "group")}, {"generation": 1, "oldest": 1, "group": "new"})
        self.assertEqual(self.ensure(), (False, []))

    def test_retains_no_archived_password_beside_two_of_this_group(self):
        self.password.write_text("1 first\n2 second\n")
        accounts._ensure(self.cursor, self.settings, *APP)
        statements = [statement for statement in self.cursor.executed if statement.startswith("ALTER")]
        self.assertEqual(statements[:2], ["ALTER USER %s@%s IDENTIFIED WITH caching_sha2_password BY %s", "ALTER USER %s@%s DISCARD OLD PASSWORD"])
        self.assertIn("RETAIN CURRENT PASSWORD", statements[2])

    def test_is_made_again_wherever_that_was_interrupted(self):
        for broken in ("ALTER USER %s@%s DISCARD", "REVOKE", "GRANT"):
            self.cursor.broken = broken
            with self.assertRaises(ConnectionError):
                self.ensure()
            self.cursor.broken = "nothing"
            self.assertEqual(self.cursor.attributes["group"], "old")
        self.assertTrue(self.ensure()[0])

    def test_of_a_release_that_did_not_note_the_group_is_this_group_s_and_gets_the_note(self):
        self.settings = self.settings._replace(group="")
        self.cursor.attributes = {}
        self.ensure()
        self.settings = self.settings._replace(group="new")
        self.assertEqual(self.ensure(), (True, ["ALTER USER %s@%s ATTRIBUTE %s"]))
        self.assertEqual(self.cursor.attributes["group"], "new")
        self.assertEqual(self.ensure(), (False, []))


class All(unittest.TestCase):
    """What the primary does when it has its role."""

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

    def test_makes_the_schema_and_the_accounts_that_it_has_passwords_for(self):
        changed, cursor = self.ensure()
        self.assertEqual(changed, ["app", "datadog"])
        self.assertIn("CREATE DATABASE `app`", cursor.done)
        made = {values[0]: values for statement, values in cursor.values.items() if statement.startswith("CREATE USER")}
        self.assertEqual(made["app"], ["app", "10.0.1.0/24", "first"])

    def test_makes_what_the_archive_and_claims_need_where_they_are_asked_for(self):
        def made(**answers):
            return [statement for statement in self.ensure(**answers)[1].done if statement.startswith("CREATE") and "USER" not in statement]

        self.assertEqual(made(), ["CREATE DATABASE `app`"])
        self.settings = self.settings._replace(backup=True, group="g", claims=True)
        beat = "CREATE TABLE IF NOT EXISTS backup.heartbeat (id INT PRIMARY KEY, at DATETIME(6) NOT NULL)"
        schemas = ["CREATE DATABASE IF NOT EXISTS backup", beat, branch.TABLE, "CREATE DATABASE IF NOT EXISTS platform", accounts.CLAIMS]
        self.assertEqual(made(), ["CREATE DATABASE `app`", *schemas])
        self.assertRegex(accounts.CLAIMS, r"^CREATE TABLE IF NOT EXISTS platform\.claims \(.*, PRIMARY KEY \(name, due\)\)$")
        # Where they are, nothing is written.
        there = {"SHOW DATABASES": [("app",)], accounts.HEARTBEAT: [(1,)], branch.EXISTS: [(1,)], accounts.CLAIMED: [(1,)]}
        self.assertEqual(made(**there), [])

    def test_lets_the_archives_user_in_over_the_socket_by_its_name_alone(self):
        self.settings = self.settings._replace(passwords={}, backup=True)
        changed, cursor = self.ensure()
        self.assertEqual(changed, ["backup"])
        create = "CREATE USER IF NOT EXISTS %s@%s IDENTIFIED WITH auth_socket AS %s REQUIRE NONE"
        self.assertEqual(cursor.values[create], ["backup", "localhost", "mysql-backup"])
        # It has no password that could be rotated.
        self.assertEqual(json.loads(cursor.values[cursor.done[-1]][-1])["generation"], 1)

    def test_leaves_a_schema_that_is_there(self):
        self.assertNotIn("CREATE DATABASE `app`", self.ensure(**{"SHOW DATABASES": [("app",)]})[1].done)

    def test_asks_for_what_the_connection_needs_and_bounds_it(self):
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
    """What a member tells of the passwords that it has by now."""

    settings = support.SETTINGS._replace(passwords={"app": "file", "datadog": "file"})

    def reached(self, **answers):
        cursor = support.Cursor(answers)
        with mock.patch.object(accounts, "connect", support.connecting_to(cursor)) as connect:
            found = accounts.reached(self.settings)
        connect.assert_called_once_with(self.settings, 30)
        return found, cursor

    def test_is_the_newest_and_the_oldest_of_each_account_that_has_one(self):
        found, cursor = self.reached(**{"SELECT ATTRIBUTE": [("mark", "2", "1", None)]})
        self.assertEqual(found, {"app": (2, 1), "datadog": (2, 1)})
        ((question, last),) = cursor.values.items()
        self.assertEqual(last, ["datadog", "localhost"])
        self.assertEqual(question, accounts.MARK)

    def test_is_the_first_of_an_account_that_is_older_than_generations_and_none_of_one_that_is_not_made(self):
        self.assertEqual(self.reached(**{"SELECT ATTRIBUTE": [("mark", None, None, None)]})[0]["app"], (1, 1))
        self.assertEqual(self.reached(**{"SELECT ATTRIBUTE": [(None, None, None, None)]})[0]["app"], (0, 0))
        self.assertEqual(self.reached()[0]["app"], (0, 0))

    def test_is_none_of_an_account_that_another_group_has_made(self):
        self.assertEqual(self.reached(**{"SELECT ATTRIBUTE": [("mark", "2", "1", "another group")]})[0]["app"], (0, 0))


class Definitions(unittest.TestCase):
    settings = Settings("", "", {}, 0, "", "10.0.1.0/24", "app", 5, {})

    def test_give_each_account_what_it_needs_and_no_more(self):
        self.assertEqual(
            {account: grants for account, _, _, _, grants in accounts.definitions(self.settings)},
            {
                "app": ["SELECT, INSERT, CREATE, ALTER, INDEX ON `app`.*"],
                "replication": ["REPLICATION SLAVE, CONNECTION_ADMIN, BACKUP_ADMIN, GROUP_REPLICATION_STREAM ON *.*"],
                "datadog": ["REPLICATION CLIENT, PROCESS ON *.*", "SELECT ON performance_schema.*"],
            },
        )

    def test_let_the_application_do_what_its_level_says(self):
        def granted(level):
            return next(iter(accounts.definitions(self.settings._replace(privileges=level))))[4]

        self.assertEqual(granted("append"), ["SELECT, INSERT, CREATE, ALTER, INDEX ON `app`.*"])
        self.assertEqual(granted("read-write"), ["SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, INDEX ON `app`.*"])
        self.assertEqual(granted("schema-owner"), ["ALL PRIVILEGES ON `app`.*"])

    def test_leave_the_schema_to_migrations_that_have_an_account_of_their_own(self):
        settings = self.settings._replace(passwords={"app-migrations": "file"}, privileges="read-write", claims=True)
        grants = {account: grants for account, _, _, _, grants in accounts.definitions(settings)}
        claims = "SELECT, INSERT, UPDATE, DELETE ON `platform`.`claims`"
        self.assertEqual(grants["app"], ["SELECT, INSERT, UPDATE, DELETE ON `app`.*", claims])
        self.assertEqual(grants["app-migrations"], ["ALL PRIVILEGES ON `app`.*", claims])

    everybody = settings._replace(passwords={"app-migrations": "file"}, backup=True)

    def test_let_the_archive_read_everything_and_write_its_own_heartbeat(self):
        grants = {account: grants for account, _, _, _, grants in accounts.definitions(self.everybody)}
        self.assertEqual(
            grants["backup"],
            ["SELECT, RELOAD, REPLICATION CLIENT, BACKUP_ADMIN, BINLOG_ADMIN ON *.*", "INSERT, DELETE ON `backup`.*"],
        )

    def test_bound_the_agent_alone(self):
        limits = {account: limits for account, _, _, limits, _ in accounts.definitions(self.everybody)}
        nobody = dict.fromkeys(["app", "app-migrations", "replication", "backup"], "")
        self.assertEqual(limits, {**nobody, "datadog": "MAX_USER_CONNECTIONS 5"})

    def test_let_nobody_in_without_tls_but_over_the_socket(self):
        self.assertEqual(
            {(account, host, needs) for account, host, needs, _, _ in accounts.definitions(self.everybody)},
            {
                ("app", "10.0.1.0/24", "SSL"),
                ("app-migrations", "10.0.1.0/24", "SSL"),
                ("replication", "10.0.1.0/24", "X509"),
                ("datadog", "localhost", "NONE"),
                ("backup", "localhost", "NONE"),
            },
        )
