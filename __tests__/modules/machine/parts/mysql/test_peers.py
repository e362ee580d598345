"""Tests answers of other members, including invalid answers. Run by mysql-group.programs.test.ts."""

import http.server
import json
import threading
import unittest
import unittest.mock

import peers
from report import OFFLINE, Report

GTIDS = "aaaaaaaa-0000-0000-0000-000000000000:1-9"


class Peer(unittest.TestCase):
    """Provides a member on loopback that answers with `status` and `body`."""

    def setUp(self):
        self.status, self.body, self.asked = 200, "", []
        case = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                case.asked.append(self.path)
                self.send_response(case.status)
                self.end_headers()
                self.wfile.write(case.body.encode())

            def log_message(self, *_):
                return

        server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        self.port = server.server_port
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)

    def ask(self, body):
        self.body = body
        return peers.ask("127.0.0.1", self.port)

    def test_mysql_group_asks_another_member_for_its_report(self):
        report = Report("bravo", state=OFFLINE, executed=GTIDS, view=("10.0.1.12",), lagSeconds=1.5, blank=False)
        self.assertEqual(self.ask(report.to_json()), report)
        self.assertEqual(self.asked, ["/state"])

    def test_a_report_of_another_version_may_have_unknown_fields_and_missing_fields_get_defaults(self):
        self.assertEqual(self.ask('{"server": "bravo", "news": {"deep": []}, "lagSeconds": 2}'), Report("bravo", lagSeconds=2))

    def test_an_invalid_report_of_another_member_counts_as_no_answer(self):
        wrong = {
            "server": None, "state": 1, "role": ["PRIMARY"], "writable": "yes", "majority": 1, "view": "10.0.1.12", "remembered": [1],
            "address": 1, "quorum": None, "disowned": 0, "unsure": None, "reachable": "10.0.1.12", "online": {}, "seen": 1, "forgotten": [None], "kept": "x", "release": 1, "grants": 1,
            "executed": None, "purged": 7, "received": f"{GTIDS}:", "blank": 0, "lagSeconds": "1", "queue": 1.5, "roomMib": None, "boot": {}, "reason": None,
        }  # fmt: skip
        self.assertEqual(set(wrong), set(json.loads(Report("").to_json())), "every field has its wrong value here")
        bodies = [json.dumps({"server": "bravo", field: value}) for field, value in wrong.items()]
        gtids = ["nonsense", "a:1-", "a:-1", "a:1:?", "a", "a:night", ":1", "a:1,b", "a:1,,b:1", " "]
        bodies += [json.dumps({"server": "bravo", "executed": text}) for text in gtids]
        bodies += ["", "null", "[]", '"bravo"', "{}", "{", "\ud83d".encode("utf-8", "surrogatepass").decode("latin-1"), "[" * 100_000]
        for body in bodies:
            self.assertIsNone(self.ask(body), body[:80])

    def test_a_member_that_does_not_answer_in_time_counts_as_no_answer(self):
        with unittest.mock.patch.object(peers.http.client, "HTTPConnection") as connection:
            connection.return_value.getresponse.side_effect = TimeoutError
            self.assertIsNone(peers.ask("10.0.1.12", 8008))
        connection.assert_called_once_with("10.0.1.12", 8008, timeout=2.5)

    def test_an_answer_of_another_member_above_the_size_limit_counts_as_no_answer(self):
        self.assertIsNone(self.ask(Report("bravo", reason="x" * peers.LARGEST_ANSWER_BYTES).to_json()))
