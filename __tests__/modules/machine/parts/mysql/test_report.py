"""Role check and settings. Run by mysql-group.test.ts."""

import unittest
from dataclasses import replace

from report import ERROR, ONLINE, Report, primary_problem, replica_problem
from settings import Settings, expected_members

PRIMARY = Report("alpha", state=ONLINE, role="PRIMARY", writable=True, majority=True)
REPLICA = Report("bravo", state=ONLINE, role="SECONDARY", majority=True)


class Primary(unittest.TestCase):
    def test_the_writable_primary_in_a_majority_gets_writes(self):
        self.assertIsNone(primary_problem(PRIMARY))

    def test_everybody_else_says_why_not(self):
        self.assertEqual(primary_problem(Report("alpha")), "member is DOWN")
        self.assertEqual(primary_problem(replace(PRIMARY, state=ERROR)), "member is ERROR")
        self.assertEqual(primary_problem(replace(PRIMARY, majority=False)), "member sees no majority of the group")
        self.assertEqual(primary_problem(replace(PRIMARY, writable=False)), "primary is still read-only")
        self.assertEqual(primary_problem(REPLICA), "member is SECONDARY")


class Replica(unittest.TestCase):
    def test_an_up_to_date_secondary_gets_reads(self):
        self.assertIsNone(replica_problem(replace(REPLICA, lagSeconds=5.0), 5))

    def test_everybody_else_says_why_not(self):
        self.assertEqual(replica_problem(PRIMARY, 5), "member is PRIMARY")
        self.assertEqual(replica_problem(replace(REPLICA, majority=False), 5), "member sees no majority of the group")
        self.assertEqual(replica_problem(replace(REPLICA, lagSeconds=5.1), 5), "member is 5.1 s behind, 5 s allowed")


class Body(unittest.TestCase):
    def test_a_report_survives_the_wire(self):
        report = replace(PRIMARY, view=("10.0.1.11", "10.0.1.12"), remembered=("10.0.1.11",))
        self.assertEqual(Report.from_json(report.to_json()), report)

    def test_fields_of_a_newer_member_are_ignored(self):
        self.assertEqual(Report.from_json('{"server": "alpha", "news": 1}'), Report("alpha"))


class Members(unittest.TestCase):
    def test_members_of_a_view_that_the_configuration_does_not_know_yet_are_expected_too(self):
        settings = Settings("alpha", "10.0.1.11", {"alpha": "10.0.1.11", "bravo": "10.0.1.12"}, 0, "", "", "", 5, {})
        seen = ["10.0.1.11", "10.0.1.14", "10.0.1.12"]
        self.assertEqual(
            expected_members(settings, seen), {"alpha": "10.0.1.11", "bravo": "10.0.1.12", "10.0.1.14": "10.0.1.14"}
        )
