"""Tests commands that check the archive before they discard transactions. Run by mysql-group.programs.test.ts."""

import json
import subprocess
from unittest import mock

from support import ALPHA, BRAVO, CHARLIE, SETTINGS
from test_members import Command, off, on

import archive
import members

GROUP, BRANCH = "7d2f4c56-1f0e-4d0b-8a36-90d5a1c2e7b4", "b" * 16
BACKED = SETTINGS._replace(backup=True, group=GROUP)


def shipped(last):
    return {"gtids": f"{GROUP}:1-{last}", "until": "2026-12-01T20:00:00Z", "branch": BRANCH}


class Look(Command):
    settings = BACKED
    archived, failure = {"alpha": shipped(5), "charlie": shipped(9)}, None

    def setUp(self):
        super().setUp()
        self.enterContext(mock.patch.object(archive.subprocess, "run", self.program))
        self.asked = []

    def program(self, command, **how):
        self.asked.append(command)
        return subprocess.CompletedProcess(command, 1 if self.failure else 0, "" if self.failure else json.dumps(self.archived), self.failure or "")


class Forget(Look):
    def forget(self, executed, *more):
        return self.run_command(["forget", "charlie", *more], {ALPHA: on("alpha", "PRIMARY", executed=f"{GROUP}:1-{executed}"), BRAVO: on("bravo")})

    def test_mysql_group_forget_is_rejected_with_a_list_if_only_the_archive_has_some_transactions(self):
        status, said = self.forget(7)
        self.assertEqual(status, 1)
        self.assertIn(f"charlie committed transactions that only the archive has: {GROUP}:8-9, uploaded until 2026-12-01T20:00:00Z", said)
        self.assertIn(f"--latest --branch {BRANCH}", said)
        self.assertTrue(said.endswith("refused: nothing was changed; to continue anyway, add --despite-archive"))
        self.assertEqual(members.load(), {})

    def test_mysql_group_forget_continues_if_the_group_has_all_transactions_or_the_operator_confirms(self):
        self.assertEqual(self.forget(9), (0, "charlie is no longer counted on this member until it appears in the group again"))
        self.assertEqual(self.forget(7, "--despite-archive")[0], 0)
        self.assertEqual(self.asked, [["/usr/local/sbin/mysql-backup", "archived"]] * 2)

    def test_mysql_group_forget_is_rejected_if_the_archive_cannot_be_listed(self):
        self.failure = "Traceback\nbucket.Away: no answer from the bucket"
        status, said = self.forget(9)
        self.assertEqual((status, said.splitlines()[0]), (1, "the archive cannot be listed: bucket.Away: no answer from the bucket"))

    def test_mysql_group_forget_skips_the_check_of_the_archive_if_there_is_no_archive(self):
        self.settings = SETTINGS
        self.assertEqual(self.forget(7)[0], 0)
        self.assertEqual(self.asked, [])


class ForceBootstrap(Look):
    def test_mysql_group_force_bootstrap_counts_transactions_that_survivors_have_executed_or_received(self):
        answers = {ALPHA: off("alpha", executed=f"{GROUP}:1-5", received=f"{GROUP}:6-8"), BRAVO: off("bravo", executed=f"{GROUP}:1-4")}
        status, said = self.run_command(["force-bootstrap", "--i-have-lost-members", "charlie"], answers)
        self.assertEqual(status, 1)
        self.assertIn(f"only the archive has: {GROUP}:9, uploaded", said)
        self.assertEqual(members.lost(), ())


class Reclone(Look):
    def test_mysql_group_reclone_is_rejected_if_neither_group_nor_archive_has_the_discarded_transactions(self):
        answers = {ALPHA: off("alpha", executed=f"{GROUP}:1-9,{GROUP[:-1]}0:1"), BRAVO: on("bravo", "PRIMARY", executed=f"{GROUP}:1-8")}
        status, said = self.run_command(["reclone", "--i-discard-this-members-data"], answers)
        self.assertEqual(status, 1)
        self.assertIn(f"neither in the group nor in the archive: {GROUP[:-1]}0:1; only the old data directory would have them", said)
