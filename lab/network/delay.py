"""
Delays packets between locations. The fabric routes these packets into a TUN device. This program returns each packet after the delay of the
packet's pair of addresses.

Usage: delay.py SETTINGS.json (see DelaySettings in locations.ts)
"""

import collections
import contextlib
import fcntl
import json
import os
import select
import socket
import struct
import subprocess
import sys
import time

TUNSETIFF = 0x400454CA
IFF_TUN_WITHOUT_HEADER = 0x1001
# Maximum number of packets to read before due packets are sent. A larger number would delay due packets on a busy link.
BATCH = 64


def open_device(name, mtu, table):
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH", name.encode(), IFF_TUN_WITHOUT_HEADER))
    # rp_filter is off because packets return through the device with source addresses of other interfaces. IPv6 is off so that the kernel
    # sends no packets of its own.
    reverse_path = ["net.ipv4.conf.all.rp_filter=0", f"net.ipv4.conf.{name}.rp_filter=0"]
    subprocess.run(["sysctl", "-qw", *reverse_path, f"net.ipv6.conf.{name}.disable_ipv6=1"], check=True)
    subprocess.run(["ip", "link", "set", name, "mtu", str(mtu), "txqueuelen", "5000", "up"], check=True)
    subprocess.run(["ip", "route", "replace", "default", "dev", name, "table", str(table)], check=True)
    return device


def read_batch(device):
    for _ in range(BATCH):
        try:
            yield os.read(device, 65536)
        except BlockingIOError:
            return


def main():
    with open(sys.argv[1], encoding="utf8") as file:
        settings = json.load(file)
    pair = lambda hop: socket.inet_aton(hop["from"]) + socket.inet_aton(hop["to"])
    # Each delay has a separate queue, so the first packet of a queue is always due first and packets keep their order.
    queues = {hop["milliseconds"]: collections.deque() for hop in settings["hops"]}
    ways = {pair(hop): (hop["milliseconds"] / 1000, queues[hop["milliseconds"]]) for hop in settings["hops"]}
    device = open_device(settings["device"], settings["mtu"], settings["table"])
    # Without real-time scheduling, a busy host increases the delay. The host's control group may forbid real-time scheduling.
    with contextlib.suppress(PermissionError):
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    while True:
        due = min((queue[0][0] for queue in queues.values() if queue), default=None)
        wait = None if due is None else max(0, due - time.monotonic())
        if select.select([device], [], [], wait)[0]:
            for packet in read_batch(device):
                seconds, queue = ways[packet[12:20]]
                queue.append((time.monotonic() + seconds, packet))
        now = time.monotonic()
        for queue in queues.values():
            while queue and queue[0][0] <= now:
                os.write(device, queue.popleft()[1])


main()
