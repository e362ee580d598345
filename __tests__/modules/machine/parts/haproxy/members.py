"""Emulates database members for HAProxy: each member reports its role over HTTP and accepts connections on MySQL's port."""

import contextlib
import http.server
import socketserver
import threading


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def handle_error(self, *_):
        """Ignores connections that HAProxy closes early."""


def serve(address, port, handler):
    threading.Thread(target=Server((address, port), handler).serve_forever, daemon=True).start()


class Database(socketserver.BaseRequestHandler):
    """Sends the member's address and keeps the connection open."""

    def text(self):
        return self.server.server_address[0]

    def handle(self):
        with contextlib.suppress(OSError):  # HAProxy may already have closed the connection
            self.request.sendall(self.text().encode())
            self.request.recv(1)


def start(address, role_of, database=Database, refusal=503):
    """Starts an emulated member. `role_of` returns the current role of an address. `refusal` is the status for all other roles."""

    class Role(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200 if self.path == f"/{role_of(address)}" else refusal)
            self.end_headers()

        def log_message(self, *_):
            pass

    serve(address, 8008, Role)
    serve(address, 3306, database)
