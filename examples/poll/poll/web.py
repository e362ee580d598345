"""The WSGI application."""

import html
import json
import logging
import re
import socket
import time
import uuid
from http import HTTPStatus
from urllib.parse import parse_qs

from poll import votes
from poll.database import Unavailable

LARGEST_BODY = 4096
REQUEST_ID = re.compile(r"^[A-Za-z0-9-]{16,64}$")
KEY = re.compile(r"^[A-Za-z0-9._:-]{8,128}$")
log = logging.getLogger("poll")


class Refused(Exception):
    def __init__(self, status, message, headers=()):
        super().__init__(message)
        self.status = status
        self.headers = list(headers)


class Web:
    def __init__(self, database, health, settings):
        self._database = database
        self._health = health
        self._settings = settings
        self._server = socket.gethostname()
        self._routes = {
            ("GET", "/"): self._page,
            ("POST", "/votes"): self._vote_by_form,
            ("GET", "/api/votes"): lambda request: _json(200, votes.counts(self._database)),
            ("POST", "/api/votes"): self._vote,
            ("GET", "/api/status"): self._status,
            ("GET", "/healthz"): self._alive,
            ("GET", "/readyz"): self._ready,
        }

    def __call__(self, environ, start_response):
        started = time.monotonic()
        request = Request(environ)
        error = None
        try:
            status, headers, body = self._route(request)
        except Exception as problem:
            status, headers, body = _answer_to(problem, request)
            error = problem if status >= 500 else None
        headers = [*headers, ("X-Request-Id", request.id), ("Content-Length", str(len(body))), ("Cache-Control", "no-store")]
        start_response(f"{status} {HTTPStatus(status).phrase}", headers)
        _log_request(request, status, time.monotonic() - started, error)
        return [b"" if request.method == "HEAD" else body]

    def _route(self, request):
        method = "GET" if request.method == "HEAD" else request.method
        handle = self._routes.get((method, request.path))
        if handle:
            return handle(request)
        allowed = [method for method, path in self._routes if path == request.path]
        if allowed:
            raise Refused(405, "This method is not possible here.", [("Allow", ", ".join(allowed))])
        raise Refused(404, "There is nothing at this address.")

    def _page(self, request):
        counted = votes.counts(self._database)
        rows = "".join(
            f'<li>{choice}: {counted[choice]} <button name="choice" value="{choice}">vote</button></li>'
            for choice in votes.CHOICES
        )
        domain, server = html.escape(self._settings.site_domain), html.escape(self._server)
        page = (
            f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{domain}</title><h1>{domain}</h1>'
            f'<form method="post" action="/votes"><input type="hidden" name="key" value="{uuid.uuid4()}"><ul>{rows}</ul></form>'
            f"<footer>Served by {server}, version {html.escape(self._settings.version)}</footer></html>"
        )
        return 200, [("Content-Type", "text/html; charset=utf-8")], page.encode()

    def _vote_by_form(self, request):
        # Browsers report which site sent a form. Another site must not vote on behalf of a visitor.
        if request.header("Sec-Fetch-Site") not in (None, "same-origin", "none"):
            raise Refused(403, "Forms of other sites are not accepted.")
        form = parse_qs(request.body("application/x-www-form-urlencoded"))
        votes.cast(self._database, form.get("choice", [""])[0], request.key(form.get("key", [None])[0]))
        return 303, [("Location", "/")], b""

    def _vote(self, request):
        try:
            vote = json.loads(request.body("application/json"))
        except ValueError as error:
            raise Refused(400, "The body is not valid JSON.") from error
        if not isinstance(vote, dict) or list(vote) != ["choice"]:
            raise Refused(400, 'The body must be {"choice": …}.')
        replayed = votes.cast(self._database, vote["choice"], request.key(request.header("Idempotency-Key")))
        status, headers, body = _json(201, vote)
        return status, headers + ([("Idempotency-Replayed", "true")] if replayed else []), body

    def _status(self, request):
        settings = self._settings
        shown = {"version": settings.version, "release": settings.release}
        return _json(200, {**shown, "server": self._server, "environment": settings.environment})

    def _alive(self, request):
        reason = self._health.alive()
        return _json(503 if reason else 200, {"ok": not reason, "reason": reason})

    def _ready(self, request):
        reasons = self._health.ready()
        return _json(503 if reasons else 200, {"ok": not reasons, "reasons": reasons})


class Request:
    def __init__(self, environ):
        self._environ = environ
        self.method = environ["REQUEST_METHOD"]
        self.path = environ.get("PATH_INFO", "/")
        given = self.header("X-Request-Id") or ""
        # Id of this request in all logs, set by nginx, which keeps the id when it repeats a request.
        self.id = given if REQUEST_ID.match(given) else str(uuid.uuid4())

    def header(self, name):
        return self._environ.get("HTTP_" + name.upper().replace("-", "_"))

    def key(self, given):
        """The key by which a vote counts once: the client's key, otherwise the request id. Prefixes distinguish the two kinds."""
        if given is None:
            return f"request:{self.id}"
        if KEY.match(given):
            return f"client:{given}"
        raise Refused(400, "A key has 8 to 128 letters, digits or any of . _ : -")

    def body(self, content_type):
        if self._environ.get("CONTENT_TYPE", "").split(";")[0].strip().lower() != content_type:
            raise Refused(415, f"The content type must be {content_type}.")
        length = self._environ.get("CONTENT_LENGTH", "")
        if not length.isdigit():
            raise Refused(411, "The length of the body must be known.")
        if int(length) > LARGEST_BODY:
            raise Refused(413, f"The body must have at most {LARGEST_BODY} bytes.")
        try:
            return self._environ["wsgi.input"].read(int(length)).decode()
        except UnicodeDecodeError as error:
            raise Refused(400, "The body is not valid UTF-8.") from error


def _json(status, value):
    return status, [("Content-Type", "application/json")], (json.dumps(value) + "\n").encode()


def _answer_to(error, request):
    """Converts an error for the client. Unexpected errors are returned without details."""
    status, message, more = 500, "Something went wrong on our side.", []
    if isinstance(error, Refused):
        status, message, more = error.status, str(error), error.headers
    elif isinstance(error, votes.BadVote):
        status, message = (422 if isinstance(error, votes.KeyReused) else 400), str(error)
    elif isinstance(error, Unavailable):
        status, message, more = 503, "The database is not available at the moment.", [("Retry-After", "5")]
    status, headers, body = _json(status, {"error": {"message": message, "requestId": request.id}})
    return status, headers + more, body


def _log_request(request, status, seconds, error):
    """Logs one line per request. Health checks are frequent, so only failed ones are logged."""
    is_health = request.path in ("/healthz", "/readyz")
    if is_health and status < 400:
        return
    level = logging.WARNING if is_health else logging.ERROR if status >= 500 else logging.INFO
    fields = {
        "request_id": request.id,
        "http": {"method": request.method, "path": request.path, "status_code": status},
        "duration_ms": round(seconds * 1000, 3),
    }
    log.log(level, "%s %s %d", request.method, request.path, status, extra={"fields": fields}, exc_info=error)
