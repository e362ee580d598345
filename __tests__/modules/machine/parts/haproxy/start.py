"""Starts HAProxy before databases, one of which says it is the primary, and tells to whom the write port led while HAProxy found out.

In a network of its own. Arguments: HAProxy's configuration, the primary's address, the databases' addresses. Prints who answered, once each.
"""

import contextlib
import http.server
import socket
import socketserver
import subprocess
import sys
import threading
import time

SECONDS = 3
configuration, primary, *addresses = sys.argv[1:]


class Role(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.server.server_address[0] == primary else 503)
        self.end_headers()

    def log_message(self, *_):
        pass


class Database(socketserver.BaseRequestHandler):
    def handle(self):
        with contextlib.suppress(OSError):  # HAProxy may have given up already
            self.request.sendall(self.server.server_address[0].encode())


def asked():
    try:
        with socket.create_connection(("127.0.0.1", 6446), timeout=1) as connection:
            return connection.recv(100).decode()
    except OSError:
        return ""


subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
for address in addresses:
    subprocess.run(["ip", "address", "add", f"{address}/32", "dev", "lo"], check=True)
    for port, handler in ((8008, Role), (3306, Database)):
        server = socketserver.ThreadingTCPServer((address, port), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
haproxy = subprocess.Popen(["haproxy", "-db", "-f", configuration], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
end = time.monotonic() + SECONDS
answers = set()
while time.monotonic() < end:
    answers.add(asked())
    time.sleep(0.005)
haproxy.kill()
print(" ".join(sorted(answers - {""})))
