"""Tests which transactions, base backups and branches a restore selects. Run by backup.programs.test.ts."""

import contextlib
import unittest

import replay
from replay import Change, Incomplete, Merge, Start, Wanted
from support import A, B

SECOND = 1_000_000
LATEST = Wanted("latest")


def changes(member, *numbers, seconds=None, digest="d", source=A, log="1"):
    """Returns transactions with these numbers in a member's log. By default, the number is also the commit time in minutes since 1970."""
    return [Change(source, number, (seconds or number * 60) * SECOND, digest, f"{member}/{log}") for number in numbers]


def log(member, before, *numbers, **more):
    return [Start(f"{member}/{more.get('log', '1')}", {A: [(1, before)]} if before else {}), *changes(member, *numbers, **more)]


def minute(number):
    return f"1970-01-01T00:{number:02}:00Z"


def merged(streams, executed=1, wanted=LATEST):
    merge = Merge(streams, {A: [(1, executed)]}, wanted, {A})
    found = [change.number for change in merge]
    merge.require_reached()
    return found, merge


class Agreement(unittest.TestCase):
    """Tests which transactions a restore applies and which transactions it excludes."""

    def test_a_restore_applies_each_transaction_once_in_the_order_of_the_logs(self):
        found, merge = merged({member: log(member, 1, *range(2, 7)) for member in "abc"})
        self.assertEqual((found, merge.notes), ([2, 3, 4, 5, 6], []))
        self.assertEqual(merge.executed.gtids(), {A: [(1, 6)]})

    def test_the_last_transactions_are_restored_even_if_only_one_member_uploaded_them(self):
        found, merge = merged({"a": log("a", 1, *range(2, 9)), "b": log("b", 1, 2, 3), "c": log("c", 1, 2)})
        self.assertEqual((found, merge.notes), ([2, 3, 4, 5, 6, 7, 8], []))

    def test_a_restore_excludes_a_member_whose_transaction_has_another_digest_or_time_than_the_transactions_of_other_members(self):
        for forged in ({"digest": "forged"}, {"seconds": 4 * 60 + 1}):
            mine = [*log("a", 1, 2, 3), *changes("a", 4, **forged), *changes("a", 5, 6)]
            found, merge = merged({"a": mine, "b": log("b", 1, *range(2, 6)), "c": log("c", 1, *range(2, 6))})
            self.assertEqual(found, [2, 3, 4, 5])
            self.assertEqual(merge.notes, [f"a is excluded from a/1 on: {A}:4 in its logs differs from the other members' transaction"])

    def test_a_restore_excludes_a_member_with_a_transaction_that_the_other_members_lack(self):
        mine = [*log("a", 1, 2, 3), *changes("a", 1000, seconds=190), *changes("a", 4, 5, 6)]
        found, merge = merged({"a": mine, "b": log("b", 1, *range(2, 7)), "c": log("c", 1, *range(2, 7))})
        self.assertEqual(found, [2, 3, 4, 5, 6])
        self.assertEqual(merge.notes, [f"a is excluded from a/1 on: {A}:1000 is only in its logs"])

    def test_a_restore_rejects_a_contradiction_between_two_members_and_lists_the_options(self):
        for mine in ([*log("a", 1, 2), *changes("a", 3, digest="x")], [*log("a", 1, 2), *changes("a", 1000, seconds=170), *changes("a", 3)]):
            with self.assertRaisesRegex(Incomplete, "a and b contradict each other about transaction .* --exclude-server a or --exclude-server b"):
                merged({"a": mine, "b": log("b", 1, *range(2, 7))})

    def test_a_transaction_with_a_commit_time_in_the_future_does_not_delay_other_transactions(self):
        mine = [*log("a", 1, 2), *changes("a", 3, seconds=4_000_000)]
        self.assertEqual(merged({"a": mine, "b": log("b", 1, 2, 3, 4), "c": log("c", 1, 2, 3, 4)})[0], [2, 3, 4])

    def test_a_restore_excludes_errant_transactions_of_another_source_and_reports_the_first(self):
        mine = [*log("a", 1, 2), *changes("a", 7, 8, source=B, seconds=130), *changes("a", 3)]
        found, merge = merged({"a": mine, "b": log("b", 1, 2, 3), "c": log("c", 1, 2, 3)})
        self.assertEqual((found, merge.notes), ([2, 3], [f"a/1 has transactions of {B}, not of the group, excluded from {B}:7 on"]))

    def test_a_restore_applies_imported_transactions_of_another_source_if_most_members_have_them(self):
        logs = {member: [*log(member, 1, 2), *changes(member, 7, source=B, seconds=130), *changes(member, 3)] for member in "ab"}
        for streams in ({"a": logs["a"]}, logs, {**logs, "c": log("c", 1, 2)}):
            self.assertEqual(merged(streams)[0], [2, 7, 3])

    def test_a_restore_applies_transactions_of_the_group_that_have_a_tag(self):
        tagged = lambda member: [*log(member, 1, 2), *changes(member, 1, source=f"{A}:tag", seconds=130), Start(f"{member}/2", {A: [(1, 2)], f"{A}:tag": [(1, 1)]}), *changes(member, 3)]  # noqa: E731
        self.assertEqual(merged({"a": tagged("a"), "b": log("b", 1, 2)})[0], [2, 1, 3])

    def test_a_restore_applies_transactions_of_another_source_if_the_base_backup_contains_this_source(self):
        merge = Merge({"a": [Start("a/1", {B: [(1, 1)]}), *changes("a", 2, source=B)]}, {B: [(1, 1)]}, LATEST, {A})
        self.assertEqual([change.number for change in merge], [2])

    def test_members_may_upload_transactions_in_different_orders(self):
        self.assertEqual(sorted(merged({"a": log("a", 1, 2, 4, 3, 5), "b": log("b", 1, 2, 3, 4, 5), "c": log("c", 1, 2, 3, 4, 5)})[0]), [2, 3, 4, 5])


class Gaps(unittest.TestCase):
    def test_a_restore_reads_transactions_that_one_member_lacks_from_another_member(self):
        mine = [*log("a", 1, 2, 3), *log("a", 6, 7, 8, log="3")]
        found, merge = merged({"a": mine, "b": log("b", 1, *range(2, 8))})
        self.assertEqual((found, merge.notes), ([2, 3, 4, 5, 6, 7, 8], []))

    def test_a_restore_continues_after_a_gap_in_a_log_when_another_member_s_log_fills_the_gap(self):
        mine = [*log("a", 1, 2, 3), Start("a/1", None), *changes("a", 6, 7, 8)]
        self.assertEqual(merged({"a": mine, "b": log("b", 1, *range(2, 7))})[0], [2, 3, 4, 5, 6, 7, 8])
        with self.assertRaisesRegex(Incomplete, f"missing \\(before {A}:6 in a/1\\).* from 1970-01-01T00:06:00.000000Z on; data can be restored up to 1970-01-01T00:03:00"):
            merged({"a": mine, "b": log("b", 1, 2, 3)})

    def test_a_restore_reports_the_missing_transactions_and_the_latest_possible_time(self):
        with self.assertRaisesRegex(Incomplete, f"{A}:4-6.*restored up to 1970-01-01T00:03:00.000000Z"):
            merged({"a": [*log("a", 1, 2, 3), *log("a", 6, 7, 8)]})
        with self.assertRaisesRegex(Incomplete, "restored up to the base backup"):
            merged({"a": log("a", 6, 7, 8)})

    def test_a_restore_does_not_apply_the_log_of_a_cloned_member_before_the_cloned_transactions(self):
        # The log has no previous GTIDs for transactions that the member cloned, because these transactions are in no log of this member.
        with self.assertRaisesRegex(Incomplete, f"before {A}:6 in a/1"):
            merged({"a": log("a", 0, 6, 7)})
        self.assertEqual(merged({"a": log("a", 0, 6, 7), "b": log("b", 1, *range(2, 7))})[0], [2, 3, 4, 5, 6, 7])
        # The cloned transactions are also not reported as missing if a third member has them in its log.
        self.assertEqual(merged({"a": log("a", 0, 6, 7), "b": log("b", 0, 6, 7), "c": log("c", 1, *range(2, 7))})[0], [2, 3, 4, 5, 6, 7])

    def test_a_restore_uses_a_log_that_overlaps_the_base_backup(self):
        self.assertEqual(merged({"a": log("a", 0, *range(3, 8))}, executed=5)[0], [6, 7])

    def test_a_restore_excludes_a_member_whose_log_lists_earlier_transactions_that_the_other_members_do_not_know(self):
        forged = [Start("a/9", {A: [(1, 3), (900, 900)]}), *changes("a", 901, seconds=240, log="9")]
        found, merge = merged({"a": [*log("a", 1, 2, 3), *forged], "b": log("b", 1, *range(2, 7)), "c": log("c", 1, *range(2, 7))})
        self.assertEqual(found, [2, 3, 4, 5, 6])
        self.assertEqual(merge.notes, ["a is excluded from a/9 on: it claims earlier transactions that the others do not have"])
        with self.assertRaisesRegex(Incomplete, f"a and b contradict each other about {A}:900: exclude one of them"):
            merged({"a": [*log("a", 1, 2, 3), *forged], "b": log("b", 1, *range(2, 7))})

    def test_a_restore_reports_a_gap_that_exists_in_the_logs_of_all_members(self):
        with self.assertRaisesRegex(Incomplete, f"{A}:4-6"):
            merged({member: [*log(member, 1, 2, 3), *log(member, 6, 7, 8)] for member in "abc"})

    def test_a_restore_ignores_a_gap_after_the_restore_time(self):
        mine = [*log("a", 1, 2, 3), *log("a", 6, 7, 8)]
        self.assertEqual(merged({"a": mine, "b": log("b", 1, *range(2, 6))}, wanted=Wanted(minute(4)))[0], [2, 3, 4])
        # If no member has the missing transactions, the restore fails because of the gap.
        with self.assertRaises(Incomplete):
            merged({"a": mine}, wanted=Wanted(minute(4)))


class Moment(unittest.TestCase):
    STREAMS = property(lambda self: {member: log(member, 1, *range(2, 7)) for member in "ab"})

    def test_a_restore_applies_transactions_up_to_the_restore_time(self):
        for at, last in ((minute(3), 3), ("1970-01-01T00:03:59.999999Z", 3), ("1970-01-01T00:02:59.5Z", 2)):
            self.assertEqual(merged(self.STREAMS, wanted=Wanted(at))[0], list(range(2, last + 1)))

    def test_a_restore_stops_before_the_given_transaction(self):
        self.assertEqual(merged(self.STREAMS, wanted=Wanted(f"before {A}:4"))[0], [2, 3])
        with self.assertRaisesRegex(Incomplete, f"no transaction {A}:77"):
            merged(self.STREAMS, wanted=Wanted(f"before {A}:77"))
        with self.assertRaises(ValueError):
            Wanted("before noon")

    def test_a_restore_stops_before_a_transaction_that_another_member_has_only_cloned(self):
        found, merge = merged({"a": log("a", 1, *range(2, 7)), "b": log("b", 0, 5, 6)}, wanted=Wanted(f"before {A}:4"))
        self.assertEqual((found, merge.notes), ([2, 3], []))

    def test_a_restore_rejects_a_restore_time_after_the_last_commit_because_later_commits_may_be_lost(self):
        # A restore from only a base backup ends with the base backup's newest commit.
        for streams, executed in ((self.STREAMS, 1), ({"a": log("a", 1)}, 6)):
            for seconds, refused in ((360, False), (361, True)):
                merge = Merge(streams, {A: [(1, executed)]}, Wanted(replay.text_of(seconds * SECOND)), {A}, executed * 60 * SECOND)
                self.assertEqual(len(list(merge)), 6 - executed)
                with self.assertRaisesRegex(Incomplete, "^the archive ends at 1970-01-01T00:06:00") if refused else contextlib.nullcontext():
                    merge.require_reached()

    def test_a_restore_rejects_a_time_that_is_ambiguous_because_the_primary_had_a_wrong_clock(self):
        ahead = [*log("a", 1, 2), *changes("a", 3, seconds=4000)]
        uploaded = lambda items: [item._replace(uploaded=250 * SECOND) if isinstance(item, Change) else item for item in items]  # noqa: E731
        behind = [*log("a", 1, 2, 9), *changes("a", 10, seconds=150), *changes("a", 12)]
        for stream in (uploaded([*ahead, *changes("a", 4, 5)]), behind):
            with self.assertRaisesRegex(Incomplete, "^the clock of the primary was wrong, so 1970-01-01T00:10:00Z is ambiguous"):
                merged({"a": stream}, wanted=Wanted(minute(10)))
            merged({"a": stream})
        # A single member cannot make a restore fail.
        forged = uploaded([*log("a", 1, 2, 3), *changes("a", 900, seconds=4000)])
        self.assertEqual(merged({"a": forged, "b": log("b", 1, 2, 3, 11)}, wanted=Wanted(minute(10)))[0], [2, 3])

    def test_a_restore_also_compares_transactions_shortly_after_the_restore_time_between_members(self):
        mine = [*log("a", 1, 2), *changes("a", 1000, seconds=130), *changes("a", 3, 4, 5)]
        found, merge = merged({"a": mine, "b": log("b", 1, *range(2, 7)), "c": log("c", 1, *range(2, 7))}, wanted=Wanted("1970-01-01T00:02:30Z"))
        self.assertEqual(found, [2])


def branch(id, parent=None, forked=0, begun=0, **writers):
    """Returns a branch. All times are in minutes since 1970."""
    return replay.Branch(id, parent, {A: [(1, forked)]} if forked else {}, begun * 60 * SECOND, {member: last * 60 * SECOND for member, last in writers.items()})


class Branches(unittest.TestCase):
    def chain(self, *branches, at="latest", wanted=None):
        return [(one.id, limit) for one, limit in replay.chain({one.id: one for one in branches}, at, wanted)]

    ROOT = branch("root", a=30, b=30, c=30)

    def test_a_restore_follows_the_newest_branch_and_its_ancestors_up_to_the_fork(self):
        fork, again = branch("fork", "root", 50, 30, a=60), branch("again", "fork", 70, 60, a=90, b=90)
        self.assertEqual(self.chain(self.ROOT, fork, again), [("root", {A: [(1, 50)]}), ("fork", {A: [(1, 70)]}), ("again", None)])

    def test_a_restore_follows_the_branch_that_was_current_at_the_restore_time(self):
        fork = branch("fork", "root", 50, 32, a=60)
        self.assertEqual(self.chain(self.ROOT, fork, at=minute(31)), [("root", None)])
        self.assertEqual(self.chain(self.ROOT, fork, at=minute(33)), [("root", {A: [(1, 50)]}), ("fork", None)])

    def test_a_restore_follows_a_branch_that_has_just_started(self):
        self.assertEqual(self.chain(self.ROOT, branch("fork", "root", 50, 31, a=31))[-1][0], "fork")

    def test_a_restore_follows_the_branch_that_most_members_wrote(self):
        other = branch("other", begun=20, c=30)
        self.assertEqual(self.chain(self.ROOT, other), [("root", None)])

    def test_a_restore_rejects_a_tie_between_branches_and_a_branch_that_forks_from_a_running_group(self):
        two = branch("two", begun=5, a=30, b=30, c=30)
        forged = branch("forged", "root", 50, 20, c=30)
        for rival in (two, forged):
            with self.assertRaisesRegex(Incomplete, f"two branches are being written: root, begun .*; {rival.id}, begun .*: --branch root or --branch {rival.id}"):
                self.chain(self.ROOT, rival)
            self.assertEqual(self.chain(self.ROOT, rival, wanted="root"), [("root", None)])

    def test_a_restore_follows_a_recreated_environment_with_the_same_group_name_only_after_the_old_environment_ended(self):
        anew = branch("anew", begun=100, a=130, b=130, c=130)
        self.assertEqual(self.chain(self.ROOT, anew), [("anew", None)])
        self.assertEqual(self.chain(self.ROOT, anew, at=minute(29)), [("root", None)])

    def test_a_restore_rejects_an_unknown_branch_and_lists_the_known_branches(self):
        with self.assertRaisesRegex(Incomplete, "^no branch x; there are root$"):
            self.chain(self.ROOT, wanted="x")

    def test_a_restore_does_not_loop_if_parent_branches_form_a_cycle(self):
        self.assertEqual([id for id, _ in self.chain(branch("one", "two", a=1), branch("two", "one", a=1), wanted="one")], ["two", "one"])


class Base(unittest.TestCase):
    LINE = [(branch("root"), {A: [(1, 50)]}), (branch("fork", "root", 50), None)]

    def usable(self, most, at="latest", commit=0, of="root"):
        manifest = {"branch": of, "gtids": {"atLeast": "", "atMost": f"{A}:1-{most}"}, "newestCommit": commit}
        return replay.is_usable(manifest, Wanted(at), self.LINE)

    def test_a_restore_uses_a_base_backup_only_if_it_contains_no_transactions_after_the_restore_time(self):
        self.assertTrue(self.usable(40, minute(3), commit=180 * SECOND))
        self.assertFalse(self.usable(40, minute(3), commit=180 * SECOND + 1))
        self.assertTrue(self.usable(40, f"before {A}:41"))
        self.assertFalse(self.usable(40, f"before {A}:40"))

    def test_a_restore_uses_a_base_backup_of_an_ancestor_branch_only_before_the_fork(self):
        self.assertTrue(self.usable(50))
        self.assertFalse(self.usable(51))
        self.assertTrue(self.usable(51, of="fork"))
        self.assertFalse(self.usable(40, of="other"))


class Executed(unittest.TestCase):
    def test_transactions_can_be_added_to_a_gtid_set_in_any_order(self):
        executed = replay.Executed({A: [(1, 3)]})
        for number in (9, 5, 4, 7, 8, 2):
            executed.add(A, number)
        executed.add(B, 1)
        self.assertEqual(executed.gtids(), {A: [(1, 5), (7, 9)], B: [(1, 1)]})
        self.assertEqual([executed.has(A, number) for number in (0, 1, 5, 6, 7, 9, 10)], [False, True, True, False, True, True, False])
        self.assertEqual(executed.lacks({A: [(1, 10)]}), {A: [(6, 6), (10, 10)]})
