"""Reading binary logs. Run by backup.programs.test.ts; what MySQL itself writes is read by __tests__/lab/proof/backup.test.ts."""

import unittest

import binlog
from support import A, B, event, log, transaction


class Transactions(unittest.TestCase):
    def test_each_begins_at_its_gtid_and_ends_before_the_next(self):
        data = log({}, transaction(A, 1, 10), transaction(B, 7, 20))
        first, second = binlog.transactions(data)
        self.assertEqual((first.source, first.number, first.committed), (A, 1, 10))
        self.assertEqual((second.source, second.number, second.committed), (B, 7, 20))
        self.assertEqual((first.end, second.end), (second.start, len(data)))

    def test_a_replica_tells_when_the_primary_committed(self):
        (found,) = binlog.transactions(log({}, transaction(A, 1, 99, there=10)))
        self.assertEqual(found.committed, 10)

    def test_what_ends_a_file_is_no_part_of_the_last_one(self):
        data = log({}, transaction(A, 1, 10)) + event(binlog.ROTATE, b"binlog.000002")
        (found,) = binlog.transactions(data)
        self.assertEqual(found.end, len(data) - len(event(binlog.ROTATE, b"binlog.000002")))

    def test_a_torn_end_is_left_out(self):
        data = log({}, transaction(A, 1, 10))
        self.assertEqual(len(list(binlog.transactions(data + transaction(A, 2, 20)[:30]))), 1)

    def test_a_tagged_one_is_not_taken_for_nothing(self):
        with self.assertRaisesRegex(ValueError, "tagged"):
            list(binlog.transactions(log({}) + event(binlog.TAGGED_GTID, b"x" * 50)))


class Previous(unittest.TestCase):
    def test_the_list_of_what_came_before(self):
        before = {A: [(1, 5), (1000001, 1000007)], B: [(3, 3)]}
        self.assertEqual(binlog.previous(log(before)), before)
        self.assertEqual(binlog.previous(log({})), {})

    def test_a_file_without_one_is_refused(self):
        with self.assertRaises(ValueError):
            binlog.previous(binlog.MAGIC + transaction(A, 1, 1))

    def test_with_tags_is_refused(self):
        with self.assertRaisesRegex(ValueError, "^tagged GTIDs$"):
            binlog.previous(binlog.MAGIC + event(binlog.PREVIOUS_GTIDS, bytes(7) + b"\1" + bytes(40)))


class Cut(unittest.TestCase):
    def setUp(self):
        self.data = log({}, *(transaction(A, number, number, bytes=1000) for number in range(1, 11)))
        self.ends = [one.end for one in binlog.transactions(self.data)]

    def test_a_short_rest_is_one_piece(self):
        self.assertEqual(binlog.cut(self.data, 0, len(self.data), 1 << 20), len(self.data))

    def test_a_long_one_is_cut_between_transactions(self):
        stop = binlog.cut(self.data, 0, len(self.data), 3500)
        self.assertIn(stop, self.ends)
        self.assertLessEqual(stop, 3500)
        self.assertIn(binlog.cut(self.data, stop, len(self.data), 3500), self.ends)

    def test_so_is_a_short_rest_of_a_long_one_whatever_lies_before_it(self):
        start = self.ends[7]
        for data in (self.data, bytes(start) + self.data[start:]):
            self.assertEqual(binlog.cut(data, start, len(data), 3500), len(data))
            self.assertEqual(binlog.cut(data, start, len(data), 1500), self.ends[8])

    def test_the_pieces_are_the_file(self):
        pieces, at = [], 0
        while at < len(self.data):
            stop = binlog.cut(self.data, at, len(self.data), 2500)
            pieces.append(self.data[at:stop])
            at = stop
        self.assertEqual(b"".join(pieces), self.data)
        self.assertGreater(len(pieces), 3)

    def test_a_transaction_larger_than_a_piece_stays_whole(self):
        data = log({}, transaction(A, 1, 1, bytes=9000), transaction(A, 2, 2))
        first, second = binlog.transactions(data)
        self.assertEqual(binlog.cut(data, first.start, len(data), 100), first.end)

    def test_what_lies_behind_the_end_is_not_touched(self):
        self.assertEqual(binlog.cut(self.data, 0, self.ends[1], 1 << 20), self.ends[1])
