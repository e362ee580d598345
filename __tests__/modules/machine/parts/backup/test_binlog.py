"""
Tests how generated binary logs are read. Run by backup.programs.test.ts. __tests__/lab/proof/backup.test.ts reads the logs of a real MySQL
server.
"""

import struct
import unittest
import zlib

import binlog
from support import A, B, event, gtid, log, previous, transaction

TAGGED = "6643fde7-edb9-11f1-ace2-02fc00000001"


class Transactions(unittest.TestCase):
    def test_a_transaction_in_a_binary_log_starts_at_its_gtid_and_ends_before_the_next_gtid(self):
        data = log({}, transaction(A, 1, 10), transaction(B, 7, 20))
        first, second = binlog.transactions(data)
        self.assertEqual((first.source, first.number, first.committed), (A, 1, 10))
        self.assertEqual((second.source, second.number, second.committed), (B, 7, 20))
        self.assertEqual((first.end, second.end), (second.start, len(data)))

    def test_the_binary_log_of_a_replica_contains_the_commit_time_of_the_primary(self):
        (found,) = binlog.transactions(log({}, transaction(A, 1, 99, there=10)))
        self.assertEqual(found.committed, 10)

    def test_the_last_event_of_a_binary_log_is_not_part_of_the_last_transaction(self):
        data = log({}, transaction(A, 1, 10)) + event(binlog.ROTATE, b"binlog.000002")
        (found,) = binlog.transactions(data)
        self.assertEqual(found.end, len(data) - len(event(binlog.ROTATE, b"binlog.000002")))

    def test_an_incomplete_last_transaction_of_a_binary_log_is_ignored(self):
        data = log({}, transaction(A, 1, 10))
        self.assertEqual(len(list(binlog.transactions(data + transaction(A, 2, 20)[:30]))), 1)

    def test_the_binary_log_parser_reads_tagged_gtids(self):
        # MySQL 9.7 wrote these events. The transaction of the second event was first committed on another server.
        bodies = (
            "027600000002cc86f5039d03b503e50222c503b102890304f103000000020404060a61646d696e08080a0c0c7f4af2fd219761061031041283120b",
            "028800000002cc86f5039d03b503e50222c503b102890304f10300000002040c060a61646d696e08080a140c7feff4fd219761060e7f00401e18240a061055041283120b",
        )
        data = log({}) + b"".join(event(binlog.TAGGED_GTID, bytes.fromhex(body)) + event(30, b"row") for body in bodies)
        found = list(binlog.transactions(data))
        self.assertEqual([one[:3] for one in found], [(f"{TAGGED}:admin", 1, 1796151598510666), (f"{TAGGED}:admin", 3, 1700000000000000)])
        self.assertEqual(binlog.newest_commit(data), 1796151598510666)
        self.assertEqual(binlog.cut(data, found[0].start, len(data), 1, A)[0], found[0].end)


class Previous(unittest.TestCase):
    def test_the_binary_log_parser_reads_the_previous_gtids_of_a_log(self):
        before = {A: [(1, 5), (1000001, 1000007)], B: [(3, 3)]}
        self.assertEqual(binlog.previous(log(before)), before)
        self.assertEqual(binlog.previous(log({})), {})

    def test_a_binary_log_without_previous_gtids_is_rejected(self):
        with self.assertRaises(ValueError):
            binlog.previous(binlog.MAGIC + transaction(A, 1, 1))

    def test_the_binary_log_parser_reads_previous_gtids_with_tags(self):
        # MySQL 9.7 wrote this event.
        body = bytes.fromhex(
            "01030000000000016643fde7edb911f1ace202fc00000001000100000000000000010000000000000004000000000000006643fde7edb911f1ace202"
            "fc000000010a61646d696e0100000000000000010000000000000004000000000000006643fde7edb911f1ace202fc0000000120625f6c6f6e676572"
            "5f7461675f313233010000000000000001000000000000000200000000000000"
        )
        found = binlog.previous(binlog.MAGIC + event(binlog.PREVIOUS_GTIDS, body))
        self.assertEqual(found, {TAGGED: [(1, 3)], f"{TAGGED}:admin": [(1, 3)], f"{TAGGED}:b_longer_tag_123": [(1, 1)]})


class Cut(unittest.TestCase):
    def setUp(self):
        self.data = log({}, *(transaction(A, number, number, bytes=1000) for number in range(1, 11)))
        self.ends = [one.end for one in binlog.transactions(self.data)]

    def cut(self, data, start, end, most):
        stop, self.gtids = binlog.cut(data, start, end, most, A)
        return stop

    def test_the_rest_of_a_binary_log_becomes_one_segment_if_it_is_short(self):
        self.assertEqual(self.cut(self.data, 0, len(self.data), 1 << 20), len(self.data))

    def test_the_rest_of_a_binary_log_is_cut_between_transactions_if_it_is_long(self):
        stop = self.cut(self.data, 0, len(self.data), 3500)
        self.assertIn(stop, self.ends)
        self.assertLessEqual(stop, 3500)
        self.assertIn(self.cut(self.data, stop, len(self.data), 3500), self.ends)

    def test_the_cut_of_a_binary_log_does_not_depend_on_bytes_before_the_rest(self):
        start = self.ends[7]
        for data in (self.data, bytes(start) + self.data[start:]):
            self.assertEqual(self.cut(data, start, len(data), 3500), len(data))
            self.assertEqual(self.cut(data, start, len(data), 1500), self.ends[8])

    def test_all_segments_of_a_binary_log_together_equal_the_file(self):
        pieces, at = [], 0
        while at < len(self.data):
            stop = self.cut(self.data, at, len(self.data), 2500)
            pieces.append(self.data[at:stop])
            at = stop
        self.assertEqual(b"".join(pieces), self.data)
        self.assertGreater(len(pieces), 3)

    def test_a_transaction_larger_than_a_segment_is_not_cut(self):
        data = log({}, transaction(A, 1, 1, bytes=9000), transaction(A, 2, 2))
        first, second = binlog.transactions(data)
        self.assertEqual(self.cut(data, first.start, len(data), 100), first.end)

    def test_bytes_after_the_end_of_a_segment_are_not_read(self):
        self.assertEqual(self.cut(self.data, 0, self.ends[1], 1 << 20), self.ends[1])

    def test_the_binary_log_parser_returns_the_transactions_of_the_group_in_a_segment(self):
        self.assertEqual((self.cut(self.data, 0, len(self.data), 1 << 20), self.gtids), (len(self.data), [(1, 10)]))
        stop = self.cut(self.data, 0, len(self.data), 3500)
        before = [(1, self.ends.index(stop) + 1)]
        self.assertEqual(self.gtids, before)
        self.cut(self.data, stop, len(self.data), 1 << 20)
        self.assertEqual(self.gtids, [(before[0][1] + 1, 10)])
        data = log({}, transaction(A, 7, 1), transaction(B, 8, 2), transaction(A, 6, 3), transaction(A, 1000001, 4))
        self.cut(data, 0, len(data), 1 << 20)
        self.assertEqual(self.gtids, [(6, 7), (1000001, 1000001)])


class Newest(unittest.TestCase):
    def test_the_newest_commit_of_a_binary_log_is_the_latest_commit_time_of_any_server(self):
        self.assertEqual(binlog.newest_commit(log({}, transaction(A, 1, 10), transaction(B, 1, 99, there=30), transaction(A, 2, 20))), 30)
        self.assertEqual(binlog.newest_commit(log({})), 0)


class Digest(unittest.TestCase):
    """Tests the digest with which a restore compares the transactions in the logs of two members."""

    def digest(self, *events):
        (found,) = binlog.transactions(binlog.MAGIC + previous({}) + gtid(A, 1, 10) + b"".join(events))
        return found.digest

    def query(self, text, thread=1, seconds=0, variables=b"", database=b"app"):
        head = binlog.QUERY_BODY.pack(thread, seconds, len(database), 0, len(variables))
        return event(binlog.QUERY, head + variables + database + b"\0" + text)

    def table(self, number, name=b"orders"):
        return event(binlog.TABLE_MAP, number.to_bytes(6, "little") + b"\1\0" + name)

    def write(self, table, row):
        return event(30, table.to_bytes(6, "little") + b"\1\0\2\0" + row)

    def test_the_digest_of_a_transaction_ignores_threads_times_variables_table_numbers_and_transaction_numbers(self):
        one = self.digest(self.query(b"BEGIN"), self.table(7), self.write(7, b"row"), event(binlog.XID, bytes(8)))
        other = self.digest(self.query(b"BEGIN", 9, 3, b"variables", b""), self.table(8), self.write(8, b"row"), event(binlog.XID, b"x" * 8))
        self.assertEqual(one, other)

    def test_the_digest_of_a_transaction_differs_for_another_row_table_or_statement(self):
        found = [
            self.digest(self.table(7), self.write(7, b"row")),
            self.digest(self.table(7), self.write(7, b"other")),
            self.digest(self.table(7, b"invoices"), self.write(7, b"row")),
            self.digest(self.table(7), self.write(7, b"row"), self.write(7, b"row")),
            self.digest(self.query(b"DROP TABLE orders")),
            self.digest(self.query(b"DROP TABLE orders", database=b"other")),
            self.digest(),
        ]
        self.assertEqual(len(set(found)), len(found))

    def test_the_digest_of_a_transaction_ignores_the_thread_and_duration_of_a_statement(self):
        self.assertEqual(self.digest(self.query(b"DROP TABLE t", 1, 0)), self.digest(self.query(b"DROP TABLE t", 2, 5)))


class Identity(unittest.TestCase):
    def log(self, before, time=1, flags=0):
        format = struct.pack("<IBIIIH", time, binlog.FORMAT, 1, 19 + 8 + 4, 0, flags) + bytes(8)
        return binlog.MAGIC + format + zlib.crc32(format).to_bytes(4, "little") + previous(before)

    def test_the_identity_of_a_binary_log_stays_the_same_while_the_log_grows_and_after_it_is_closed(self):
        closed = self.log({A: [(1, 5)]})
        opened = bytearray(closed)
        opened[binlog.FLAGS_AT] |= 1
        self.assertEqual(binlog.identity(bytes(opened) + transaction(A, 6, 10)), binlog.identity(closed))
        self.assertRegex(binlog.identity(closed), "^[0-9a-f]{16}$")

    def test_the_identity_of_a_binary_log_differs_for_another_start_time_or_other_previous_transactions(self):
        logs = [self.log({}), self.log({}, time=2), self.log({A: [(1, 5)]})]
        self.assertEqual(len({binlog.identity(one) for one in logs}), 3)

    def test_the_identity_of_a_binary_log_requires_the_start_of_the_log(self):
        for data in (b"", binlog.MAGIC, self.log({})[:40], binlog.MAGIC + transaction(A, 1, 10)):
            with self.assertRaisesRegex(ValueError, "a log must begin"):
                binlog.identity(data)
