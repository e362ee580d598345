"""Tests how a restore starts, queries and stops MySQL, and how it applies logs. Run by backup.programs.test.ts."""

import contextlib
import getpass
import os
import pathlib
import tempfile
import time
import unittest
from unittest import mock

import support
import binlog
import restore
from contents import Events
from replay import Change, Incomplete


class Programs(unittest.TestCase):
    """Provides shell scripts that replace MySQL's programs."""

    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.enterContext(mock.patch.dict(os.environ, {"PATH": f"{self.folder}:{os.environ['PATH']}"}))
        self.mysql = restore.Mysql("/socket")

    def program(self, name, script):
        """Creates a shell script that records its arguments, one per line."""
        file = self.folder / name
        file.write_text(f"#!/bin/sh\nprintf '%s\\n' \"$@\" >{self.folder}/{name}.words\n{script}\n")
        file.chmod(0o755)

    def words(self, name):
        return (self.folder / f"{name}.words").read_text().splitlines()


class Asked(Programs):
    def test_a_restore_sends_queries_to_mysql_as_root_over_the_socket(self):
        self.program("mysql", "echo ' 7 '")
        self.assertEqual(self.mysql.ask("SELECT 7"), "7")
        self.assertEqual(self.words("mysql")[0], "--no-defaults")
        self.assertLessEqual({"--user=root", "--socket=/socket", "--binary-mode", "--batch", "--skip-column-names", "--raw", "--execute=SELECT 7"}, set(self.words("mysql")))

    def test_a_restore_reports_a_rejected_statement_with_the_message_of_mysql(self):
        self.program("mysql", "echo 'ERROR 1045 (28000): denied' >&2; exit 1")
        with self.assertRaisesRegex(Incomplete, r"^MySQL rejected the statement: ERROR 1045 \(28000\): denied$"):
            self.mysql.ask("SELECT 7")

    def test_a_restore_compares_the_required_transactions_with_the_executed_transactions(self):
        self.program("mysql", f"echo '{support.A}:1-4'")
        self.mysql.require({support.A: [(1, 4)]})
        with self.assertRaisesRegex(Incomplete, f"^MySQL did not execute {support.A}:5$"):
            self.mysql.require({support.A: [(1, 5)]})
        self.assertIn("--execute=SELECT @@GLOBAL.gtid_executed", self.words("mysql"))


def change(content, format=b"format"):
    return Change(support.A, 1, 1, "", "alpha/000001-1", Events(format, [], memoryview(content)))


class Applied(Programs):
    """Tests which transactions a restore sends to MySQL."""

    def setUp(self):
        super().setUp()
        self.program("mysqlbinlog", "cat")
        self.program("mysql", f"cat >{self.folder}/executed")

    def apply(self, *changes):
        with self.mysql.feed() as feed:
            for one in changes:
                feed.write(one)
        return (self.folder / "executed").read_bytes()

    def test_a_restore_sends_transactions_as_one_log_with_the_format_event_of_each_source_log(self):
        self.assertEqual(self.apply(change(b"one"), change(b"two"), change(b"three", b"other")), binlog.MAGIC + b"formatonetwootherthree")
        self.assertEqual(self.words("mysqlbinlog"), ["--no-defaults", "-"])
        self.assertNotIn("--execute", " ".join(self.words("mysql")))

    def test_a_restore_uses_the_format_event_of_another_log_if_the_start_of_the_log_is_lost(self):
        lost = Change(support.A, 1, 1, "", "alpha/000001-1", Events(None, [b"other"], memoryview(b"one")))
        self.assertEqual(self.apply(lost), binlog.MAGIC + b"otherone")
        with self.assertRaisesRegex(Incomplete, "the start of every log is unreadable; alpha/000001-1 is the first log"):
            self.apply(lost._replace(content=Events(None, [], memoryview(b"one"))))

    def test_a_restore_without_any_transactions_succeeds(self):
        self.program("mysqlbinlog", "cat; exit 1")
        self.assertEqual(self.apply(), b"")

    def test_the_error_of_a_failed_restore_contains_the_message_of_mysql_or_mysqlbinlog(self):
        for script, name, words in (("cat >/dev/null; echo refused >&2; exit 1", "mysql", "refused"), ("cat >/dev/null; echo torn >&2; exit 1", "mysqlbinlog", "torn")):
            self.setUp()
            self.program(name, script)
            with self.assertRaisesRegex(Incomplete, f"^the logs cannot be applied: {words}$"):
                self.apply(change(b"one"))

    def test_a_restore_stops_writing_if_mysql_ends(self):
        self.program("mysql", "echo full >&2; exit 1")
        with self.assertRaisesRegex(Incomplete, "^the logs cannot be applied: full$"):
            self.apply(*[change(b"x" * 100_000)] * 100)


class Running(Programs):
    """Tests the MySQL server on restored data."""

    def setUp(self):
        super().setUp()
        self.data = self.folder / "restoring" / "data"
        self.data.mkdir(parents=True)
        self.enterContext(mock.patch.object(restore, "USER", getpass.getuser()))
        self.pause = time.sleep
        self.sleep = self.enterContext(mock.patch.object(restore.time, "sleep"))
        self.program("mysqld", "trap 'touch ended; exit 0' TERM; touch ready; while :; do sleep 0.01; done")
        self.program("mysql", "exit 0")
        self.enterContext(contextlib.chdir(self.folder))

    def until_it_is_there(self):
        """Waits until the script has set its trap. An earlier signal would end the script without a trace."""
        deadline = time.monotonic() + 30
        while not (self.folder / "ready").exists():
            self.assertLess(time.monotonic(), deadline)
            self.pause(0.01)

    def test_during_a_restore_mysql_owns_its_data_and_the_folder_of_its_socket(self):
        self.program("chown", "")
        with mock.patch.object(restore.shutil, "chown") as chown, restore.running(self.data):
            self.until_it_is_there()
        chown.assert_called_once_with(self.data.parent, restore.USER)
        self.assertEqual(self.words("chown"), ["-R", f"{restore.USER}:", str(self.data)])

    def test_during_a_restore_mysql_has_no_network_writes_no_logs_and_is_stopped_afterwards(self):
        with restore.running(self.data) as mysql:
            self.until_it_is_there()
            self.assertIsInstance(mysql, restore.Mysql)
        self.assertTrue((self.folder / "ended").exists())
        words = self.words("mysqld")
        self.assertEqual(words[0], "--no-defaults")
        wanted = {"--skip-networking", "--mysqlx=OFF", "--secure-file-priv=NULL", "--skip-log-bin", "--skip-replica-start=ON", "--event-scheduler=OFF", f"--server-id={2**32 - 1}", f"--user={getpass.getuser()}"}
        self.assertLessEqual(wanted | {f"--datadir={self.data}", f"--socket={self.data.parent}/mysqld.sock", f"--log-error={self.data.parent}/error.log"}, set(words))
        self.assertIn(f"--socket={self.data.parent}/mysqld.sock", self.words("mysql"))

    def test_a_restore_waits_until_mysql_answers(self):
        self.program("mysql", f"[ -e {self.folder}/answers ] || exit 1")
        self.sleep.side_effect = lambda seconds: (self.until_it_is_there(), (self.folder / "answers").touch())
        with restore.running(self.data):
            self.sleep.assert_called_once_with(1)

    def test_a_restore_waits_at_most_two_minutes_for_mysql(self):
        self.program("mysql", "exit 1")
        self.sleep.side_effect = lambda seconds: self.until_it_is_there()
        with mock.patch.object(restore, "START_SECONDS", 3), self.assertRaisesRegex(Incomplete, "^MySQL does not answer: its log is empty$"):
            with restore.running(self.data):
                self.fail()
        self.assertEqual((self.sleep.call_count, restore.START_SECONDS), (3, 120))
        self.assertTrue((self.folder / "ended").exists())

    def test_a_restore_reports_the_last_error_of_mysql_if_it_does_not_start(self):
        log = f"{self.data.parent}/error.log"
        self.program("mysqld", f"printf 'begun\\n\\377 no space\\n' >{log}; exit 1")
        self.program("mysql", "exit 1")
        self.sleep.side_effect = lambda seconds: self.pause(0.01)
        with self.assertRaisesRegex(restore.Unusable, "^MySQL does not start with it: \ufffd no space$"):
            with restore.running(self.data):
                self.fail()
        self.program("mysqld", f"printf '[ERROR] no space\\n[ERROR] Aborting\\nend\\n' >{log}; exit 1")
        with self.assertRaisesRegex(restore.Unusable, r"^MySQL does not start with it: \[ERROR\] no space$"):
            with restore.running(self.data):
                self.fail()

    def test_a_restore_reports_an_exit_status_of_mysql_other_than_zero(self):
        self.program("mysqld", "trap 'exit 3' TERM; touch ready; while :; do sleep 0.01; done")
        with self.assertRaisesRegex(Incomplete, "^MySQL ended with status 3: its log is empty$"):
            with restore.running(self.data):
                self.until_it_is_there()

    def test_a_restore_stops_mysql_after_any_failure(self):
        with self.assertRaises(KeyError):
            with restore.running(self.data):
                self.until_it_is_there()
                raise KeyError
        self.assertTrue((self.folder / "ended").exists())
