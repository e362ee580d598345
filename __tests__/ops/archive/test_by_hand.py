"""Tests the commands in docs/backup.md for a manual restore. Run by archive.programs.test.ts."""

import pathlib
import re
import subprocess
import unittest

import source

PAGE = pathlib.Path(__file__).parents[3] / "docs/backup.md"


class ByHand(unittest.TestCase):
    def test_the_commands_in_the_documentation_restore_a_time_from_closed_logs_and_the_current_log(self):
        folder = self.enterContext(source.folder_for_mysql())
        statements = [f"INSERT INTO app.orders (text) VALUES ('order {number}')" for number in range(2, 12)]
        statements += ["FLUSH BINARY LOGS", "INSERT INTO app.orders (text) VALUES ('in the last log')", "SELECT SLEEP(1.1)", "SELECT NOW()", "SELECT SLEEP(1.1)", "DELETE FROM app.orders"]
        (folder / "made").mkdir()
        made = source.Source(folder / "made", statements, members=())
        until = made.answers[-3]
        *closed, last = made.logs
        made.ship("alpha", closed, closed=True)
        made.ship("alpha", [*closed, last])
        place = folder / "by-hand"
        for key, content in made.objects.items():
            file = place / key.removeprefix(f"{made.timeline}/")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        steps = re.findall(r"^```sh\n(.*?)^```$", PAGE.read_text(), re.DOTALL | re.MULTILINE)
        self.assertEqual(len(steps), 3)
        # The user mysql may not exist on this machine, so the test uses the user nobody.
        steps = [step.replace("chown -R mysql:", "chown -R nobody:").replace("--user=mysql", "--user=nobody") for step in steps]
        ask = "mysql --user=root --socket=mysqld.sock --batch --skip-column-names --execute='SELECT COUNT(*), MAX(text) FROM app.orders; SHUTDOWN'"
        script = "\n".join([f"cd {place}", f"export KEY={made.key} UNTIL='{until}'", *steps, ask])
        # `--kill-child` stops mysqld when the test ends, even if the test is killed.
        run = subprocess.run(["unshare", "--pid", "--fork", "--kill-child", "bash", "-euo", "pipefail", "-c", script], capture_output=True, text=True)
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertEqual(run.stdout.splitlines()[-1], "12\torder 9")
