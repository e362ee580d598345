"""Tests the check of a member's role, and the format of reports. Run by mysql-group.programs.test.ts."""

import json
import unittest
from dataclasses import replace

from report import ERROR, ONLINE, Report, primary_problem, replica_problem

PRIMARY = Report("alpha", state=ONLINE, role="PRIMARY", writable=True, majority=True, quorum=True)
REPLICA = Report("bravo", state=ONLINE, role="SECONDARY", majority=True, quorum=True)


class Primary(unittest.TestCase):
    def test_a_writable_primary_with_a_majority_accepts_writes(self):
        self.assertIsNone(primary_problem(PRIMARY))

    def test_a_member_that_is_not_a_writable_primary_with_a_majority_returns_the_reason(self):
        self.assertEqual(primary_problem(Report("alpha")), "member is DOWN")
        self.assertEqual(primary_problem(replace(PRIMARY, state=ERROR)), "member is ERROR")
        self.assertEqual(primary_problem(replace(PRIMARY, majority=False)), "member sees no majority of the group")
        few = replace(PRIMARY, quorum=False, reachable=("1",), remembered=("1", "2", "3"))
        self.assertEqual(primary_problem(few), "the group has no majority of the members: 1 of 3")
        self.assertEqual(primary_problem(replace(PRIMARY, writable=False)), "primary is still read-only")
        self.assertEqual(primary_problem(replace(PRIMARY, unsure=True)), "primary has not checked yet whether the others have expelled it")
        self.assertEqual(primary_problem(REPLICA), "member is SECONDARY")


class Replica(unittest.TestCase):
    def test_an_up_to_date_replica_accepts_reads(self):
        self.assertIsNone(replica_problem(replace(REPLICA, lagSeconds=5.0), 5))

    def test_a_member_that_is_not_an_up_to_date_replica_returns_the_reason(self):
        self.assertEqual(replica_problem(Report("alpha"), 5), "member is DOWN")
        self.assertEqual(replica_problem(PRIMARY, 5), "member is PRIMARY")
        few = replace(REPLICA, quorum=False, reachable=("1", "2"), remembered=("1", "2", "3", "4"))
        self.assertEqual(replica_problem(few, 5), "the group has no majority of the members: 2 of 4")
        self.assertEqual(replica_problem(replace(REPLICA, majority=False), 5), "member sees no majority of the group")
        self.assertEqual(replica_problem(replace(REPLICA, lagSeconds=5.1), 5), "member is 5.1 s behind, 5 s allowed")


class Body(unittest.TestCase):
    def test_a_report_is_unchanged_after_its_conversion_to_json_and_back(self):
        report = replace(PRIMARY, view=("10.0.1.11", "10.0.1.12"), remembered=("10.0.1.11",))
        self.assertEqual(Report.from_json(report.to_json()), report)
        apart = replace(PRIMARY, quorum=False, remembered=("10.0.1.11",), seen=())
        self.assertEqual(Report.from_json(apart.to_json()), apart)

    def test_fields_of_a_report_from_a_newer_version_are_ignored(self):
        self.assertEqual(Report.from_json('{"server": "alpha", "news": 1}'), Report("alpha"))

    def test_the_view_and_the_remembered_members_in_a_report_from_an_older_version_count_as_seen_members(self):
        older = {"server": "alpha", "state": "ONLINE", "role": "PRIMARY", "writable": True, "majority": True, "remembered": ["10.0.1.11"]}
        report = Report.from_json(json.dumps(older))
        self.assertIsNone(primary_problem(report))
        self.assertEqual(report.seen, ("10.0.1.11",))
        self.assertFalse(Report.from_json(json.dumps({**older, "majority": False})).quorum)

    def test_a_report_contains_all_fields_that_an_older_version_reads(self):
        # Fields that reports had in the first version of mysql-group.
        first = {
            **{"server": str, "state": str, "role": str, "writable": bool, "majority": bool, "view": list, "remembered": list},
            **{"executed": str, "purged": str, "received": str, "blank": bool, "lagSeconds": float, "queue": int, "boot": str, "reason": str},
        }
        sent = json.loads(REPLICA.to_json())
        self.assertEqual({name: type(sent[name]) for name in first}, first)


class NoBody(unittest.TestCase):
    """Tests that an invalid report is rejected with a message, so that no decision uses it."""

    def test_the_report_parser_rejects_a_report_without_a_server(self):
        for text in ('"alpha"', "[]", '{"state": "ONLINE"}'):
            with self.assertRaisesRegex(ValueError, "^a report must be an object with a server$"):
                Report.from_json(text)

    def test_the_report_parser_rejects_a_value_of_the_wrong_type(self):
        for field, value, words in (("queue", "7", "queue must be int, got str"), ("view", [7], "view must be tuple, got list"), ("writable", 1, "writable must be bool, got int")):
            with self.assertRaisesRegex(ValueError, f"^{words}$"):
                Report.from_json(json.dumps({"server": "alpha", field: value}))

    def test_the_report_parser_rejects_invalid_gtid_sets(self):
        for field in ("executed", "purged", "received"):
            with self.assertRaises(ValueError):
                Report.from_json(json.dumps({"server": "alpha", field: "u:many"}))


class Fingerprint(unittest.TestCase):
    def test_the_fingerprint_of_a_report_changes_with_every_fact_that_a_decision_uses(self):
        one = replace(REPLICA, executed="u:1-5", received="u:6", boot="first")
        other = {"server": "x", "boot": "second", "state": ERROR, "executed": "u:1-6", "received": "u:6-7", "blank": True}
        for field, value in other.items():
            self.assertNotEqual(replace(one, **{field: value}).fingerprint, one.fingerprint, field)

    def test_the_fingerprint_of_a_report_ignores_lag_reason_and_queue(self):
        self.assertEqual(replace(REPLICA, lagSeconds=3.0, reason="waits", queue=2).fingerprint, REPLICA.fingerprint)
