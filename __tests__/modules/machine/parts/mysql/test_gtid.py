"""Tests calculations with GTID sets. Run by mysql-group.programs.test.ts."""

import unittest

from gtid import describe, parse, subtract, union

A, B = "aaaaaaaa-0000-0000-0000-000000000000", "bbbbbbbb-0000-0000-0000-000000000000"


class Parse(unittest.TestCase):
    def test_an_empty_string_is_parsed_as_an_empty_gtid_set(self):
        self.assertEqual(parse(""), {})

    def test_the_gtid_parser_parses_intervals_and_sources_on_several_lines(self):
        self.assertEqual(parse(f"{A}:1-5:7,\n{B.upper()}:3"), {A: [(1, 5), (7, 7)], B: [(3, 3)]})

    def test_the_gtid_parser_merges_adjacent_and_overlapping_intervals(self):
        self.assertEqual(parse(f"{A}:4-6:1-3:5-9"), {A: [(1, 9)]})

    def test_a_tag_in_a_gtid_counts_as_a_separate_source(self):
        self.assertEqual(parse(f"{A}:1-5:night:1-2:9"), {A: [(1, 5)], f"{A}:night": [(1, 2), (9, 9)]})


class Compare(unittest.TestCase):
    def missing(self, one, other):
        return describe(subtract(parse(one), parse(other)))

    def test_a_gtid_set_lacks_no_transaction_of_itself(self):
        self.assertEqual(self.missing(f"{A}:1-9", f"{A}:1-9"), "")

    def test_a_part_of_a_gtid_set_lacks_the_remaining_transactions_of_the_set(self):
        self.assertEqual(self.missing(f"{A}:1-9,{B}:1", f"{A}:2-3:5:8-20"), f"{A}:1:4:6-7,{B}:1")

    def test_a_gtid_set_contains_a_reserved_block_that_is_far_after_the_other_transactions(self):
        self.assertEqual(self.missing(f"{A}:1-297:1000013-1000621", f"{A}:1-297:1000013-1000620"), f"{A}:1000621")

    def test_the_union_of_two_gtid_sets_contains_all_transactions_of_both_sets(self):
        self.assertEqual(describe(union(parse(f"{A}:1-2"), parse(f"{A}:3,{B}:1"))), f"{A}:1-3,{B}:1")
