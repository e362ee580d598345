"""
Connects to the application through HAProxy before the application listens. Prints the answer and its delay in seconds as JSON.

Run this program in its own network namespace. Arguments: file with HAProxy's configuration, HAProxy's port for visitors, the application's
port.
"""

import json
import socket
import subprocess
import sys
import threading
import time

configuration, front, behind = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
AWAY_SECONDS = 3


def application():
    time.sleep(AWAY_SECONDS)
    with socket.create_server(("127.0.0.1", behind)) as server:
        connection, _ = server.accept()
        connection.sendall(b"the next release")
        connection.close()


subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
proxy = subprocess.Popen(["haproxy", "-db", "-f", configuration], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
try:
    for _ in range(100):
        try:
            connection = socket.create_connection(("127.0.0.1", front), timeout=1)
            break
        except OSError:
            time.sleep(0.05)
    start = time.monotonic()
    threading.Thread(target=application, daemon=True).start()
    connection.settimeout(20)
    who = connection.recv(100).decode()
    print(json.dumps({"who": who, "seconds": time.monotonic() - start}))
finally:
    proxy.terminate()
    proxy.wait()
