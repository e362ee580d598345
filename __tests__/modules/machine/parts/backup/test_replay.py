"""Which logs bring a base to a moment. Run by backup.programs.test.ts."""

import unittest

import replay
from replay import Incomplete
from support import A, log, transaction


def looked(server, file, before, numbers, at="latest"):
    """A log with these transactions, committed at as many seconds since 1970."""
    text = log({A: before} if before else {}, *(transaction(A, n, n * 1_000_000) for n in numbers))
    return replay.look(server, file, text, replay.wanted_until(at))


def second(number, fraction=""):
    return f"1970-01-01T00:00:{number:02}{fraction}Z"


class Order(unittest.TestCase):
    def test_one_member_has_it_all(self):
        one = looked("m1", "binlog.000001", [], range(1, 6))
        two = looked("m1", "binlog.000002", [(1, 5)], range(6, 9))
        chosen, executed = replay.order([two, one], {A: [(1, 2)]})
        self.assertEqual([log.file for log in chosen], ["binlog.000001", "binlog.000002"])
        self.assertEqual(executed, {A: [(1, 8)]})

    def test_what_one_member_lacks_comes_from_another_in_between(self):
        early, late = looked("m1", "binlog.000001", [], range(1, 4)), looked("m1", "binlog.000003", [(1, 6)], range(7, 9))
        other = looked("m2", "binlog.000001", [(1, 2)], range(3, 7))
        chosen, executed = replay.order([late, other, early], {})
        self.assertEqual([(log.server, log.file) for log in chosen], [("m1", "binlog.000001"), ("m2", "binlog.000001"), ("m1", "binlog.000003")])
        self.assertEqual(executed, {A: [(1, 8)]})

    def test_what_another_has_shipped_already_is_not_applied_twice(self):
        chosen, _ = replay.order([looked(server, "binlog.000001", [], range(1, 6)) for server in ("m1", "m2", "m3")], {})
        self.assertEqual(len(chosen), 1)

    def test_of_two_that_hold_the_same_the_one_that_holds_more_is_applied(self):
        long, short = looked("m1", "binlog.000001", [], range(1, 6)), looked("m2", "binlog.000001", [], range(4, 6))
        for logs in ([long, short], [short, long]):
            self.assertEqual(replay.order(logs, {})[0], [long])

    def test_a_log_holds_no_more_than_it_has(self):
        # A replica commits in another order than the primary.
        one = looked("m1", "binlog.000001", [], [1, 2, 5])
        self.assertEqual(one.gtids, {A: [(1, 2), (5, 5)]})
        two = looked("m2", "binlog.000001", [], range(3, 6))._replace(previous={A: [(1, 2)]})
        self.assertEqual(replay.order([one, two], {})[1], {A: [(1, 5)]})

    def test_without_any_that_follows_on_the_base_that_is_the_end(self):
        with self.assertRaisesRegex(Incomplete, f"^transactions are missing \\({A}:1-6\\), and later ones are there; what can be restored ends at the base$"):
            replay.order([looked("m1", "binlog.000003", [(1, 6)], range(7, 9))], {})

    def test_a_gap_is_named_with_what_can_be_restored(self):
        one, three = looked("m1", "binlog.000001", [], range(1, 4)), looked("m1", "binlog.000003", [(1, 6)], range(7, 9))
        with self.assertRaisesRegex(Incomplete, f"{A}:4-6.*ends at 1970-01-01T00:00:03.000000Z"):
            replay.order([one, three], {})

    def test_behind_a_hole_in_a_file_nothing_is_applied_but_from_another_member(self):
        data = transaction(A, 4, 4)
        behind = replay.look("m1", "binlog.000001", b"\xfebin" + data, replay.wanted_until("latest"), behind=True)
        before = looked("m1", "binlog.000001", [], range(1, 3))
        with self.assertRaises(Incomplete):
            replay.order([before, behind], {})
        whole = looked("m2", "binlog.000001", [], range(1, 5))
        self.assertEqual(replay.order([before, behind, whole], {})[1], {A: [(1, 4)]})


class Moment(unittest.TestCase):
    def test_the_last_transaction_committed_by_then_is_the_last(self):
        for at, last in ((second(3), 3), (second(3, ".999999"), 3), (second(2, ".5"), 2)):
            found = looked("m1", "binlog.000001", [], range(1, 6), at)
            self.assertEqual((found.gtids, found.stopped), ({A: [(1, last)]}, True))

    def test_before_a_transaction(self):
        found = looked("m1", "binlog.000001", [], range(1, 6), f"before {A}:4")
        self.assertEqual(found.gtids, {A: [(1, 3)]})

    def test_the_file_ends_there(self):
        text = log({}, transaction(A, 1, 1_000_000), transaction(A, 2, 2_000_000))
        found = replay.look("m1", "binlog.000001", text, replay.wanted_until(second(1)))
        self.assertEqual(text[: found.end], log({}, transaction(A, 1, 1_000_000)))

    def test_an_archive_that_ends_earlier_is_not_taken_for_one_that_reaches_it(self):
        logs = [looked("m1", "binlog.000001", [], range(1, 6), "1970-01-01T00:09:00Z")]
        with self.assertRaisesRegex(Incomplete, "ends at 1970-01-01T00:00:05"):
            replay.require_reached(logs, "1970-01-01T00:09:00Z")
        with self.assertRaisesRegex(Incomplete, "no transaction"):
            replay.require_reached(logs, f"before {A}:77")
        replay.require_reached(logs, "latest")
        with self.assertRaises(Incomplete):
            replay.require_reached([], "1970-01-01T00:09:00Z")
        # A heartbeat may be half a minute old.
        replay.require_reached(logs, second(50))
