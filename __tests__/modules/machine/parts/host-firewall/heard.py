"""
Loads firewall rules in this network. Then connects to a member in another network while the member's packets arrive, stop and arrive again.

Arguments: file with the rules; address of this network; the member's address. Prints the result and the seconds of each connection as JSON.
"""

import json
import socket
import subprocess
import sys
import time

rules, own, member = sys.argv[1:]
GROUP, ROLE = 33061, 8008
LISTEN = f"""
import socket, time
sockets = [socket.create_server(("{member}", port)) for port in ({GROUP}, {ROLE})]
print("ready", flush=True)
time.sleep(60)
"""


def run(*command):
    subprocess.run(command, check=True)


def connected(port):
    start = time.monotonic()
    try:
        socket.create_connection((member, port), 1).close()
        result = "connected"
    except ConnectionRefusedError:
        result = "rejected"
    except TimeoutError:
        result = "timed out"
    return [result, time.monotonic() - start]


# The kernel sends rejections of local connections through loopback.
run("ip", "link", "set", "lo", "up")
holder = subprocess.Popen(["unshare", "--net", "sleep", "60"])
time.sleep(0.5)
inside = ["nsenter", "--target", str(holder.pid), "--net"]
run("ip", "link", "add", "here", "type", "veth", "peer", "name", "there", "netns", str(holder.pid))
for prefix, device, address in (([], "here", own), (inside, "there", member)):
    run(*prefix, "ip", "address", "add", f"{address}/24", "dev", device)
    run(*prefix, "ip", "link", "set", device, "up")
run("nft", "-f", rules)
listening = subprocess.Popen([*inside, "python3", "-c", LISTEN], stdout=subprocess.PIPE)
listening.stdout.readline()
try:
    found = {"never heard": connected(GROUP), "role": connected(ROLE), "heard": connected(GROUP)}
    run(*inside, "nft", "add table ip cut; add chain ip cut output { type filter hook output priority 0; policy drop; }")
    found["just silent"] = connected(GROUP)
    time.sleep(3)
    found["silent"] = connected(GROUP)
    run(*inside, "nft", "delete table ip cut")
    found["role again"] = connected(ROLE)
    found["heard again"] = connected(GROUP)
finally:
    listening.kill()
    holder.kill()
print(json.dumps(found))
