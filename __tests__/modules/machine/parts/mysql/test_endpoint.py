"""Tests the responses to HAProxy and to the other members. Run by mysql-group.programs.test.ts."""

import http.client
import json
import socket
import threading
import types
import unittest
import unittest.mock
from dataclasses import replace

from support import SETTINGS

import endpoint
from report import ONLINE, Report

PRIMARY = Report("alpha", state=ONLINE, role="PRIMARY", majority=True, quorum=True, writable=True)
REPLICA = replace(PRIMARY, role="SECONDARY", writable=False)


class Answers(unittest.TestCase):
    def setUp(self):
        self.report = PRIMARY
        observer = types.SimpleNamespace(latest=lambda: self.report, fresh=lambda: replace(self.report, reason="fresh"))
        self.server = endpoint.bind(SETTINGS._replace(address="127.0.0.1", rolePort=0), observer)
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)

    def get(self, path):
        connection = http.client.HTTPConnection(*self.server.server_address, timeout=5)
        self.addCleanup(connection.close)
        connection.request("GET", path)
        answer = connection.getresponse()
        self.assertGreater(int(answer.headers["Content-Length"]), 0)
        return answer.status, answer.read().decode(), answer.headers["Content-Type"]

    def test_the_health_endpoint_accepts_writes_only_on_the_primary(self):
        self.assertEqual(self.get("/primary"), (200, "ok\n", "text/plain"))
        self.assertEqual(self.get("/replica"), (503, "member is PRIMARY\n", "text/plain"))

    def test_the_health_endpoint_of_a_replica_accepts_reads_only_if_the_replication_lag_is_small(self):
        self.report = replace(REPLICA, lagSeconds=5.0)
        self.assertEqual(self.get("/replica")[:2], (200, "ok\n"))
        self.assertEqual(self.get("/primary")[:2], (503, "member is SECONDARY\n"))
        self.report = replace(REPLICA, lagSeconds=5.5)
        self.assertEqual(self.get("/replica")[:2], (503, "member is 5.5 s behind, 5 s allowed\n"))

    def test_the_state_endpoint_returns_a_fresh_report_of_the_member(self):
        status, body, kind = self.get("/state")
        self.assertEqual((status, kind), (200, "application/json"))
        self.assertEqual(Report.from_json(body), replace(PRIMARY, reason="fresh"))
        self.assertEqual(json.loads(body)["reason"], "fresh")

    def test_an_unknown_path_of_the_health_endpoint_returns_404_with_the_known_paths(self):
        self.assertEqual(self.get("/"), (404, "not found; use /primary, /replica or /state\n", "text/plain"))

    def test_the_health_endpoint_sends_each_response_in_one_write_because_haproxy_closes_after_the_first_line(self):
        with unittest.mock.patch.object(socket.SocketIO, "write", autospec=True, side_effect=socket.SocketIO.write) as write:
            self.get("/primary")
        write.assert_called_once()

    def test_the_health_endpoint_does_not_log_requests(self):
        with unittest.mock.patch("sys.stderr") as stderr:
            self.get("/primary")
            self.server.handle_error(None, None)
        stderr.write.assert_not_called()

    def test_a_silent_client_of_the_health_endpoint_does_not_block_other_clients(self):
        silent = http.client.HTTPConnection(*self.server.server_address)
        silent.connect()
        self.addCleanup(silent.close)
        self.assertEqual(self.get("/primary")[0], 200)
        self.assertEqual(self.server.RequestHandlerClass.timeout, 5)
        self.assertTrue(self.server.daemon_threads)
