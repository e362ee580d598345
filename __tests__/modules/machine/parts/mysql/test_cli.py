"""
Tests operator commands that change mysqld or show the members. test_members.py tests the commands that change the list of members. Run by
mysql-group.programs.test.ts.
"""

import json
import pathlib
import tempfile
from unittest import mock

from support import ALPHA, BRAVO, CHARLIE, DELTA, SETTINGS
from test_members import Command, off, on

import accounts
import cli
import group
import members
import pymysql
from members import CONFIGURED, FORGOTTEN


class Status(Command):
    answers = {ALPHA: on("alpha", "PRIMARY", reason="online as PRIMARY", release="0123456789abcdef"), BRAVO: off("bravo", kept=("/kept/one",), lagSeconds=1.25)}

    def test_mysql_group_status_shows_every_member_and_its_release(self):
        status, said = self.run_command(["status"], self.answers)
        self.assertEqual(status, 0)
        self.assertEqual(
            said.splitlines(),
            [
                "alpha        ONLINE     PRIMARY   lag 0.0 s  0123456789ab  online as PRIMARY",
                "bravo        OFFLINE              lag 1.2 s                ",
                "             quarantined transactions, delete the folder if nothing in it is needed: /kept/one",
                "charlie      does not answer",
                f"{DELTA}    does not answer",
            ],
        )

    def test_mysql_group_status_prints_one_json_object_keyed_by_member(self):
        status, said = self.run_command(["status", "--json"], self.answers)
        self.assertEqual(status, 0)
        shown = json.loads(said)
        self.assertEqual(list(shown), ["alpha", "bravo", "charlie", DELTA])
        self.assertEqual((shown["alpha"]["role"], shown["bravo"]["kept"], shown["charlie"]), ("PRIMARY", ["/kept/one"], None))

    def test_mysql_group_status_uses_the_member_list_on_the_volume_while_the_daemon_does_not_answer(self):
        members.change(lambda known: {CHARLIE: FORGOTTEN, DELTA: CONFIGURED})
        said = self.run_command(["status"], {})[1].splitlines()
        self.assertEqual([line.split()[0] for line in said], ["alpha", "bravo", DELTA])
        self.assertTrue(said[0].endswith("mysql-group does not answer"))

    def test_mysql_group_status_shows_the_configured_members_without_a_volume(self):
        with mock.patch.object(members, "FOLDER", members.FOLDER / "unmounted"):
            said = self.run_command(["status"], {})[1].splitlines()
        self.assertEqual([line.split()[0] for line in said], ["alpha", "bravo", "charlie"])


class Accounts(Command):
    def test_only_the_primary_changes_accounts_and_every_member_reports_them(self):
        for role, times in (("PRIMARY", 1), ("SECONDARY", 0)):
            with (
                mock.patch.object(accounts, "ensure", mock.Mock()) as ensure,
                mock.patch.object(accounts, "reached", mock.Mock(return_value={"app": (2, 1)})) as reached,
            ):
                self.assertEqual(self.run_command(["accounts"], {ALPHA: on("alpha", role)}), (0, '{"app": [2, 1]}'))
            self.assertEqual(ensure.call_args_list, [mock.call(SETTINGS, False)] * times)
            reached.assert_called_once_with(SETTINGS)


class StepDown(Command):
    def test_mysql_group_step_down_reports_the_result_of_the_transfer(self):
        for outcome, expected in (
            (BRAVO, (0, f"{BRAVO} is the primary")),
            ("", (0, "not the primary: nothing to do")),
            (None, (1, "the role was not handed over: no other member is online")),
            (pymysql.Error("gone"), (1, "the role was not handed over: gone")),
        ):
            with mock.patch.object(group, "step_down", mock.Mock(side_effect=[outcome])) as step_down:
                self.assertEqual(self.run_command(["step-down"], {}), expected)
            step_down.assert_called_once_with(SETTINGS)


class Reclone(Command):
    def setUp(self):
        super().setUp()
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.data = folder / "data"
        self.data.mkdir()
        self.enterContext(mock.patch.object(cli.config, "DATA", self.data))
        self.done = []

        def run(command, check):
            self.assertTrue(check)
            self.done.append((*command, "with data" if self.data.exists() else "without"))

        self.enterContext(mock.patch.object(cli.subprocess, "run", run))

    def reclone(self, answers, *confirmed):
        return self.run_command(["reclone", *confirmed], answers)

    def test_mysql_group_reclone_moves_the_data_aside_while_mysql_is_stopped(self):
        status, said = self.reclone({ALPHA: off("alpha"), BRAVO: on("bravo", "PRIMARY")}, "--i-discard-this-members-data")
        (aside,) = self.data.parent.iterdir()
        self.assertRegex(aside.name, r"^data\.discarded-\d{8}T\d{6}$")
        self.assertEqual((status, said), (0, f"cloning; follow it with: mysql-group status\nthe old data is in {aside}"))
        self.assertEqual(
            self.done,
            [("systemctl", "stop", "mysql-group", "mysql", "with data"), ("systemctl", "restart", "mysql-data", "mysql", "mysql-group", "without")],
        )

    def test_mysql_group_reclone_is_rejected_while_no_other_member_is_in_a_running_group(self):
        for answers in {ALPHA: on("alpha", "PRIMARY")}, {ALPHA: off("alpha"), BRAVO: on("bravo", majority=False)}, {ALPHA: off("alpha"), BRAVO: off("bravo")}:
            status, said = self.reclone(answers, "--i-discard-this-members-data")
            self.assertEqual((status, said), (1, "refused: no other member is in a running group, so there is nothing to clone from"))
        self.assertEqual(self.done, [])

    def test_mysql_group_reclone_is_rejected_without_the_confirmation(self):
        with mock.patch("sys.stderr"), self.assertRaises(SystemExit):
            self.reclone({ALPHA: off("alpha"), BRAVO: on("bravo")})
        self.assertEqual(self.done, [])


class Daemon(Command):
    def test_the_mysql_group_daemon_runs_with_the_settings_of_its_file(self):
        with mock.patch("daemon.Daemon") as made:
            made.return_value.run.return_value = 0
            self.assertEqual(self.run_command(["daemon"], {})[0], 0)
        made.assert_called_once_with(SETTINGS)
