"""Settings of a member. Run by mysql-group.test.ts."""

import json
import pathlib
import tempfile
import unittest

import settings
from support import BRAVO, DELTA, SETTINGS


class Settings(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))

    def test_are_read_from_a_file(self):
        file = self.folder / "group.json"
        file.write_text(json.dumps(SETTINGS._asdict()))
        self.assertEqual(settings.load(file), SETTINGS)

    def test_name_files_of_passwords(self):
        (self.folder / "password").write_text("secret\n")
        self.assertEqual(settings.secret(SETTINGS._replace(passwords={"app": str(self.folder / "password")}), "app"), "secret")

    def test_know_configured_members_by_name_and_others_by_address(self):
        self.assertEqual((SETTINGS.address_of("bravo"), SETTINGS.address_of(DELTA)), (BRAVO, DELTA))
