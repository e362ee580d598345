"""The WSGI application."""
import html
import json
import os
import re
import socket
from http import HTTPStatus

import pymysql

from database import Unavailable

CHOICES = ("tea", "coffee", "water")


class Application:
    def __init__(self, database):
        self._database = database
        routes = {"/": self._page, "/api/status": status, "/healthz": lambda _: (200, {"ok": True}), "/readyz": self._ready}
        self._routes = {**{("GET", path): route for path, route in routes.items()}, ("POST", "/api/votes"): self._vote}

    def __call__(self, environ, start_response):
        code, body = self._answer(environ)
        kind, text = ("text/html", body) if isinstance(body, str) else ("application/json", json.dumps(body))
        headers = [("Content-Type", f"{kind}; charset=utf-8"), ("Content-Length", str(len(text.encode()))), ("Cache-Control", "no-store")]
        start_response(f"{code} {HTTPStatus(code).phrase}", headers + [("Retry-After", "5")] * (code == 503))
        return [text.encode()]

    def _answer(self, environ):
        route = environ["REQUEST_METHOD"].replace("HEAD", "GET"), environ["PATH_INFO"]
        if route not in self._routes:
            return 404, {"error": "There is nothing at this address."}
        try:
            return self._routes[route](environ)
        except Exception as error:  # pylint: disable=broad-except # visitors see no details
            log = {"level": "error", "message": repr(error), "request_id": environ.get("HTTP_X_REQUEST_ID"), "path": route[1]}
            print(json.dumps(log), flush=True)
            return 503 if isinstance(error, Unavailable) else 500, {"error": "Try again later."}

    def _page(self, _):
        counts = self._database.read("SELECT choice, votes FROM counts")
        lines = "".join(f"<li>{html.escape(choice)}: {votes}</li>" for choice, votes in counts)
        return 200, f'<!doctype html><html lang="en"><title>Votes</title><h1>Votes</h1><ul>{lines}</ul></html>'

    def _vote(self, environ):
        # If nginx repeats a request, it keeps the request id. The prefixes distinguish the two kinds of keys.
        own = environ.get("HTTP_IDEMPOTENCY_KEY")
        key = f"client:{own}" if own else f"request:{environ.get('HTTP_X_REQUEST_ID', '')}"
        try:
            choice = json.loads(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)))["choice"]
        except (ValueError, KeyError, TypeError):
            return 400, {"error": 'The body must be {"choice": …}.'}
        if choice not in CHOICES or not re.fullmatch(r"\w+:[\w.:-]{8,128}", key, re.ASCII):
            return 400, {"error": f"The choices are {', '.join(CHOICES)}. A key has 8 to 128 letters, digits or any of . _ : -"}
        try:
            self._database.write("INSERT INTO votes (choice, vote_key) VALUES (%s, %s)", (choice, key))
        except pymysql.IntegrityError:
            # An earlier request or attempt has already written this row.
            if self._database.write("SELECT choice FROM votes WHERE vote_key = %s", (key,)) != ((choice,),):
                return 422, {"error": "This key was used for another vote."}
        return 201, {"choice": choice}

    def _ready(self, _):
        # The statement fails on a read-only member.
        self._database.write("UPDATE counts SET votes = votes WHERE choice = ''")
        self._database.read("SELECT 1 FROM votes LIMIT 1")
        return 200, {"ok": True}


def status(_):
    with open("VERSION", encoding="utf-8") as file:
        version = file.read().strip()
    return 200, {"version": version, "server": socket.gethostname(), "environment": os.environ["ENVIRONMENT"]}
