"""
Starts two HAProxy processes in separate networks. Reports where the write port of the first one leads while its server cannot reach the
primary.

Arguments: file with HAProxy's configuration; addresses of the first server, of the second server and of the primary. Prints the results as
JSON.
"""

import json
import os
import subprocess
import sys
import threading
import time

import members

latest = {}
configuration, cut_off, between, primary = sys.argv[1:]
# Program that connects repeatedly and prints the client address that the database has seen. An empty line means that the connection failed.
ASK = """
import socket, time
while True:
    try:
        with socket.create_connection(("127.0.0.1", 6446), 1) as connection:
            connection.settimeout(1)
            who = connection.recv(100).decode()
    except OSError:
        who = ""
    print(who, flush=True)
    time.sleep(0.05)
"""
is_primary = True


class Database(members.Database):
    """Emulates a database that sends the client's address."""

    def text(self):
        return self.client_address[0]


def run(*command, inside=None):
    enter = ["nsenter", "--target", str(inside.pid), "--net"] if inside else []
    return subprocess.run([*enter, *command], check=True, capture_output=True, text=True).stdout


def network(address):
    """Creates a network with one address. The main network routes packets to this address."""
    holder = subprocess.Popen(["unshare", "--net", "sleep", "600"])
    time.sleep(0.3)
    name = f"to{holder.pid}"
    run("ip", "link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", str(holder.pid))
    run("ip", "link", "set", name, "up")
    run("ip", "route", "add", address, "dev", name)
    for words in ("link set lo up", "link set eth0 up", f"address add {address}/32 dev eth0", f"route add {primary} dev eth0"):
        run("ip", *words.split(), inside=holder)
    run("ip", "route", "add", "default", "via", primary, inside=holder)
    return holder


def keep_asking(place):
    """Starts a thread that records where the write port leads, until the end of the program."""
    asking = subprocess.Popen(
        ["nsenter", "--target", str(place.pid), "--net", "python3", "-c", ASK], stdout=subprocess.PIPE, text=True
    )

    def note():
        for line in asking.stdout:
            latest[place] = line.strip()

    threading.Thread(target=note, daemon=True).start()
    return asking


def asked(place):
    return latest.get(place)


def seconds_until(happens, limit=30):
    start = time.monotonic()
    while not happens() and time.monotonic() - start < limit:
        time.sleep(0.02)
    return round(time.monotonic() - start, 1)


run("ip", "link", "set", "lo", "up")
run("ip", "address", "add", f"{primary}/32", "dev", "lo")
with open("/proc/sys/net/ipv4/ip_forward", "w") as forward:
    forward.write("1")
members.start(primary, lambda _: "primary" if is_primary else "none", Database)

places = {address: network(address) for address in (cut_off, between)}
proxies = [
    subprocess.Popen(
        ["nsenter", "--target", str(place.pid), "--net", "haproxy", "-db", "-f", configuration],
        env={**os.environ, "OWN_ADDRESS": address},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    for address, place in places.items()
]
askers = [keep_asking(place) for place in places.values()]
found = {}
try:
    mine, other = places[cut_off], places[between]
    seconds_until(lambda: asked(mine) == cut_off and asked(other) == between)
    time.sleep(3)
    found["direct"] = [asked(mine), asked(other)]

    # From here on, no packet of the first server reaches the primary.
    run("nft", "add table ip cut; add chain ip cut input { type filter hook input priority 0; }")
    run("nft", f"add rule ip cut input ip saddr {cut_off} ip daddr {primary} drop")
    found["relayed after"] = seconds_until(lambda: asked(mine) == between)
    found["relayed"] = asked(mine)

    # The primary loses its role. HAProxy then connects to no database, and the two HAProxy processes do not connect to each other in a
    # loop.
    is_primary = False
    found["no primary after"] = seconds_until(lambda: asked(mine) == asked(other) == "")
    time.sleep(2)
    found["without primary"] = [asked(mine), asked(other)]
    is_primary = True
    found["relayed again after"] = seconds_until(lambda: asked(mine) == between)

    run("nft", "delete table ip cut")
    found["direct again after"] = seconds_until(lambda: asked(mine) == cut_off)
finally:
    for process in [*askers, *proxies, *places.values()]:
        process.kill()
print(json.dumps(found))
