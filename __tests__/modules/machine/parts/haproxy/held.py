"""Asks for the application through HAProxy while nobody listens there yet, and prints who answered and after how many seconds, as JSON.

In a network of its own. Arguments: HAProxy's configuration, the port that visitors' connections come to, the application's own.
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
