"""Tests branches of the group's history. If a real MySQL server is installed, the tests use it. Run by mysql-group.programs.test.ts."""

import json
import pathlib
import shutil
import subprocess
import tempfile
import time
import unittest

from support import SETTINGS, Cursor

import branch
from gtid import branch_source

GROUP, OTHER = "7d2f4c56-1f0e-4d0b-8a36-90d5a1c2e7b4", "11111111-2222-4333-8444-555555555555"
BACKED = SETTINGS._replace(backup=True, group=GROUP)


class Statements(unittest.TestCase):
    def begun(self, newest=None, settings=BACKED):
        cursor = Cursor({branch.EXISTS: [(1,)], branch.NEWEST: [newest] if newest else [], "SELECT @@GLOBAL.gtid_executed": [("a:1-5,\nb:1",)]})
        branch.ensure(cursor, settings)
        return cursor.values.get(branch.INSERT)

    def test_the_first_branch_of_a_group_in_the_archive_has_no_parent(self):
        number, id, *rest = self.begun()
        self.assertRegex(id, "^[0-9a-f]{16}$")
        self.assertEqual([number, *rest], [1, GROUP, None, "a:1-5,b:1", "[]", "first start", "alpha"])

    def test_restored_data_start_a_new_branch_in_the_archive_for_the_new_group(self):
        number, _, *rest = self.begun((3, "f" * 16, OTHER, "", "[]"))
        self.assertEqual([number, *rest], [4, GROUP, "f" * 16, "a:1-5,b:1", "[]", f"restored data of {OTHER}", "alpha"])

    def test_a_group_that_already_has_a_branch_in_the_archive_writes_no_new_branch(self):
        self.assertIsNone(self.begun((3, "f" * 16, GROUP, "", "[]")))

    def test_without_an_archive_a_group_writes_no_branch(self):
        cursor = Cursor({})
        branch.fork(cursor, SETTINGS, ("bravo",))
        self.assertEqual(cursor.done, [])


class Fork(unittest.TestCase):
    """Tests the creation of a branch on a member outside a group."""

    @classmethod
    def setUpClass(cls):
        if not shutil.which("mysqld") or not shutil.which("mysql"):
            raise unittest.SkipTest("NOT CHECKED: no mysqld")
        folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        folder.chmod(0o755)
        shutil.chown(folder, "nobody")
        common = ["mysqld", "--no-defaults", "--user=nobody", f"--datadir={folder}/data", f"--log-error={folder}/error.log"]
        subprocess.run([*common, "--initialize-insecure", "--secure-file-priv=NULL"], check=True)
        cls.server = subprocess.Popen([*common, f"--socket={folder}/socket", "--skip-networking", "--mysqlx=OFF", "--secure-file-priv=NULL", "--gtid-mode=ON", "--enforce-gtid-consistency=ON", "--server-id=1", "--log-bin=binlog", "--super-read-only=ON"])
        cls.addClassCleanup(cls.server.wait)
        cls.addClassCleanup(cls.server.terminate)
        cls.command = ["mysql", "--no-defaults", "--user=root", f"--socket={folder}/socket", "--batch", "--skip-column-names"]
        for _ in range(300):
            if subprocess.run([*cls.command, "--execute=SELECT 1"], capture_output=True).returncode == 0:
                return
            time.sleep(0.2)
        raise TimeoutError("mysqld does not answer")

    def ask(self, statement):
        return subprocess.run([*self.command, f"--execute={statement}"], check=True, capture_output=True, text=True).stdout.strip()

    def test_a_new_branch_in_the_archive_is_one_transaction_with_its_own_source_in_a_new_log_and_is_written_once(self):
        self.ask(f"SET GLOBAL super_read_only = OFF; CREATE DATABASE backup; {branch.TABLE}; INSERT INTO backup.branch VALUES (1, 'aaaaaaaaaaaaaaaa', '{GROUP}', NULL, '', '[]', '', 'alpha', NOW()); SET GLOBAL super_read_only = ON")
        before, logs = self.ask("SELECT @@GLOBAL.gtid_executed"), self.ask("SHOW BINARY LOGS").split("\n")
        session = _Session(self.command)
        self.addCleanup(session.close)
        branch.fork(session, BACKED, ("bravo", "charlie"))
        branch.fork(session, BACKED, ("bravo", "charlie"))
        rows = [line.split("\t") for line in self.ask("SELECT number, id, parent, forked, lost, member FROM backup.branch ORDER BY number").split("\n")]
        self.assertEqual(len(rows), 2)
        number, id, parent, forked, lost, member = rows[1]
        self.assertEqual((number, parent, forked, json.loads(lost), member), ("2", "a" * 16, before.replace("\\n", ""), ["bravo", "charlie"], "alpha"))
        self.assertIn(f"{branch_source(id)}:1", self.ask("SELECT @@GLOBAL.gtid_executed"))
        after = self.ask("SHOW BINARY LOGS").split("\n")
        self.assertEqual(len(after), len(logs) + 1)
        events = self.ask(f"SHOW BINLOG EVENTS IN '{after[-1].split()[0]}'").split("\n")
        self.assertIn(branch_source(id), events[2])
        self.assertEqual(self.ask("SELECT @@super_read_only"), "1")
        # A bootstrap after further transactions creates another branch.
        self.ask("SET GLOBAL super_read_only = OFF; CREATE DATABASE later; SET GLOBAL super_read_only = ON")
        branch.fork(session, BACKED, ("bravo", "charlie"))
        self.assertEqual(self.ask("SELECT COUNT(*) FROM backup.branch"), "3")


class _Session:
    """Cursor that uses a single client session, so that `SET SESSION` has an effect on later statements."""

    def __init__(self, command):
        self._process = subprocess.Popen([*command, "--unbuffered", "--force"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._rows = []

    def execute(self, statement, values=()):
        for value in values:
            text = "NULL" if value is None else "'" + str(value).replace("'", "''") + "'"
            statement = statement.replace("%s", text, 1)
        self._process.stdin.write(f"{statement};\nSELECT 'END';\n")
        self._process.stdin.flush()
        self._rows = []
        while (line := self._process.stdout.readline().rstrip("\n")) != "END":
            self._rows.append(tuple(line.replace("\\n", "\n").split("\t")))
        self._rows = [(int(row[0]), *row[1:]) if row[0].isdigit() else row for row in self._rows]
        return len(self._rows)

    def fetchone(self):
        return self._rows[0] if self._rows else None

    def close(self):
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


if __name__ == "__main__":
    unittest.main()
