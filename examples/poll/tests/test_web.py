import io
import json
import unittest
from types import SimpleNamespace

import pymysql

from poll.database import Unavailable
from poll.health import Health
from poll.web import Web

NGINX_ID = "0123456789abcdef0123456789abcdef"


class Votes:
    """A database that holds votes by key."""

    def __init__(self):
        self.votes = {}
        self.away = False
        self.write_side = self.read_side = SimpleNamespace(last_answer=0)

    def write(self, sql, values):
        if self.away:
            raise Unavailable("no primary")
        choice, key = values
        if key in self.votes:
            raise pymysql.IntegrityError(1062, "Duplicate")
        self.votes[key] = choice
        return 1

    def read_primary(self, sql, values):
        return [{"choice": self.votes[values[0]]}]

    def read(self, sql, values=()):
        return [{"choice": "tea", "votes": 3}]

    def probe(self):
        return {"write": "no primary" if self.away else None, "read": None}


class WebTest(unittest.TestCase):
    def setUp(self):
        self.database = Votes()
        self.now = 0
        settings = SimpleNamespace(site_domain="<b>", version="1.2.3", release="r", environment="test")
        self.web = Web(self.database, Health(self.database, lambda: self.now), settings)

    def ask(self, method, path, body=b"", content_type="application/json", **headers):
        answered = {}
        environ = {
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "CONTENT_TYPE": content_type,
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.input": io.BytesIO(body),
            **{"HTTP_" + name.upper(): value for name, value in headers.items()},
        }
        start = lambda status, headers: answered.update(status=int(status[:3]), headers=dict(headers))
        answered["body"] = b"".join(self.web(environ, start)).decode()
        return SimpleNamespace(**answered)

    def vote(self, choice="tea", **headers):
        return self.ask("POST", "/api/votes", json.dumps({"choice": choice}).encode(), **headers)

    def test_a_vote_counts_once_under_the_clients_key(self):
        self.assertEqual(self.vote(idempotency_key="client-key-1").status, 201)
        again = self.vote(idempotency_key="client-key-1")
        self.assertEqual((again.status, again.headers["Idempotency-Replayed"]), (201, "true"))
        self.assertEqual(self.database.votes, {"client:client-key-1": "tea"})
        self.assertEqual(self.vote("water", idempotency_key="client-key-1").status, 422)

    def test_a_vote_counts_once_when_nginx_repeats_the_request(self):
        for _ in range(2):
            self.assertEqual(self.vote(x_request_id=NGINX_ID).status, 201)
        self.assertEqual(list(self.database.votes), [f"request:{NGINX_ID}"])

    def test_the_form_votes_and_leads_back(self):
        body = b"choice=coffee&key=form-key-1"
        answer = self.ask("POST", "/votes", body, "application/x-www-form-urlencoded")
        self.assertEqual((answer.status, answer.headers["Location"]), (303, "/"))
        self.assertEqual(self.database.votes, {"client:form-key-1": "coffee"})

    def test_another_sites_form_does_not_vote(self):
        answer = self.ask("POST", "/votes", b"choice=tea", "application/x-www-form-urlencoded", sec_fetch_site="cross-site")
        self.assertEqual((answer.status, self.database.votes), (403, {}))

    def test_wrong_requests_are_refused(self):
        for status, request in (
            (400, ("POST", "/api/votes", b"{")),
            (400, ("POST", "/api/votes", b'{"choice":"beer"}')),
            (400, ("POST", "/api/votes", b'{"choice":["tea"]}')),
            (400, ("POST", "/api/votes", b"[]")),
            (400, ("POST", "/api/votes", b"\xff")),
            (413, ("POST", "/api/votes", b" " * 5000)),
            (415, ("POST", "/api/votes", b"{}", "text/plain")),
            (404, ("GET", "/nothing")),
            (405, ("DELETE", "/api/votes")),
        ):
            self.assertEqual(self.ask(*request).status, status, request)
        self.assertEqual(self.vote(idempotency_key="bad").status, 400)
        self.assertEqual(self.database.votes, {})

    def test_a_database_that_is_away_is_503_and_says_when_to_come_back(self):
        self.database.away = True
        with self.assertLogs("poll"):
            answer = self.vote()
        self.assertEqual((answer.status, answer.headers["Retry-After"]), (503, "5"))

    def test_an_unexpected_error_shows_no_detail(self):
        self.database.read = lambda *_: 1 / 0
        with self.assertLogs("poll", "ERROR") as logged:
            answer = self.ask("GET", "/api/votes")
        self.assertEqual(answer.status, 500)
        self.assertNotIn("division", answer.body)
        self.assertIn("ZeroDivisionError", logged.output[0])

    def test_the_page_escapes_what_comes_from_outside(self):
        page = self.ask("GET", "/").body
        self.assertIn("&lt;b&gt;", page)
        self.assertIn("tea: 3", page)

    def test_head_has_the_length_and_no_body(self):
        answer = self.ask("HEAD", "/api/status")
        self.assertEqual((answer.status, answer.body), (200, ""))
        self.assertGreater(int(answer.headers["Content-Length"]), 0)

    def test_the_server_stays_in_the_balancer_for_half_a_minute_of_silence(self):
        self.now = 29
        self.assertEqual(self.ask("GET", "/healthz").status, 200)
        self.now = 30
        with self.assertLogs("poll", "WARNING"):
            self.assertEqual(self.ask("GET", "/healthz").status, 503)

    def test_it_is_not_ready_while_a_side_is_away(self):
        self.assertEqual(self.ask("GET", "/readyz").status, 200)
        self.database.away = True
        with self.assertLogs("poll", "WARNING"):
            answer = self.ask("GET", "/readyz")
        self.assertEqual(json.loads(answer.body), {"ok": False, "reasons": {"write": "no primary"}})
