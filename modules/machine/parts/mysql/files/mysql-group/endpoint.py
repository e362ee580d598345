"""Serves GET /primary, /replica and /state on the private address for HAProxy and the other members."""

import http.server

from report import primary_problem, replica_problem


def bind(settings, observer):
    class Handler(http.server.BaseHTTPRequestHandler):
        # Time limit in seconds for a client that connects and sends no data.
        timeout = 5
        # A buffered response is sent in one packet. HAProxy disconnects after the status line, so sending a second
        # packet would fail.
        wbufsize = -1

        def do_GET(self):
            if self.path == "/state":
                return self._answer(200, observer.fresh().to_json(), "application/json")
            if self.path == "/primary":
                return self._verdict(primary_problem(observer.latest()))
            if self.path == "/replica":
                return self._verdict(replica_problem(observer.latest(), settings.maximumReplicaLagSeconds))
            return self._answer(404, "not found; use /primary, /replica or /state")

        def _verdict(self, problem):
            self._answer(503 if problem else 200, problem or "ok")

        def _answer(self, status, body, kind="text/plain"):
            content = f"{body}\n".encode()
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            """Suppresses the request log, because health checks arrive every second."""
            return

    class Server(http.server.ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 64

        def handle_error(self, *_):
            """Suppresses log lines about clients that disconnect."""
            return

    return Server((settings.address, settings.rolePort), Handler)
