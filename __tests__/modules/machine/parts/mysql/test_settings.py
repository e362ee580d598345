"""Tests the settings of a member. Run by mysql-group.programs.test.ts."""

import json
import pathlib
import tempfile
import unittest

import settings
from support import BRAVO, DELTA, SETTINGS


class Settings(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))

    def test_mysql_group_reads_its_settings_from_a_file(self):
        file = self.folder / "group.json"
        file.write_text(json.dumps(SETTINGS._asdict()))
        self.assertEqual(settings.load(file), SETTINGS)

    def test_mysql_group_reads_a_password_from_its_configured_file(self):
        (self.folder / "password").write_text("secret\n")
        self.assertEqual(settings.secret(SETTINGS._replace(passwords={"app": str(self.folder / "password")}), "app"), "secret")

    def test_password_generations_are_read_with_the_generation_in_use_first(self):
        file = self.folder / "password"
        known = SETTINGS._replace(passwords={"app": str(file)})
        for text, shown, all_of_them in (
            ("one\n", "one", [(1, "one")]),
            ("1 one\n2 two", "one", [(2, "two"), (1, "one")]),
            ("10 ten\n9 nine\n", "ten", [(10, "ten"), (9, "nine")]),
            ("2 two", "two", [(2, "two")]),
        ):
            file.write_text(text)
            self.assertEqual((settings.secret(known, "app"), settings.accepted(known, "app")), (shown, all_of_them))

    def test_the_settings_contain_configured_members_by_name_and_other_members_by_address(self):
        self.assertEqual((SETTINGS.address_of("bravo"), SETTINGS.address_of(DELTA)), (BRAVO, DELTA))
