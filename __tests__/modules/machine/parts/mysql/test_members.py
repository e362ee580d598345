"""Tests the list of members, and which members must answer before a decision. Run by mysql-group.programs.test.ts."""

import contextlib
import io
import pathlib
from dataclasses import replace
from unittest import mock

from support import ALPHA, BRAVO, CHARLIE, DELTA, ECHO, SETTINGS, OnVolume

import cli
import members
import peers
import settings as config
from decision import BOOTSTRAP, WAIT, decide
from members import CONFIGURED, FORGOTTEN, SEEN
from observer import Observer
from report import OFFLINE, ONLINE, Report

# When alpha was created, charlie was a member. Later, delta replaced charlie.
NOW = (ALPHA, BRAVO, DELTA)


def off(name, remembered=NOW, **more):
    return Report(name, **{"state": OFFLINE, "executed": "aaaaaaaa-0000-0000-0000-000000000000:1-9", "remembered": remembered, **more})


def on(name, role="SECONDARY", view=NOW, **more):
    known = {"view": view, "reachable": view, "online": view, "remembered": view}
    return Report(name, **{"state": ONLINE, "role": role, "majority": True, "quorum": True, "writable": role == "PRIMARY", **known, **more})


class Members(OnVolume):
    """Provides reports of other members. `answers` maps the address of each answering member to its report."""

    def gather(self, mine, answers, lost=()):
        def answer(address, port):
            self.assertEqual(port, SETTINGS.rolePort)
            return answers.get(address)

        with mock.patch.object(peers, "ask", answer):
            return peers.gather(SETTINGS, mine, lost)

    def decide(self, *facts, lost=()):
        return decide("alpha", self.gather(*facts, lost), lost)


class Listed(Members):
    def test_the_member_list_contains_configured_members_and_members_seen_in_the_group(self):
        self.assertEqual(members.grown({}, [ALPHA, BRAVO], [ALPHA, DELTA], [DELTA]), {ALPHA: CONFIGURED, BRAVO: CONFIGURED, DELTA: SEEN})

    def test_the_member_list_does_not_shrink_with_the_group_or_the_configuration(self):
        known = {ALPHA: SEEN, CHARLIE: SEEN, DELTA: CONFIGURED}
        self.assertEqual(members.grown(known, [ALPHA], [ALPHA], [ALPHA]), known)

    def test_an_operator_can_remove_a_member_from_the_member_list_until_the_group_contains_it_again(self):
        forgotten = members.without({CHARLIE: SEEN}, [CHARLIE, DELTA])
        self.assertEqual(forgotten, {CHARLIE: FORGOTTEN, DELTA: FORGOTTEN})
        self.assertEqual(members.grown(forgotten, [CHARLIE]), forgotten)
        self.assertEqual(members.grown(forgotten, [], [CHARLIE]), {CHARLIE: CONFIGURED, DELTA: FORGOTTEN})
        self.assertEqual(members.grown(forgotten, [], [CHARLIE], [CHARLIE]), {CHARLIE: SEEN, DELTA: FORGOTTEN})

    def test_the_member_list_is_reported_by_kind_and_in_a_fixed_order(self):
        self.assertEqual(
            members.told({DELTA: SEEN, BRAVO: CONFIGURED, ALPHA: SEEN, CHARLIE: FORGOTTEN}),
            {"remembered": (ALPHA, BRAVO, DELTA), "seen": (ALPHA, DELTA), "forgotten": (CHARLIE,)},
        )

    def test_a_returned_member_takes_the_member_list_of_the_group(self):
        mine = {ALPHA: SEEN, BRAVO: FORGOTTEN, CHARLIE: SEEN, ECHO: SEEN}
        group = [
            Report("delta", remembered=(BRAVO, DELTA), seen=(DELTA,), forgotten=(CHARLIE, ALPHA)),
            Report("bravo", view=(ALPHA,), remembered=(DELTA,), seen=(BRAVO,)),
        ]
        agreed = {ALPHA: CONFIGURED, BRAVO: SEEN, CHARLIE: FORGOTTEN, DELTA: SEEN, ECHO: SEEN}
        self.assertEqual(members.agreed(mine, group), agreed)

    def test_the_member_list_is_stored_across_restarts_of_the_daemon(self):
        members.change(lambda known: {ALPHA: SEEN})
        self.assertEqual(members.change(lambda known: {**known, BRAVO: FORGOTTEN}), {ALPHA: SEEN, BRAVO: FORGOTTEN})
        self.assertEqual(members.load(), {ALPHA: SEEN, BRAVO: FORGOTTEN})

    def test_an_unchanged_member_list_is_not_written_again(self):
        members.change(lambda known: {ALPHA: SEEN})
        with mock.patch.object(members, "_write") as write:
            members.change(dict)
        write.assert_not_called()

    def test_an_empty_member_list_is_accepted_only_on_a_new_volume(self):
        self.assertEqual(members.load(), {})
        with mock.patch.object(members, "FOLDER", members.FOLDER / "unmounted"), self.assertRaises(OSError):
            members.load()
        (members.FOLDER / "members.json").write_text("")
        with self.assertRaises(ValueError):
            members.load()

    def test_the_file_of_the_member_list_is_synced_before_its_rename_and_its_folder_afterwards(self):
        synced = []

        def fsync(opened):
            path = pathlib.Path(f"/proc/self/fd/{opened}").resolve()
            synced.append((path.name, path.read_text() if path.is_file() else (path / "members.json").read_text()))

        with mock.patch("os.fsync", fsync):
            members.change(lambda known: {ALPHA: SEEN})
        (draft, whole), (folder, named) = synced
        self.assertEqual((draft, folder), ("members.new", members.FOLDER.resolve().name))
        self.assertEqual(whole, named)
        self.assertEqual(members.load(), {ALPHA: SEEN})

    def test_a_change_of_the_member_list_waits_for_an_exclusive_file_lock(self):
        with mock.patch.object(members.fcntl, "flock") as flock:
            members.change(dict)
        self.assertEqual(flock.call_args.args[1], members.fcntl.LOCK_EX)


class Kept(Members):
    """Tests the list of members that the daemon stores."""

    def setUp(self):
        super().setUp()
        self.observer = Observer(SETTINGS)

    def told(self, *reports):
        for report in reports:
            self.observer._latest = report
            self.observer.change_members(self.observer._grow(report))
        return self.observer._complete(True)

    def test_the_stored_member_list_starts_with_the_configured_members(self):
        report = self.observer._complete(True)
        self.assertEqual((report.remembered, report.seen), ((ALPHA, BRAVO, CHARLIE), ()))

    def test_the_stored_member_list_keeps_all_seen_members_if_the_group_shrinks(self):
        report = self.told(on("alpha"), on("alpha", view=(ALPHA, BRAVO)), on("alpha", view=(ALPHA,)))
        self.assertEqual((report.remembered, report.seen), ((ALPHA, BRAVO, CHARLIE, DELTA), (ALPHA, BRAVO, DELTA)))
        self.assertEqual(Observer(SETTINGS)._complete(True).remembered, report.remembered)

    def test_the_stored_member_list_contains_a_recovering_member_without_data(self):
        report = self.told(on("alpha", online=(ALPHA,)))
        self.assertEqual((report.remembered, report.seen), ((ALPHA, BRAVO, CHARLIE, DELTA), (ALPHA,)))

    def test_the_stored_member_list_does_not_change_while_a_member_joins_or_has_no_majority(self):
        for other in {"majority": False}, {"state": "RECOVERING"}:
            self.assertEqual(self.told(replace(on("alpha"), **other)).remembered, (ALPHA, BRAVO, CHARLIE))

    def test_the_member_list_stays_in_memory_while_the_volume_is_full(self):
        with mock.patch.object(members, "_write", mock.Mock(side_effect=OSError)):
            self.assertEqual(self.told(on("alpha")).seen, NOW)
        self.told(on("alpha"))
        self.assertEqual(Observer(SETTINGS)._complete(True).seen, NOW)

    def test_the_stored_member_list_changes_at_once_after_an_operator_command(self):
        self.told(on("alpha", view=(ALPHA, BRAVO)))
        members.change(lambda known: members.without(known, [CHARLIE]))
        report = self.told(on("alpha", view=(ALPHA, BRAVO)))
        self.assertEqual((report.remembered, report.forgotten), ((ALPHA, BRAVO), (CHARLIE,)))
        self.assertEqual(self.told(on("alpha", view=(ALPHA, CHARLIE))).forgotten, ())

    def test_the_quorum_of_the_group_is_a_majority_of_the_stored_member_list(self):
        self.assertFalse(self.told(on("alpha", view=(ALPHA,))).quorum)
        self.assertTrue(self.told(on("alpha", view=(ALPHA, BRAVO))).quorum)
        # The list now has four members, and three of them are online.
        self.assertTrue(self.told(on("alpha")).quorum)
        self.assertFalse(self.told(on("alpha", reachable=(ALPHA, BRAVO))).quorum)
        self.assertFalse(self.told(on("alpha", majority=False)).quorum)
        members.change(lambda known: members.without(known, [CHARLIE]))
        self.assertTrue(self.told(on("alpha", view=(ALPHA, BRAVO))).quorum)

    def test_the_stored_member_list_is_reported_while_mysqld_does_not_answer(self):
        self.told(on("alpha"))
        report = self.observer._complete(False)
        self.assertEqual((report.state, report.quorum, report.address, report.seen), ("DOWN", False, ALPHA, NOW))
        # The release is the name of the folder that contains the unpacked code.
        self.assertEqual(report.release, pathlib.Path(members.__file__).resolve().parent.name)


class Asked(Members):
    def test_mysql_group_asks_every_configured_member_in_order(self):
        self.assertEqual(list(self.gather(Report("alpha"), {})), ["alpha", "bravo", "charlie"])

    def test_mysql_group_asks_all_members_that_any_member_remembers_or_sees(self):
        answers = {BRAVO: off("bravo"), DELTA: off("delta", (ECHO,), view=("10.0.1.16",))}
        reports = self.gather(off("alpha", ()), answers)
        self.assertEqual(list(reports), ["alpha", "bravo", "charlie", DELTA, ECHO, "10.0.1.16"])
        self.assertEqual([name for name, report in reports.items() if report is None], ["charlie", ECHO, "10.0.1.16"])

    def test_an_unconfigured_member_is_listed_by_the_address_at_which_it_was_asked(self):
        reports = self.gather(off("alpha"), {DELTA: off("delta"), BRAVO: off("bravo", address="elsewhere")})
        self.assertEqual({name: report.address for name, report in reports.items() if report}, {"alpha": ALPHA, "bravo": BRAVO, DELTA: DELTA})

    def test_a_bootstrap_requires_a_member_that_only_a_returned_member_remembers(self):
        # delta was added, became the primary and was expelled. An operator removed charlie.
        mine = off("alpha", NOW, forgotten=(CHARLIE,))
        self.assertEqual(self.decide(mine, {BRAVO: off("bravo")})[:2], (WAIT, f"no group runs; it starts when all members answer; waiting for {DELTA}"))


class Gone(Members):
    other_members = {BRAVO: off("bravo"), DELTA: off("delta")}

    def test_a_bootstrap_requires_missing_members_by_default(self):
        self.assertEqual(self.decide(off("alpha"), self.other_members).reason.split()[-1], "charlie")

    def test_a_bootstrap_does_not_require_a_forgotten_member(self):
        mine = off("alpha", forgotten=(CHARLIE,))
        self.assertEqual(list(self.gather(mine, self.other_members)), ["alpha", "bravo", DELTA])
        self.assertEqual(self.decide(mine, self.other_members).action, BOOTSTRAP)

    def test_a_forgotten_member_that_answers_takes_part_in_the_bootstrap(self):
        ahead = Report("charlie", state=OFFLINE, executed="aaaaaaaa-0000-0000-0000-000000000000:1-12")
        decision = self.decide(off("alpha", forgotten=(CHARLIE,)), {**self.other_members, CHARLIE: ahead})
        self.assertEqual(decision[:2], (WAIT, "charlie starts the group"))

    def test_a_bootstrap_requires_a_forgotten_member_if_another_member_still_lists_it(self):
        answers = {**self.other_members, DELTA: off("delta", (*NOW, CHARLIE))}
        self.assertEqual(self.decide(off("alpha", forgotten=(CHARLIE,)), answers).reason.split()[-1], "charlie")

    def test_a_bootstrap_does_not_require_a_member_declared_lost_unless_the_member_answers(self):
        remembering = off("alpha", (*NOW, CHARLIE))
        self.assertNotIn("charlie", self.gather(remembering, self.other_members, lost=("charlie",)))
        self.assertNotIn(DELTA, self.gather(remembering, {BRAVO: off("bravo")}, lost=(DELTA,)))
        back = {**self.other_members, CHARLIE: Report("charlie")}
        self.assertIn("charlie", self.gather(remembering, back, lost=("charlie",)))


class Command(Members):
    """Tests operator commands on alpha."""

    settings = SETTINGS

    def run_command(self, arguments, answers):
        said = io.StringIO()
        def answer(address, port):
            self.assertEqual(port, SETTINGS.rolePort)
            return answers.get(address)

        with mock.patch.object(peers, "ask", answer), mock.patch.object(cli, "ask", peers.ask):
            with mock.patch.object(config, "load", lambda: self.settings), contextlib.redirect_stdout(said):
                status = cli.main(arguments)
        return status, said.getvalue().strip()


class Forget(Command):
    group = {BRAVO: on("bravo", "PRIMARY"), DELTA: on("delta")}

    def forget(self, name, answers, mine=on("alpha")):
        status, said = self.run_command(["forget", name], {ALPHA: mine, **answers})
        return status, said, members.told(members.load())["forgotten"]

    def test_mysql_group_forget_removes_a_member_from_the_list_while_the_group_runs_without_it(self):
        self.assertEqual(
            self.forget("charlie", self.group),
            (0, "charlie is no longer counted on this member until it appears in the group again", (CHARLIE,)),
        )

    def test_mysql_group_forget_is_rejected_for_a_member_that_answers(self):
        answers = {**self.group, CHARLIE: Report("charlie")}
        self.assertEqual(self.forget("charlie", answers), (1, "refused: charlie answers", ()))

    def test_mysql_group_forget_is_rejected_for_a_member_in_the_group_that_does_not_answer(self):
        self.assertEqual(self.forget(DELTA, {BRAVO: self.group[BRAVO]})[1:], (f"refused: {DELTA} is in the group", ()))

    def test_mysql_group_forget_is_rejected_while_no_primary_accepts_writes(self):
        few = replace(on("bravo", "PRIMARY"), quorum=False)
        for answers, mine in ({BRAVO: on("bravo")}, on("alpha")), ({BRAVO: few}, on("alpha")), (Gone.other_members, off("alpha")):
            self.assertEqual(self.forget("charlie", answers, mine), (1, "refused: no primary accepts writes", ()))

    def test_mysql_group_forget_is_rejected_for_a_name_that_is_not_required(self):
        mine = on("alpha", forgotten=(CHARLIE,))
        for name in ("charlie", "charly"):
            self.assertEqual(self.forget(name, self.group, mine)[1], f"refused: {name} is not a member that this member waits for")

    def test_mysql_group_forget_uses_the_member_list_on_the_volume_while_the_daemon_does_not_answer(self):
        members.change(lambda known: {CHARLIE: FORGOTTEN})
        self.assertEqual(self.forget("charlie", self.group, None)[1], "refused: charlie is not a member that this member waits for")


class ForceBootstrap(Command):
    def setUp(self):
        super().setUp()
        self.waited = []
        self.enterContext(mock.patch.object(cli.time, "sleep", lambda seconds: self.waited.append(members.lost())))

    def force(self, answers, *names):
        return self.run_command(["force-bootstrap", "--i-have-lost-members", *names], answers)

    def test_members_that_an_operator_declared_lost_count_as_lost_until_the_group_serves(self):
        answers = {ALPHA: off("alpha")}

        def serve(seconds):
            self.assertEqual(members.lost(), (DELTA, "bravo"))
            answers[ALPHA] = on("alpha", "PRIMARY")

        with mock.patch.object(cli.time, "sleep", serve):
            status, said = self.force(answers, DELTA, "bravo")
        self.assertEqual((status, said.splitlines()[-1]), (0, "the group is running; wipe the lost members before they return"))
        self.assertEqual(members.lost(), ())

    def test_mysql_group_force_bootstrap_fails_after_two_minutes_with_the_reason(self):
        mine = replace(off("alpha"), reason="waiting for charlie")
        self.assertEqual(self.force({ALPHA: mine}, "bravo"), (1, "waiting up to 120 s for the group to start\nno group yet: waiting for charlie"))
        self.assertEqual(self.waited, [("bravo",)] * 120)
        self.assertEqual(members.lost(), ())

    def test_mysql_group_force_bootstrap_fails_with_a_message_if_the_daemon_does_not_answer(self):
        self.assertTrue(self.force({}, "bravo")[1].endswith("no group yet: mysql-group does not answer"))

    def test_mysql_group_force_bootstrap_accepts_a_member_that_answers_with_an_empty_disk(self):
        self.assertEqual(self.force({ALPHA: off("alpha"), BRAVO: Report("bravo", state=OFFLINE, blank=True)}, "bravo")[0], 1)
        self.assertEqual(len(self.waited), 120)

    def test_mysql_group_force_bootstrap_is_rejected_if_the_member_has_data_or_if_its_name_is_unknown(self):
        self.assertEqual(self.force({ALPHA: off("alpha"), BRAVO: off("bravo")}, "bravo", "bravi"), (1, "refused: bravi is not a member; bravo answers"))
        self.assertEqual(self.waited, [])

    def test_mysql_group_force_bootstrap_is_rejected_while_a_group_serves(self):
        self.assertEqual(self.force({ALPHA: on("alpha")}, "charlie"), (1, "refused: a group is serving, see mysql-group forget --help"))

    def test_mysql_group_force_bootstrap_continues_if_the_running_group_is_too_small_to_serve(self):
        alone = replace(on("alpha", "PRIMARY", (ALPHA,)), quorum=False)
        self.assertEqual(self.force({ALPHA: alone}, "bravo")[1].splitlines()[0], "waiting up to 120 s for the group to start")
