"""
Starts HAProxy with databases that change their roles. Reports where HAProxy's ports lead, and when HAProxy closes connections.

Run this program in its own network namespace. Arguments: file with HAProxy's configuration, and the databases' addresses. The first
database is the primary on HAProxy's server, the next two are replicas, the others do not exist. Prints the results as JSON.
"""

import json
import os
import socket
import subprocess
import sys
import time

import members

APPLICATION, HEALTH, WRITE, READ, STATS = 3000, 3003, 6446, 6447, 8404
configuration, primary, first, second, *absent = sys.argv[1:]
roles = {}


def opened(port):
    """
    Opens a connection through HAProxy. Returns the connection, and the address of the database that answered or "" if the connection
    failed.
    """
    connection = socket.socket()
    connection.settimeout(6)
    try:
        connection.connect(("127.0.0.1", port))
        return connection, connection.recv(100).decode()
    except OSError:
        return connection, ""


def asked(port):
    connection, who = opened(port)
    connection.close()
    return who


def seconds_until(happens, limit=12):
    start = time.monotonic()
    while not happens() and time.monotonic() - start < limit:
        time.sleep(0.02)
    return time.monotonic() - start


def cut(connection):
    """Returns True if HAProxy has closed the connection."""
    connection.setblocking(False)
    try:
        return connection.recv(1) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


def nft(*command):
    subprocess.run(["nft", *command], check=True)


subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
for address in (primary, first, second):
    subprocess.run(["ip", "address", "add", f"{address}/32", "dev", "lo"], check=True)
    # Real members answer 503. The test uses 204, because HAProxy must treat every status except 200 as a refusal.
    members.start(address, roles.get, refusal=204)
for address in absent:
    subprocess.run(["ip", "route", "add", "unreachable", address], check=True)

found = {}
roles.update({primary: "primary", first: "replica", second: "replica"})
haproxy = subprocess.Popen(
    ["haproxy", "-db", "-f", configuration],
    env={**os.environ, "OWN_ADDRESS": primary},
    stdout=subprocess.PIPE,
    stderr=subprocess.DEVNULL,
)
try:
    while socket.socket().connect_ex(("127.0.0.1", STATS)) != 0:
        time.sleep(0.02)
    # Waits until HAProxy has found the primary, and one more second, so that HAProxy checks all other members.
    seen = set()
    seconds_until(lambda: seen.add(asked(WRITE)) or primary in seen)
    seconds_until(lambda: seen.add(asked(WRITE)) or False, 1)
    found["writes"] = sorted(seen - {""})

    held = [opened(READ) for _ in range(4)]
    found["reads"] = sorted(who for _, who in held)

    # The primary's role moves to a replica. For a moment, both databases report that they are the primary.
    writer, _ = opened(WRITE)
    roles[first] = "primary"
    found["two primaries"] = round(seconds_until(lambda: asked(WRITE) == ""), 1)
    roles[primary] = "replica"
    found["writer cut after"] = seconds_until(lambda: cut(writer))
    found["writes then"] = sorted({asked(WRITE) for _ in range(5)} - {""}) if seconds_until(lambda: asked(WRITE)) else []

    # While there is no replica, HAProxy sends reads to the primary.
    roles[primary] = roles[second] = "none"
    seconds_until(lambda: asked(READ) == first)
    reader, who = opened(READ)
    found["reads without replica"] = who
    roles[second] = "replica"
    found["reader moved after"] = seconds_until(lambda: cut(reader))
    found["reads with replica"] = asked(READ)

    # The machine of one of two replicas fails, so the replica no longer answers any packet.
    reader, _ = opened(READ)
    roles[primary] = "replica"
    seconds_until(lambda: asked(READ) == primary)
    nft("add", "table", "ip", "gone")
    nft("add", "chain", "ip", "gone", "input", "{ type filter hook input priority 0; }")
    nft("add", "rule", "ip", "gone", "input", "ip", "daddr", second, "drop")
    nft("add", "rule", "ip", "gone", "input", "ip", "saddr", second, "drop")
    start = time.monotonic()
    found["reads while it vanishes"] = asked(READ)
    found["answered after"] = time.monotonic() - start
    found["reader cut after"] = seconds_until(lambda: cut(reader)) + found["answered after"]

    # The load balancer waits one second for an answer, so HAProxy must refuse within one second.
    start = time.monotonic()
    found["health without application"] = asked(HEALTH)
    found["health refused after"] = time.monotonic() - start
    members.serve("127.0.0.1", APPLICATION, members.Database)
    found["health"] = asked(HEALTH)

    # One replica has already failed. In the next step, no database accepts connections. After that, the second replica becomes unreachable.
    # At the end, the member on HAProxy's server is the primary.
    roles.clear()
    seconds_until(lambda: asked(READ) == "")
    found["health without database"] = asked(HEALTH)
    nft("add", "rule", "ip", "gone", "input", "ip", "daddr", first, "drop")
    found["cut off after"] = seconds_until(lambda: asked(HEALTH) == "")
    roles[primary] = "primary"
    seconds_until(lambda: asked(HEALTH))
    found["health by its own member"] = asked(HEALTH)

    def page(path):
        with socket.create_connection(("127.0.0.1", STATS), timeout=6) as connection:
            connection.sendall(f"GET {path} HTTP/1.0\r\n\r\n".encode())
            return b"".join(iter(lambda: connection.recv(65536), b"")).decode()

    found["metrics"] = "haproxy_server_status" in page("/metrics")
    found["statistics"] = "Statistics Report" in page("/")
    status = open(f"/proc/{haproxy.pid}/status", encoding="utf-8").read()
    found["root"] = "Uid:\t0\t" in status
    found["directory"] = os.readlink(f"/proc/{haproxy.pid}/root")
finally:
    haproxy.kill()
found["lines for connections"] = sum(b"Connect from" in line for line in haproxy.stdout)
print(json.dumps(found))
