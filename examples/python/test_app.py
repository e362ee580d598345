import io
import unittest
from unittest import mock

import pymysql

import app
import database
import migrate


class Votes:
    def __init__(self):
        self.votes, self.read = {}, lambda _: (("<tea>", 3),)

    def write(self, sql, values):
        if sql.startswith("SELECT"):
            return ((self.votes[values[0]],),)
        if values[1] in self.votes:
            raise pymysql.IntegrityError(1062, "Duplicate")
        self.votes[values[1]] = values[0]
        return ()


class TheApplication(unittest.TestCase):
    def setUp(self):
        self.database = Votes()

    def ask(self, method, path, body=b"", key="some-key-1"):
        start, headers = mock.Mock(), {"CONTENT_LENGTH": str(len(body)), "HTTP_IDEMPOTENCY_KEY": key}
        environ = {"REQUEST_METHOD": method, "PATH_INFO": path, "wsgi.input": io.BytesIO(body), **headers}
        text = b"".join(app.Application(self.database)(environ, start)).decode()
        return int(start.call_args[0][0][:3]), text

    def test_counts_a_repeated_vote_once(self):
        for status, vote in ((201, b'{"choice": "tea"}'), (201, b'{"choice": "tea"}'), (422, b'{"choice": "water"}')):
            self.assertEqual(self.ask("POST", "/api/votes", vote)[0], status)
        self.assertEqual(self.database.votes, {"client:some-key-1": "tea"})

    def test_rejects_wrong_requests(self):
        for body, key in ((b"{", "a-good-key"), (b"[]", "a-good-key"), (b'{"choice": "beer"}', "a-good-key"), (b'{"choice": "tea"}', "short")):
            self.assertEqual(self.ask("POST", "/api/votes", body, key)[0], 400)

    def test_escapes_the_page(self):
        self.assertIn("&lt;tea&gt;: 3", self.ask("GET", "/")[1])

    def test_repeats_an_operation_until_the_time_limit(self):
        side = mock.Mock(run=mock.Mock(side_effect=[OSError("gone"), pymysql.OperationalError(1290, "read-only"), "rows"]))
        self.assertEqual(database.repeat([side], "SELECT 1", (), 5), "rows")
        side.run.side_effect = OSError("gone")
        self.assertRaises(database.Unavailable, database.repeat, [side], "SELECT 1", (), 0)

    def test_applies_missing_migrations_in_order(self):
        run = mock.Mock(side_effect=lambda sql, *_: [("a",)] if sql.startswith("SELECT") else [])
        migrate.apply(run, {"c": "third", "a": "first", "b": "second"})
        self.assertEqual([call.args[0] for call in run.call_args_list][2::2], ["second", "third"])
