"""Who is a member: whom the joiner asks, and whom it need not wait for. Run by mysql-group.test.ts."""

import contextlib
import io
import pathlib
import sys
import tempfile
import types
import unittest
from unittest import mock

# What talks to mysqld is replaced here; the driver need not be installed.
sys.modules.setdefault("pymysql", types.SimpleNamespace(connect=None, Error=OSError))

import cli
import peers
import settings as config
from decision import BOOTSTRAP, WAIT, decide
from observer import Observer
from report import OFFLINE, ONLINE, Report

# alpha was born with charlie, whose place delta (10.0.1.14) has taken since.
SETTINGS = config.Settings(
    "alpha", "10.0.1.11", {"alpha": "10.0.1.11", "bravo": "10.0.1.12", "charlie": "10.0.1.13"}, 8008, "", "", "", 5, {}
)
NOW = ("10.0.1.11", "10.0.1.12", "10.0.1.14")
CHARLIE = "10.0.1.13"


def off(name, remembered=NOW):
    return Report(name, state=OFFLINE, executed="aaaaaaaa-0000-0000-0000-000000000000:1-9", remembered=remembered)


def on(name, role="SECONDARY", view=NOW):
    return Report(name, state=ONLINE, role=role, majority=True, writable=role == "PRIMARY", view=view, remembered=view)


class Members(unittest.TestCase):
    """`answers`: address -> Report, of those who answer."""

    def setUp(self):
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        for name in ("REMEMBERED", "FORGOTTEN", "LOST"):
            self.enterContext(mock.patch.object(config, name, folder / f"{name}.json"))

    def gather(self, mine, answers, **gone):
        with mock.patch.object(peers, "ask", lambda address, port: answers.get(address)):
            return peers.gather(SETTINGS, mine, **gone)


class Asked(Members):
    def test_is_every_configured_member_in_order(self):
        self.assertEqual(list(self.gather(Report("alpha"), {})), ["alpha", "bravo", "charlie"])

    def test_and_whoever_a_view_names_that_somebody_else_remembers(self):
        answers = {"10.0.1.12": off("bravo"), "10.0.1.14": off("delta", ("10.0.1.15",))}
        reports = self.gather(off("alpha", ()), answers)
        self.assertEqual(list(reports), ["alpha", "bravo", "charlie", "10.0.1.14", "10.0.1.15"])
        self.assertEqual([name for name, report in reports.items() if report is None], ["charlie", "10.0.1.15"])


class Gone(Members):
    everybody_else = {"10.0.1.12": off("bravo"), "10.0.1.14": off("delta")}

    def test_members_are_waited_for_by_default(self):
        self.assertEqual(decide("alpha", "10.0.1.11", self.gather(off("alpha"), self.everybody_else)).reason.split()[-1], "charlie")

    def test_a_forgotten_one_is_not_waited_for(self):
        reports = self.gather(off("alpha"), self.everybody_else, forgotten=(CHARLIE,))
        self.assertEqual(list(reports), ["alpha", "bravo", "10.0.1.14"])
        self.assertEqual(decide("alpha", "10.0.1.11", reports).action, BOOTSTRAP)

    def test_a_forgotten_one_that_answers_takes_part(self):
        ahead = Report("charlie", state=OFFLINE, executed="aaaaaaaa-0000-0000-0000-000000000000:1-12")
        reports = self.gather(off("alpha"), {**self.everybody_else, CHARLIE: ahead}, forgotten=(CHARLIE,))
        self.assertEqual(decide("alpha", "10.0.1.11", reports)[:2], (WAIT, "charlie starts the group"))

    def test_a_forgotten_one_that_somebody_saw_in_the_group_is_waited_for(self):
        answers = {**self.everybody_else, "10.0.1.14": off("delta", (*NOW, CHARLIE))}
        reports = self.gather(off("alpha"), answers, forgotten=(CHARLIE,))
        self.assertEqual(decide("alpha", "10.0.1.11", reports).reason.split()[-1], "charlie")

    def test_one_declared_lost_is_not_waited_for_unless_it_answers(self):
        remembering = off("alpha", (*NOW, CHARLIE))
        self.assertNotIn("charlie", self.gather(remembering, self.everybody_else, lost=("charlie",)))
        back = {**self.everybody_else, CHARLIE: Report("charlie")}
        self.assertIn("charlie", self.gather(remembering, back, lost=("charlie",)))


class Forget(Members):
    group = {"10.0.1.12": on("bravo", "PRIMARY"), "10.0.1.14": on("delta")}

    def forget(self, name, answers, mine=on("alpha")):
        said = io.StringIO()
        answers = {"10.0.1.11": mine, **answers}
        with mock.patch.object(peers, "ask", lambda *a: answers.get(a[0])), mock.patch.object(cli, "ask", peers.ask):
            with mock.patch.object(config, "load", lambda: SETTINGS), contextlib.redirect_stdout(said):
                status = cli.main(["forget", name])
        return status, said.getvalue().strip(), config.stored(config.FORGOTTEN)

    def test_takes_a_member_off_the_list_while_the_group_runs_without_it(self):
        self.assertEqual(
            self.forget("charlie", self.group),
            (0, "charlie is forgotten here until it is seen in the group again", (CHARLIE,)),
        )

    def test_is_refused_for_one_that_answers(self):
        answers = {**self.group, CHARLIE: Report("charlie")}
        self.assertEqual(self.forget("charlie", answers), (1, "refused: charlie answers", ()))

    def test_is_refused_for_one_in_the_group_though_it_does_not_answer(self):
        self.assertEqual(self.forget("10.0.1.14", {"10.0.1.12": self.group["10.0.1.12"]})[1:], ("refused: 10.0.1.14 is in the group", ()))

    def test_is_refused_while_no_primary_takes_writes(self):
        for answers, mine in ({"10.0.1.12": on("bravo"), "10.0.1.14": on("delta")}, on("alpha")), (Gone.everybody_else, off("alpha")):
            self.assertEqual(self.forget("charlie", answers, mine), (1, "refused: no primary takes writes", ()))

    def test_is_refused_for_a_name_that_is_not_waited_for(self):
        self.forget("charlie", self.group)
        for name in ("charlie", "charly"):
            self.assertEqual(self.forget(name, self.group)[1], f"refused: {name} is no member that this one waits for")

    def test_ends_when_the_member_is_seen_in_the_group_and_lasts_beyond_that(self):
        config.store(config.FORGOTTEN, [CHARLIE, "10.0.1.15"])
        observer = Observer(SETTINGS)
        observer._keep_view(on("alpha"))
        self.assertEqual(config.stored(config.FORGOTTEN), (CHARLIE, "10.0.1.15"))
        observer._keep_view(on("alpha", view=(*NOW, CHARLIE)))
        observer._keep_view(on("alpha"))
        self.assertEqual(config.stored(config.FORGOTTEN), ("10.0.1.15",))
        self.assertEqual(Observer(SETTINGS).remembered, tuple(sorted(NOW)))
