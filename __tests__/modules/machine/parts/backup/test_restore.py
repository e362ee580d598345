"""
What a server does that is told to begin with restored data. Run by backup.programs.test.ts; whole restores are in __tests__/ops/archive and
__tests__/lab/proof.
"""

import contextlib
import getpass
import http.server
import io
import json
import os
import pathlib
import subprocess
import tempfile
import threading
import time
import types
import unittest
from unittest import mock

import support
import names
import restore
from bucket import Refused
from names import digest
from replay import Incomplete
from sealing import PACK, encrypt, seal
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

    def test_data_get_their_name_at_the_end_and_are_not_restored_again(self):
        self.assertIsNone(self.attempt())
        self.assertEqual(sorted(path.name for path in self.place.iterdir()), ["data", "mysql-group"])
        self.assertIsNone(self.attempt())
        self.into.assert_called_once_with(self.place / "restoring", TIMELINE, "latest", "bucket", "key")

    def test_data_that_are_there_are_not_touched(self):
        (self.place / "data").mkdir()
        (self.place / "data" / "ibdata1").write_text("of somebody")
        for mark in (None, "another one"):
            if mark:
                self.done.write_text(mark)
            self.assertIn("which is not touched", self.attempt())
        self.into.assert_not_called()
        self.assertEqual((self.place / "data" / "ibdata1").read_text(), "of somebody")

    def test_where_a_group_runs_nothing_is_restored(self):
        self.runs.return_value = True
        with mock.patch("subprocess.run") as run:
            self.assertIsNone(self.attempt())
        self.assertEqual(self.said, ["a group runs: this member copies it and restores nothing"])
        run.assert_called_once_with(["/usr/local/sbin/mysql-data", "initialize", "blank"], check=True)
        self.into.assert_not_called()
        self.assertTrue(self.done.exists())

    def test_what_is_in_the_way_is_said_and_tried_again(self):
        for problem in (Refused("403"), Incomplete("missing"), ValueError("wrong key"), OSError("no room")):
            self.into.side_effect = problem
            self.assertEqual(self.attempt(), str(problem))
            self.assertFalse((self.place / "data").exists())
        self.into.side_effect = self.made
        self.assertIsNone(self.attempt())


class Archive:
    """Bases of these times."""

    def __init__(self, *times):
        self.objects = {}
        for time in times:
            content = json.dumps({"format": 1, "gtids": "", "taken": time}).encode()
            self.objects[f"{TIMELINE}/base/{time}-{SERVER}/manifest.{digest(content)}"] = content

    def list(self, prefix):
        return [mock.Mock(key=key) for key in self.objects if key.startswith(prefix)]

    def get(self, key):
        return self.objects[key]


class Base(unittest.TestCase):
    ARCHIVE = Archive("20261201T020000Z", "20261202T020000Z")

    def base(self, at):
        return restore._base_for(self.ARCHIVE, TIMELINE, at)[1]["taken"]

    def test_the_newest_before_the_moment(self):
        self.assertEqual(self.base("2026-12-01T20:00:00Z"), "20261201T020000Z")
        self.assertEqual(self.base("2026-12-02T02:00:00Z"), "20261202T020000Z")
        self.assertEqual(self.base("latest"), "20261202T020000Z")

    def test_a_moment_before_all_of_them(self):
        with self.assertRaisesRegex(Incomplete, "the oldest base is of 20261201T020000Z"):
            self.base("2026-11-30T00:00:00Z")

    def test_another_timeline(self):
        with self.assertRaisesRegex(Incomplete, "no base of other"):
            restore._base_for(self.ARCHIVE, "other", "latest")

    def archive(self, **manifest):
        archive = Archive("20261201T020000Z")
        content = json.dumps({"format": 1, "gtids": f"{support.A}:1-5", "taken": "20261202T020000Z", **manifest}).encode()
        archive.objects[f"{TIMELINE}/base/20261202T020000Z-{SERVER}/manifest.{digest(content)}"] = content
        # Another part of the archive, and of the base.
        archive.objects[f"{TIMELINE}/base/20261203T020000Z-{SERVER}/0000.{digest(content)}"] = content
        return archive

    def test_before_a_transaction_is_one_that_does_not_hold_it(self):
        for at, taken in ((f"before {support.A}:5", "20261201T020000Z"), (f"before {support.A}:6", "20261202T020000Z")):
            base, manifest = restore._base_for(self.archive(), TIMELINE, at)
            self.assertEqual((base.time, manifest["taken"]), (taken, taken))

    def test_of_another_format_is_not_guessed_at(self):
        with self.assertRaisesRegex(Incomplete, f"^{TIMELINE}/base/20261202T020000Z-{SERVER}/manifest.* has format 2, this program reads 1$"):
            restore._base_for(self.archive(format=2), TIMELINE, "latest")


class Waiting(unittest.TestCase):
    """The unit, until there is a data directory."""

    def test_tells_why_and_tries_again_every_half_minute(self):
        place = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        progress = place / "progress"
        tries = mock.Mock(side_effect=["the bucket answers 403", None])
        self.enterContext(mock.patch.object(restore, "PROGRESS", progress))
        self.enterContext(mock.patch.object(restore, "_try", tries))
        told = []
        self.enterContext(mock.patch.object(restore.time, "sleep", lambda seconds: told.append((seconds, progress.read_text()))))
        with contextlib.redirect_stdout(io.StringIO()) as said:
            self.assertEqual(restore.restore_server(WANTED, "bucket", "key", place), 0)
        words = "restore waits: the bucket answers 403; next attempt in 30 s"
        self.assertEqual((told, said.getvalue()), ([(30, words)], f"{words}\n"))
        self.assertFalse(progress.exists())
        tries.assert_called_with(WANTED, "bucket", "key", place, place / "mysql-group" / "restored.json", f'["{TIMELINE}", "latest"]')

    def test_has_told_nothing_where_all_went_well_at_once(self):
        with mock.patch.object(restore, "_try", return_value=None), mock.patch.object(restore, "PROGRESS", pathlib.Path("/nowhere/progress")):
            self.assertEqual(restore.restore_server(WANTED, None, None), 0)
            restore.say("")


class Others(unittest.TestCase):
    """Members that may have a group already."""

    def setUp(self):
        self.enterContext(contextlib.redirect_stderr(io.StringIO()))

    def runs(self, *answers):
        """Whether one does, where the others answer that, one after the other."""
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

    def test_are_asked_one_after_the_other_whatever_they_answer(self):
        apart = b'HTTP/1.0 200 OK\r\n\r\n{"majority": false}'
        group = b'HTTP/1.0 200 OK\r\n\r\n{"executed": "' + b"0" * 100_000 + b'", "majority": true}'
        self.assertFalse(self.runs(apart, b"HTTP/1.0 200 OK\r\n\r\n{}", b"HTTP/1.0 200 OK\r\n\r\n{", b"nothing of the kind\r\n\r\n"))
        self.assertTrue(self.runs(b"nothing of the kind\r\n\r\n", apart, group))

    def test_that_are_away_have_none(self):
        self.assertFalse(restore._group_runs(WANTED._replace(others=["127.0.0.1"], rolePort=1)))
        with mock.patch.object(restore.http.client, "HTTPConnection") as connection:
            connection.return_value.getresponse.side_effect = TimeoutError
            self.assertFalse(restore._group_runs(WANTED))
        connection.assert_called_once_with("10.0.1.12", 8008, timeout=3)


class Fetch(unittest.TestCase):
    """An archive of a base and of what members logged after it, with the programs that pack and seal."""

    TAKEN = "20261125T021700Z"
    SINCE = "2026-11-25T02:17:00.000Z"

    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.key, recipient = support.age_pair(self, self.folder, "key")
        self.recipients = [recipient]
        self.said = []
        self.enterContext(mock.patch.object(restore, "say", self.said.append))
        self.objects, self.times, self.asked = {}, {}, []
        self.make_base(gtids="")

    # As the bucket.
    def list(self, prefix):
        return [types.SimpleNamespace(key=key, time=self.times.get(key, self.SINCE)) for key in sorted(self.objects) if key.startswith(prefix)]

    def get(self, key):
        self.asked.append(key)
        if digest(self.objects[key]) != key.rpartition(".")[2]:
            raise Refused(f"{key} is damaged")
        return self.objects[key]

    def make_base(self, gtids):
        data = self.folder / "copied"
        data.mkdir(exist_ok=True)
        (data / "ibdata1").write_bytes(b"data of MySQL" * 100_000)
        packed = subprocess.run(["tar", "--create", "--directory", str(data), "."], check=True, capture_output=True).stdout
        sealed = subprocess.run(encrypt(self.recipients), input=subprocess.run(PACK, input=packed, check=True, capture_output=True).stdout, check=True, capture_output=True).stdout
        base = f"{TIMELINE}/base/{self.TAKEN}-{SERVER}"
        self.objects = {key: content for key, content in self.objects.items() if not key.startswith(base)}
        parts = [sealed[: len(sealed) // 2], sealed[len(sealed) // 2 :]]
        self.parts = [f"{base}/{number:04}.{digest(part)}" for number, part in enumerate(parts)]
        self.objects.update(zip(self.parts, parts))
        told = {"format": 1, "gtids": gtids, "recipients": self.recipients, "parts": [{"key": key, "bytes": 1 << 20} for key in self.parts]}
        content = json.dumps(told).encode()
        self.objects[f"{base}/manifest.{digest(content)}"] = content

    def ship(self, server, file, log, *cuts, time=SINCE):
        """Pieces of a log that end at these places, in bytes, and at its end."""
        keys = []
        for start, end in zip((0, *cuts), (*cuts, len(log))):
            content = seal(log[start:end], self.recipients)
            keys.append(names.piece_key(TIMELINE, server, file, start, end, False, content))
            self.objects[keys[-1]] = content
            self.times[keys[-1]] = time
        return keys

    def fetch(self, at="latest", key=None):
        return restore.fetch(self.folder / "into", TIMELINE, at, self, key or self.key)

    def test_unpacks_the_base_and_brings_the_logs(self):
        log = support.log({}, *(support.transaction(support.A, number, number) for number in range(1, 4)))
        self.ship(SERVER, "binlog.000001", log, 60, 90)
        # Of an attempt that was interrupted.
        (self.folder / "into" / "data").mkdir(parents=True)
        fetched = self.fetch()
        self.assertEqual((fetched.data / "ibdata1").read_bytes(), b"data of MySQL" * 100_000)
        self.assertEqual([path.read_bytes() for path in fetched.logs], [log])
        self.assertEqual(fetched.promised, {support.A: [(1, 3)]})
        self.assertEqual(fetched.manifest["recipients"], self.recipients)
        self.assertEqual(
            self.said,
            [
                "restore: base of 20261125T021700Z, 2 MiB",
                "restore: part 1 of 2 of the base",
                "restore: part 2 of 2 of the base",
                f"restore: fetching binlog.000001 of {SERVER}",
            ],
        )

    def test_needs_no_log_that_the_base_holds(self):
        self.make_base(gtids=f"{support.A}:1-3")
        self.ship(SERVER, "binlog.000001", support.log({}, support.transaction(support.A, 3, 1)))
        self.assertEqual((self.fetch().logs, self.fetch().promised), ([], {support.A: [(1, 3)]}))

    def test_looks_at_no_log_that_was_in_the_bucket_a_quarter_of_an_hour_before_the_base(self):
        log = support.log({}, support.transaction(support.A, 1, 1))
        old = self.ship(SERVER, "binlog.000001", log, time="2026-11-25T02:01:59.999Z")
        late = self.ship(SERVER, "binlog.000002", support.log({support.A: [(1, 1)]}, support.transaction(support.A, 2, 1)), time="2026-11-25T02:02:00.000Z")
        self.make_base(gtids=f"{support.A}:1")
        self.assertEqual(self.fetch().promised, {support.A: [(1, 2)]})
        self.assertIn(late[0], self.asked)
        self.assertNotIn(old[0], self.asked)

    def test_fetches_all_of_a_log_of_which_a_part_came_later(self):
        log = support.log({}, *(support.transaction(support.A, number, number) for number in range(1, 4)))
        first, *_ = self.ship(SERVER, "binlog.000001", log, 60)
        self.times[first] = "2026-11-24T00:00:00.000Z"
        self.assertEqual(self.fetch().promised, {support.A: [(1, 3)]})

    def test_ends_where_a_transaction_is_not_wanted_and_fetches_no_later_log_of_that_member(self):
        parts = [support.transaction(support.A, number, number) for number in range(1, 4)]
        self.ship(SERVER, "binlog.000009", support.log({}, *parts))
        later = self.ship(SERVER, "binlog.000010", support.log({support.A: [(1, 3)]}, support.transaction(support.A, 4, 4)))
        fetched = self.fetch(f"before {support.A}:3")
        self.assertEqual([path.read_bytes() for path in fetched.logs], [support.log({}, *parts[:2])])
        self.assertNotIn(later[0], self.asked)

    def test_fetches_no_further_than_that_within_a_long_log(self):
        parts = [support.transaction(support.A, number, number) for number in range(1, 7)]
        head = len(support.log({}))
        ends = [head + len(parts[0]) * number for number in range(1, 6)]
        keys = self.ship(SERVER, "binlog.000001", support.log({}, *parts), *ends)
        with mock.patch.object(restore, "BATCH", 2):
            self.assertEqual(self.fetch(f"before {support.A}:2").promised, {support.A: [(1, 1)]})
            self.assertEqual([key for key in keys if key in self.asked], keys[:2])
            self.assertEqual(self.fetch().promised, {support.A: [(1, 6)]})

    def test_takes_from_another_member_what_one_has_not_or_what_is_damaged(self):
        parts = [support.transaction(support.A, number, number) for number in range(1, 5)]
        log, other = support.log({}, *parts), SERVER.replace("1", "9")
        ends = [len(support.log({})) + len(parts[0]) * number for number in range(1, 4)]
        spoilt = self.ship(SERVER, "binlog.000001", log, *ends)[1]
        self.objects[spoilt] += b"!"
        with self.assertRaisesRegex(Incomplete, f"{support.A}:2|a part of binlog.000001"):
            self.fetch()
        self.assertIn(f"restore goes on without {spoilt}: {spoilt} is damaged", self.said)
        # Nor can the one after it be read.
        ((missing, kept),) = [(key, self.objects.pop(key)) for key in list(self.objects) if f"{ends[1]:012}-{ends[2]:012}" in key]
        self.objects[missing] = kept + b"!"
        with self.assertRaisesRegex(Incomplete, "transactions are missing"):
            self.fetch()
        self.objects[missing] = kept
        self.ship(other, "binlog.000007", support.log({}, *parts[:2]))
        with self.assertRaisesRegex(Incomplete, "transactions are missing"):
            self.fetch()
        self.ship(other, "binlog.000008", support.log({support.A: [(1, 2)]}, *parts[2:]))
        self.assertEqual(self.fetch().promised, {support.A: [(1, 4)]})

    def test_is_refused_with_the_reason_where_the_key_is_another_one(self):
        other, _ = support.age_pair(self, self.folder, "other")
        with self.assertRaisesRegex(ValueError, f"^the base cannot be unpacked: age: error: no identity matched any of the recipients; it is sealed for {self.recipients[0]}$"):
            self.fetch(key=other)

    def test_is_refused_where_a_part_of_the_base_is_damaged_and_leaves_no_program_behind(self):
        self.objects[self.parts[1]] += b"!"
        started = []
        popen = subprocess.Popen
        with mock.patch.object(restore.subprocess, "Popen", lambda *how, **more: started.append(popen(*how, **more)) or started[-1]), self.assertRaisesRegex(Refused, "is damaged"):
            self.fetch()
        self.assertEqual([process.returncode is not None for process in started], [True] * 3)

    def test_an_archive_that_ends_too_early_is_not_enough(self):
        self.ship(SERVER, "binlog.000001", support.log({}, support.transaction(support.A, 1, 1)))
        with self.assertRaisesRegex(Incomplete, "the archive ends at 1970-01-01T00:00:00.000001Z"):
            self.fetch("2026-11-25T03:00:00Z")


class Programs(unittest.TestCase):
    """MySQL's programs, of which shell scripts stand in the way of the real ones."""

    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.enterContext(mock.patch.dict(os.environ, {"PATH": f"{self.folder}:{os.environ['PATH']}"}))
        self.mysql = restore.Mysql("/socket")

    def program(self, name, script):
        """It notes how it was called, one word a line."""
        file = self.folder / name
        file.write_text(f"#!/bin/sh\nprintf '%s\\n' \"$@\" >{self.folder}/{name}.words\n{script}\n")
        file.chmod(0o755)

    def words(self, name):
        return (self.folder / f"{name}.words").read_text().splitlines()


class Asked(Programs):
    def test_as_root_over_the_socket_is_what_mysql_answers(self):
        self.program("mysql", "echo ' 7 '")
        self.assertEqual(self.mysql.ask("SELECT 7"), "7")
        self.assertEqual(self.words("mysql")[0], "--no-defaults")
        self.assertLessEqual({"--user=root", "--socket=/socket", "--binary-mode", "--batch", "--skip-column-names", "--raw", "--execute=SELECT 7"}, set(self.words("mysql")))

    def test_what_mysql_refuses_is_told(self):
        self.program("mysql", "echo 'ERROR 1045 (28000): denied' >&2; exit 1")
        with self.assertRaisesRegex(Incomplete, r"^MySQL refuses: ERROR 1045 \(28000\): denied$"):
            self.mysql.ask("SELECT 7")

    def test_for_what_it_has_executed(self):
        self.program("mysql", f"echo '{support.A}:1-4'")
        self.mysql.require({support.A: [(1, 4)]})
        with self.assertRaisesRegex(Incomplete, f"^MySQL did not execute {support.A}:5$"):
            self.mysql.require({support.A: [(1, 5)]})
        self.assertIn("--execute=SELECT @@GLOBAL.gtid_executed", self.words("mysql"))


class Replayed(Programs):
    def setUp(self):
        super().setUp()
        self.program("mysqlbinlog", "echo events")
        self.program("mysql", f"cat >{self.folder}/executed")

    def test_are_all_logs_in_one_go(self):
        self.mysql.replay([pathlib.Path("one"), pathlib.Path("two")])
        self.assertEqual(self.words("mysqlbinlog"), ["--no-defaults", "one", "two"])
        self.assertEqual((self.folder / "executed").read_text(), "events\n")
        self.assertNotIn("--execute", " ".join(self.words("mysql")))

    def test_are_those_transactions_alone_that_are_asked_for(self):
        self.mysql.replay(["one"], only="u:1-5")
        self.assertEqual(self.words("mysqlbinlog"), ["--no-defaults", "--include-gtids=u:1-5", "one"])

    def test_is_nothing_where_there_are_no_logs(self):
        self.mysql.replay([])
        self.assertFalse((self.folder / "mysqlbinlog.words").exists())

    def test_fails_with_the_words_of_mysql_or_with_the_program_that_reads_logs(self):
        for script, name, words in (("echo refused >&2; exit 1", "mysql", "refused"), ("exit 1", "mysqlbinlog", "mysqlbinlog failed")):
            self.setUp()
            self.program(name, script)
            with self.assertRaisesRegex(Incomplete, f"^the logs cannot be applied: {words}$"):
                self.mysql.replay(["one"])


class Running(Programs):
    """MySQL on restored data."""

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
        """A signal before that would end it without a word."""
        deadline = time.monotonic() + 30
        while not (self.folder / "ready").exists():
            self.assertLess(time.monotonic(), deadline)
            self.pause(0.01)

    def test_is_reached_by_nobody_else_writes_no_logs_and_is_ended(self):
        with restore.running(self.data) as mysql:
            self.until_it_is_there()
            self.assertIsInstance(mysql, restore.Mysql)
        self.assertTrue((self.folder / "ended").exists())
        words = self.words("mysqld")
        self.assertEqual(words[0], "--no-defaults")
        wanted = {"--skip-networking", "--mysqlx=OFF", "--secure-file-priv=NULL", "--skip-log-bin", "--skip-replica-start=ON", f"--server-id={2**32 - 1}", f"--user={getpass.getuser()}"}
        self.assertLessEqual(wanted | {f"--datadir={self.data}", f"--socket={self.data.parent}/mysqld.sock", f"--log-error={self.data.parent}/error.log"}, set(words))
        self.assertIn(f"--socket={self.data.parent}/mysqld.sock", self.words("mysql"))

    def test_is_waited_for(self):
        self.program("mysql", f"[ -e {self.folder}/answers ] || exit 1")
        self.sleep.side_effect = lambda seconds: (self.until_it_is_there(), (self.folder / "answers").touch())
        with restore.running(self.data):
            self.sleep.assert_called_once_with(1)

    def test_is_waited_for_two_minutes(self):
        self.program("mysql", "exit 1")
        self.sleep.side_effect = lambda seconds: self.until_it_is_there()
        with mock.patch.object(restore, "START_SECONDS", 3), self.assertRaisesRegex(Incomplete, "^MySQL does not answer: it wrote nothing$"):
            with restore.running(self.data):
                self.fail()
        self.assertEqual((self.sleep.call_count, restore.START_SECONDS), (3, 120))
        self.assertTrue((self.folder / "ended").exists())

    def test_says_what_it_wrote_last_where_it_does_not_start_or_ends_in_between(self):
        log = f"{self.data.parent}/error.log"
        self.program("mysqld", f"printf 'begun\\n\\377 no space\\n' >{log}; exit 1")
        self.program("mysql", "exit 1")
        self.sleep.side_effect = lambda seconds: self.pause(0.01)
        with self.assertRaisesRegex(Incomplete, "^MySQL does not start on the base: \ufffd no space$"):
            with restore.running(self.data):
                self.fail()

    def test_says_so_where_it_does_not_end_well(self):
        self.program("mysqld", "trap 'exit 3' TERM; touch ready; while :; do sleep 0.01; done")
        with self.assertRaisesRegex(Incomplete, "^MySQL ended with status 3: it wrote nothing$"):
            with restore.running(self.data):
                self.until_it_is_there()

    def test_ends_whatever_fails_meanwhile(self):
        with self.assertRaises(KeyError):
            with restore.running(self.data):
                self.until_it_is_there()
                raise KeyError
        self.assertTrue((self.folder / "ended").exists())


class Into(unittest.TestCase):
    def test_is_done_when_mysql_has_executed_all_that_was_promised(self):
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        (folder / "logs").mkdir()
        fetched = restore.Fetched(folder / "data", {}, ["one"], {support.A: [(1, 5)]})
        mysql, said = mock.Mock(), []
        running = mock.MagicMock(**{"return_value.__enter__.return_value": mysql, "return_value.__exit__.return_value": False})
        with mock.patch.multiple(restore, fetch=mock.Mock(return_value=fetched), running=running, say=said.append):
            with mock.patch.object(restore.time, "time", side_effect=[100.0, 161.0]):
                self.assertEqual(restore.restore_into(folder, TIMELINE, "latest", "bucket", "key"), folder / "data")
            restore.fetch.assert_called_once_with(folder, TIMELINE, "latest", "bucket", "key")
        running.assert_called_once_with(folder / "data")
        self.assertEqual(mysql.mock_calls, [mock.call.replay(["one"]), mock.call.require({support.A: [(1, 5)]})])
        self.assertFalse((folder / "logs").exists())
        self.assertEqual(said, ["restore: 1 logs to apply", f"restored {TIMELINE} to latest in 61 s: {support.A}:1-5"])


if __name__ == "__main__":
    unittest.main()
