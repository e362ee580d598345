"""What a server does that is told to begin with restored data. Run by backup.test.ts; whole restores are in __tests__/lab/proof."""

import json
import pathlib
import tempfile
import unittest
from unittest import mock

import support  # noqa: F401
import restore
from bucket import Refused
from names import digest
from replay import Incomplete
from settings import Restore

TIMELINE, SERVER = "7d2f4c56-1f0e-4d0b-8a36-90d5a1c2e7b4", "12345678-0000-0000-0000-000000000000"
WANTED = Restore(TIMELINE, "latest", ["10.0.1.12"], 8008)


class Try(unittest.TestCase):
    def setUp(self):
        self.place = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        (self.place / "mysql-group").mkdir()
        self.done = self.place / "mysql-group" / "restored.json"
        self.enterContext(mock.patch.object(restore, "say"))
        self.runs = self.enterContext(mock.patch.object(restore, "_group_runs", return_value=False))
        self.into = self.enterContext(mock.patch.object(restore, "restore_into", side_effect=self.made))

    def made(self, folder, *_):
        (folder / "data").mkdir(parents=True)
        return folder / "data"

    def attempt(self):
        return restore._try(WANTED, None, None, self.place, self.done, "this one")

    def test_data_get_their_name_at_the_end_and_are_not_restored_again(self):
        self.assertIsNone(self.attempt())
        self.assertEqual(sorted(path.name for path in self.place.iterdir()), ["data", "mysql-group"])
        self.assertIsNone(self.attempt())
        self.assertEqual(self.into.call_count, 1)

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
