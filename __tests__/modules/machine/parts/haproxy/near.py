"""
Starts HAProxy with a primary, a near replica and a far replica. Reports which members get reads.

Run this program in its own network namespace. Arguments: file with HAProxy's configuration; addresses of the primary, the near replica and
the far replica. Prints the results as JSON.
"""

import contextlib
import json
import os
import socket
import subprocess
import sys
import time

import members

configuration, primary, near, far = sys.argv[1:]
roles = {primary: "primary", near: "replica", far: "replica"}


def asked():
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", 6447), 1) as connection:
        return connection.recv(100).decode()
    return ""


def readers(expected):
    """Waits until the expected member gets reads. Then returns the members that get eight more reads."""
    deadline = time.monotonic() + 30
    while asked() != expected and time.monotonic() < deadline:
        time.sleep(0.05)
    # After 2 s, HAProxy has checked all members.
    time.sleep(2)
    return sorted({asked() for _ in range(8)})


subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
for address in roles:
    subprocess.run(["ip", "address", "add", f"{address}/32", "dev", "lo"], check=True)
    members.start(address, roles.get)

found = {}
environment = {**os.environ, "OWN_ADDRESS": primary, "FAR_" + far.replace(".", "_"): "1"}
haproxy = subprocess.Popen(["haproxy", "-db", "-f", configuration], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
try:
    found["near replica"] = readers(near)
    roles[near] = "none"
    found["no near replica"] = readers(primary)
    roles[primary] = "none"
    found["only the far replica"] = readers(far)
    roles[near] = "replica"
    found["near replica again"] = readers(near)
finally:
    haproxy.kill()
print(json.dumps(found))
