"""
Tests a server that starts with restored data. Run by backup.programs.test.ts. Tests of complete restores are in __tests__/ops/archive and
__tests__/lab/proof.
"""

import contextlib
import http.server
import io
import json
import pathlib
import shutil
import tempfile
import threading
import unittest
from unittest import mock

import support
import replay
import restore
from bucket import Refused
from replay import Incomplete
from settings import Restore

TIMELINE, SERVER = "7d2f4c56-1f0e-4d0b-8a36-90d5a1c2e7b4", "12345678-0000-0000-0000-000000000000"
WANTED = Restore(TIMELINE, "latest", ["10.0.1.12"], 8008)


class Try(unittest.TestCase):
    def setUp(self):
        self.place = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        (self.place / "mysql-group").mkdir()
        self.done = self.place / "mysql-group" / "restored.json"
        self.said = []
        self.enterContext(mock.patch.object(restore, "say", self.said.append))
        self.runs = self.enterContext(mock.patch.object(restore, "_group_runs", return_value=False))
        self.into = self.enterContext(mock.patch.object(restore, "restore_into", side_effect=self.made))

    def made(self, folder, *_):
        (folder / "data").mkdir(parents=True)
        return folder / "data"

    def attempt(self):
        return restore._try(WANTED, "bucket", "key", self.place, self.done, "this one")

    def test_a_restore_renames_the_data_folder_at_its_end_and_does_not_run_again(self):
        self.assertIsNone(self.attempt())
        self.assertEqual(sorted(path.name for path in self.place.iterdir()), ["data", "mysql-group"])
        self.assertIsNone(self.attempt())
        self.into.assert_called_once_with(self.place / "restoring", TIMELINE, "latest", "bucket", "key", restore.Choice())

    def cut_off(self, where, effect=KeyboardInterrupt):
        """Starts an attempt and interrupts it in the function `where`, like a power failure."""
        with mock.patch(where, side_effect=effect), self.assertRaises(KeyboardInterrupt):
            self.attempt()

    def test_an_interrupted_restore_starts_again_and_recognizes_its_own_data(self):
        # All data must be on the disk before the folder gets the name that MySQL uses.
        on_disk = []
        with mock.patch("os.sync", lambda: on_disk.append((self.done.read_text(), (self.place / "data").exists()))):
            self.cut_off("pathlib.Path.rename")
            self.assertFalse((self.place / "data").exists())
            shutil.rmtree(self.place / "restoring")
            self.cut_off("shutil.rmtree")
        self.assertEqual(on_disk, [("this one", False)] * 2)
        self.assertIsNone(self.attempt())
        self.assertEqual(self.into.call_count, 2)

    def test_an_interrupted_clone_of_a_running_group_starts_again_instead_of_a_restore(self):
        self.runs.return_value = True
        made = [lambda: None, (self.place / "data").mkdir]

        def initialize(*_, **__):
            made.pop(0)()
            raise KeyboardInterrupt

        self.cut_off("subprocess.run", initialize)
        self.cut_off("subprocess.run", initialize)
        self.assertIsNone(self.attempt())

    def test_a_restore_does_not_change_existing_data(self):
        (self.place / "data").mkdir()
        (self.place / "data" / "ibdata1").write_text("existing")
        for mark in (None, "another one"):
            if mark:
                self.done.write_text(mark)
            self.assertRegex(self.attempt(), "/data has data that was not restored; MySQL does not start on it; remove `restore`, or use new volumes$")
        self.done.write_text(json.dumps({"timeline": "t", "at": "2026-12-01T20:00:00Z"}))
        self.assertIn("was restored from t to 2026-12-01T20:00:00Z, but another restore is configured", self.attempt())
        self.into.assert_not_called()
        self.assertEqual((self.place / "data" / "ibdata1").read_text(), "existing")

    def test_a_member_of_a_running_group_clones_the_group_instead_of_a_restore(self):
        self.runs.return_value = True
        with mock.patch("subprocess.run") as run:
            self.assertIsNone(self.attempt())
        self.assertEqual(self.said, ["a group is running: this member clones it and restores nothing"])
        run.assert_called_once_with(["/usr/local/sbin/mysql-data", "initialize", "blank"], check=True)
        self.into.assert_not_called()
        self.assertTrue(self.done.exists())

    def test_a_failed_attempt_of_a_restore_returns_the_reason_and_can_be_repeated(self):
        for problem in (Refused("403"), Incomplete("missing"), ValueError("wrong key"), OSError("no room")):
            self.into.side_effect = problem
            self.assertEqual(self.attempt(), str(problem))
            self.assertFalse((self.place / "data").exists())
        self.into.side_effect = self.made
        self.assertIsNone(self.attempt())


class Waiting(unittest.TestCase):
    """Tests how the systemd unit waits until a data directory exists."""

    def test_a_restore_that_cannot_start_reports_the_reason_and_retries_every_half_minute(self):
        place = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        progress = place / "progress"
        tries = mock.Mock(side_effect=["the bucket answers 403", None])
        self.enterContext(mock.patch.object(restore, "PROGRESS", progress))
        self.enterContext(mock.patch.object(restore, "_try", tries))
        self.enterContext(mock.patch.object(restore, "FOLDER", place))
        (place / "restore.json").write_text("this restore")
        told = []
        self.enterContext(mock.patch.object(restore.time, "sleep", lambda seconds: told.append((seconds, progress.read_text()))))
        with contextlib.redirect_stdout(io.StringIO()) as said:
            self.assertEqual(restore.restore_server(WANTED, "bucket", "key", place), 0)
        words = "restore waits: the bucket answers 403; next attempt in 30 s"
        self.assertEqual((told, said.getvalue()), ([(30, words)], f"{words}\n"))
        self.assertFalse(progress.exists())
        tries.assert_called_with(WANTED, "bucket", "key", place, place / "mysql-group" / "restored.json", "this restore")

    def test_a_restore_writes_no_progress_if_the_first_attempt_succeeds(self):
        with mock.patch.object(restore, "_try", return_value=None), mock.patch.multiple(restore, PROGRESS=pathlib.Path("/nowhere/progress"), FOLDER=mock.MagicMock()):
            self.assertEqual(restore.restore_server(WANTED, None, None), 0)
            restore.say("")


class Others(unittest.TestCase):
    """Tests how a server finds out that the other members already run a group."""

    def setUp(self):
        self.enterContext(contextlib.redirect_stderr(io.StringIO()))

    def runs(self, *answers):
        """Returns whether a group runs. `answers`: responses of the other members, in order."""
        asked, left = [], list(answers)

        class Member(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                asked.append(self.path)
                self.wfile.write(left.pop(0))

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Member)
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
        wanted = WANTED._replace(others=["127.0.0.1"] * len(answers), rolePort=server.server_port)
        found = restore._group_runs(wanted)
        self.assertEqual(set(asked), {"/state"})
        return found

    def test_a_restore_asks_all_members_even_if_one_answer_is_invalid(self):
        apart = b'HTTP/1.0 200 OK\r\n\r\n{"majority": false}'
        group = b'HTTP/1.0 200 OK\r\n\r\n{"executed": "' + b"0" * 100_000 + b'", "majority": true}'
        self.assertFalse(self.runs(apart, b"HTTP/1.0 200 OK\r\n\r\n{}", b"HTTP/1.0 200 OK\r\n\r\n{", b"nothing of the kind\r\n\r\n"))
        self.assertTrue(self.runs(b"nothing of the kind\r\n\r\n", apart, group))

    def test_members_that_do_not_answer_count_as_members_without_a_running_group(self):
        self.assertFalse(restore._group_runs(WANTED._replace(others=["127.0.0.1"], rolePort=1)))
        with mock.patch.object(restore.http.client, "HTTPConnection") as connection:
            connection.return_value.getresponse.side_effect = TimeoutError
            self.assertFalse(restore._group_runs(WANTED))
        connection.assert_called_once_with("10.0.1.12", 8008, timeout=3)


class Into(unittest.TestCase):
    def test_a_restore_reports_the_duration_and_the_restored_transactions(self):
        said, done = [], restore.Restored({}, {support.A: [(1, 5)]}, 0, [], None)
        with mock.patch.multiple(restore, run=mock.Mock(return_value=done), say=said.append), mock.patch.object(restore.time, "time", side_effect=[100.0, 161.0]):
            self.assertEqual(restore.restore_into(pathlib.Path("/folder"), TIMELINE, "latest", "bucket", "key"), pathlib.Path("/folder/data"))
            restore.run.assert_called_once_with(pathlib.Path("/folder"), TIMELINE, "latest", "bucket", "key", restore.Choice())
        self.assertEqual(said, [f"restored {TIMELINE} to latest in 61 s: {support.A}:1-5"])


class Compared(unittest.TestCase):
    """Tests the comparison of rows. The restored rows are compared when exactly the transactions of the member's row count are applied."""

    def apply(self, numbers, counted):
        applied, seen = [], []
        mysql = mock.MagicMock(**{"feed.return_value.__enter__.return_value.write.side_effect": lambda change: applied.append(change.number), "feed.return_value.__exit__.return_value": False})
        changes = iter([restore_change(number) for number in numbers])
        left = restore._apply_exactly(mysql, changes, {support.A: [(1, counted)]}, lambda: seen.append(list(applied)), {support.A: [(1, 2)]})
        return seen, [change.number for change in left]

    def test_a_restore_holds_later_transactions_back_until_they_are_compared_between_members(self):
        self.assertEqual(self.apply([3, 6, 4, 5, 7], 5), ([[3, 4, 5]], [6, 7]))
        self.assertEqual(self.apply([3], 2), ([[]], [3]))

    def test_a_restore_reports_transactions_that_were_missing_before_the_comparison(self):
        with self.assertRaisesRegex(Incomplete, "2 transactions are missing that a member had executed before it counted rows"):
            self.apply([3, 6], 5)
        with mock.patch.object(restore, "HELD", 2), self.assertRaisesRegex(Incomplete, "1 transactions are missing"):
            self.apply([3, 6, 7, 8, 4], 4)


def restore_change(number):
    return replay.Change(support.A, number, number, "", "alpha/000001-1")
