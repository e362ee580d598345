"""Tests the output and the exit codes of the commands. Run by backup.programs.test.ts."""

import contextlib
import io
import json
import pathlib
import tempfile
import time
import types
import unittest
from unittest import mock

import support  # noqa: F401
import cli
import ship
from bucket import Refused

GOOD = {"behindSeconds": 0, "problem": None, "base": "20261201T020000Z", "firstBase": "20261201T020000Z", "drill": None, "goodDrill": None, "gap": ""}


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.enterContext(mock.patch.object(cli.config, "FOLDER", self.folder))
        self.enterContext(mock.patch.object(ship, "STATE", self.folder / "state.json"))
        settings = types.SimpleNamespace(endpoint="https://e", region="r", bucket="b", baseHours=24, data=str(self.folder / "none"))
        self.settings = settings
        self.enterContext(mock.patch.object(cli.config, "load", return_value=settings))
        (self.folder / "bucket").write_text("KEY:SECRET\n")
        (self.folder / "restore-bucket").write_text("READER:SECRET\n")

    def main(self, *arguments):
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            code = cli.main(arguments)
        return code, said.getvalue()


class Settings(unittest.TestCase):
    def test_mysql_backup_reads_its_settings_from_the_files_of_one_folder(self):
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        told = {"timeline": "t", "member": "alpha", "members": {"10.0.1.11": "alpha"}, "endpoint": "https://e", "region": "r", "bucket": "b", "recipients": ["age1"], "baseHours": 24, "socket": "/socket", "data": "/data"}
        wanted, restoring = {"timeline": "t", "at": "latest"}, {"others": ["10.0.1.12"], "rolePort": 8008}
        (folder / "settings.json").write_text(json.dumps(told))
        (folder / "restore.json").write_text(json.dumps({**wanted, "excludeServers": ["alpha"], "branch": "b"}))
        (folder / "restoring.json").write_text(json.dumps(restoring))
        self.assertEqual(cli.config.load(folder)._asdict(), told)
        restored = cli.config.load_restore(folder)
        self.assertEqual(restored._asdict(), {**wanted, **restoring, "choice": (["alpha"], (), "", "b")})


class Check(Case):
    def state(self, **changes):
        base = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(time.time() - 3600))
        ship.STATE.write_text(json.dumps({**GOOD, "at": time.time(), "base": base, "firstBase": base, **changes}))

    def test_mysql_backup_check_prints_nothing_if_the_archive_is_healthy(self):
        self.state()
        self.assertEqual(self.main("check"), (0, ""))

    def test_mysql_backup_check_prints_the_problem_and_fails(self):
        self.state(problem="the bucket answers 403")
        self.assertEqual(self.main("check"), (1, "the bucket answers 403\n"))

    def test_mysql_backup_check_reports_a_missing_or_incomplete_state_file(self):
        for written in (None, "{"):
            if written:
                ship.STATE.write_text(written)
            code, said = self.main("check")
            self.assertEqual(code, 1)
            self.assertIn("mysql-backup does not run", said)

    def test_mysql_backup_check_reports_a_private_key_that_remains_on_the_server(self):
        self.state()
        (self.folder / "restore-key").write_text("AGE-SECRET-KEY-1")
        code, said = self.main("check")
        self.assertEqual(code, 1)
        self.assertIn("the archive's private key is on this server", said)

    def test_health_notices_about_the_backup_appear_and_disappear_with_their_causes(self):
        notices = self.folder / "notices"
        notices.mkdir()
        (notices / "other").write_text("of another part")
        noted = lambda: sorted(file.name for file in notices.iterdir())  # noqa: E731
        self.state(base="20261101T020000Z", gap="u:201-300")
        self.assertEqual(len(self.main("check")[1].splitlines()), 2)
        self.assertEqual(self.main("check", "--notices", str(notices)), (0, ""))
        self.assertEqual(noted(), ["backup-base", "backup-gap", "other"])
        self.assertIn("u:201-300", (notices / "backup-gap").read_text())
        self.state(behindSeconds=61)
        self.assertEqual(self.main("check", "--notices", str(notices))[0], 1)
        self.assertEqual((noted(), (notices / "other").read_text()), (["other"], "of another part"))

    def test_mysql_backup_status_prints_the_state_and_succeeds_despite_problems(self):
        self.state(problem="the bucket answers 403")
        code, said = self.main("status")
        self.assertEqual((code, json.loads(said)["problem"]), (0, "the bucket answers 403"))


class Commands(Case):
    def setUp(self):
        super().setUp()
        self.bucket = self.enterContext(mock.patch.object(cli, "Bucket"))
        self.force = self.folder / "force"
        self.enterContext(mock.patch.object(cli, "FORCE", self.force))

    def test_mysql_backup_ship_uses_the_key_of_its_own_server(self):
        with mock.patch.object(ship, "Shipper") as shipper:
            self.main("ship")
        shipper.assert_called_once_with(self.settings, self.bucket.return_value)
        shipper.return_value.run.assert_called_once_with()
        self.bucket.assert_called_once_with("https://e", "r", "b", "KEY:SECRET\n")

    def test_mysql_backup_restore_uses_the_key_for_the_restore(self):
        import restore

        with mock.patch.object(restore, "restore_server", return_value=0) as server, mock.patch.object(cli.config, "load_restore", return_value="told"):
            self.assertEqual(self.main("restore")[0], 0)
        server.assert_called_once_with("told", self.bucket.return_value, self.folder / "restore-key")
        self.bucket.assert_called_once_with("https://e", "r", "b", "READER:SECRET\n")

    def test_a_failed_base_backup_is_reported_with_the_reason(self):
        import base

        for problem in (Refused("the bucket answers 403"), OSError("no room"), ValueError("age failed")):
            with mock.patch.object(base, "make_when_due", side_effect=problem):
                self.assertEqual(self.main("base"), (1, f"no base backup: {problem}\n"))
        with mock.patch.object(base, "make_when_due", return_value=0) as make:
            self.assertEqual(self.main("base"), (0, ""))
            make.assert_called_once_with(self.settings, self.bucket.return_value, False)
            with mock.patch.object(cli.os, "geteuid", return_value=999):
                self.main("base", "--force")
        make.assert_called_with(self.settings, self.bucket.return_value, True)

    def test_a_base_backup_that_root_forces_runs_in_its_systemd_unit(self):
        import base

        with mock.patch.object(base, "make_when_due", return_value=0) as make:
            with mock.patch.object(cli.os, "geteuid", return_value=0), mock.patch.object(cli.subprocess, "run", return_value=mock.Mock(returncode=3)) as run:
                self.assertEqual(self.main("base", "--force"), (3, ""))
            run.assert_called_once_with(["systemctl", "start", "mysql-base"])
            make.assert_not_called()
            self.main("base")
            make.assert_called_once_with(self.settings, self.bucket.return_value, True)
