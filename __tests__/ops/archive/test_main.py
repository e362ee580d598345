"""Tests the access keys and the output of each command of the archive program. Run by archive.programs.test.ts."""

import json
import stat
import subprocess
import sys
import unittest
from unittest import mock

import drill
import inventory
import rights
from program import ARCHIVE, PROGRAM
from storage import KEYS, WRITERS

TOLD = {"settings": {"endpoint": "http://127.0.0.1:9", "region": "fsn1", "bucket": "b"}, "keys": {**KEYS, "writers": WRITERS}, "project": "4711", "timeline": "t", "privateKey": "AGE"}


class Main(unittest.TestCase):
    def test_each_archive_command_opens_the_bucket_with_the_keys_that_it_requires(self):
        commands = {"look": (inventory, ["reader"]), "drill": (drill, ["reader"]), "create": (rights, ["owner"]), "check": (rights, ["owner", "alpha", "bravo", "charlie", "reader"])}
        self.enterContext(mock.patch.object(ARCHIVE, "Bucket", lambda *place: place))
        for command, (module, names) in commands.items():
            with self.subTest(command), mock.patch.object(module, command) as called:
                ARCHIVE.main(command, TOLD)
            opened = [one for given in called.call_args.args for one in (given.values() if isinstance(given, dict) else [given]) if isinstance(one, tuple)]
            self.assertEqual(opened, [("http://127.0.0.1:9", "fsn1", "b", {**KEYS, **WRITERS}[name]) for name in names])

    def test_a_restore_drill_deletes_its_private_key_which_only_root_can_read(self):
        seen = {}

        def look(bucket, timeline, identity, folder):
            seen.update({path: stat.S_IMODE(path.stat().st_mode) for path in (identity, folder.parent)})
            return identity.read_text()

        with mock.patch.object(drill, "drill", look):
            self.assertEqual(ARCHIVE.main("drill", TOLD), "AGE")
        self.assertEqual(list(seen.values()), [0o600, 0o711])
        self.assertEqual([path for path in seen if path.exists()], [])

    def test_the_standard_output_of_an_archive_command_contains_only_the_result(self):
        for look, *ended in (
            ('side_effect=lambda bucket: os.system("echo by another program") or {"timelines": []}', 0, '{"timelines": []}', "by another program\n"),
            ('side_effect=Refused("why")', 1, "", "why\n"),
        ):
            program = f"""
import inventory, os, runpy, sys
from bucket import Refused
from unittest import mock
inventory.look = mock.Mock({look})
sys.argv[1:] = ["look"]
runpy.run_path({str(PROGRAM)!r}, run_name="__main__")
"""
            run = subprocess.run([sys.executable, "-c", program], input=json.dumps(TOLD), capture_output=True, text=True)
            self.assertEqual([run.returncode, run.stdout, run.stderr], ended)
