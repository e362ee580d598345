"""Probes addresses as several users in parallel and prints the outcome of each probe.

Input:  {"users": ["root", ...], "targets": [{"address": ..., "protocol": "tcp" | "udp" | "icmp", "port": ..., "fromPort": ...}, ...], "seconds": 3}
Output: {"root": ["open" | "closed" | "prohibited" | "silent", ...], ...}   in the order of the targets

open: a response arrived. closed: the port rejected the connection.
prohibited: this machine refused to send. silent: no response arrived in time.
"""

import errno
import json
import os
import pwd
import select
import socket
import sys
import time

REPEAT_SECONDS = 1
PROHIBITED = {errno.EACCES, errno.EPERM, errno.EHOSTUNREACH, errno.ENETUNREACH}


def payload(target):
    if target["protocol"] == "icmp":
        kind = 128 if ":" in target["address"] else 8
        return bytes([kind]) + bytes(7) + b"probe"
    if target["port"] == 123:
        # This payload is an NTP client request, version 4.
        return b"\x23" + bytes(47)
    # This payload is a DNS query for the address of "probe". Name servers answer the query. The lab's other services answer any payload.
    return b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x05probe\x00\x00\x01\x00\x01"


def begin(target):
    family = socket.AF_INET6 if ":" in target["address"] else socket.AF_INET
    if target["protocol"] == "tcp":
        sock = socket.socket(family, socket.SOCK_STREAM)
    elif target["protocol"] == "udp":
        sock = socket.socket(family, socket.SOCK_DGRAM)
    else:
        protocol = socket.IPPROTO_ICMPV6 if family == socket.AF_INET6 else socket.IPPROTO_ICMP
        sock = socket.socket(family, socket.SOCK_DGRAM, protocol)
    sock.setblocking(False)
    if "fromPort" in target:
        sock.bind(("", target["fromPort"]))
    code = sock.connect_ex((target["address"], target.get("port") or 0))
    if target["protocol"] != "tcp":
        sock.send(payload(target))
    elif code not in (0, errno.EINPROGRESS):
        raise OSError(code, os.strerror(code))
    return sock


def outcome_of(code):
    if code == errno.ECONNREFUSED:
        return "closed"
    if code in PROHIBITED:
        return "prohibited"
    if code == errno.ETIMEDOUT:
        return "silent"
    # Any other error means that the probe program failed, for example because of too many open files.
    raise OSError(code, os.strerror(code))


def finish(sock, target):
    code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if code == 0 and target["protocol"] != "tcp":
        try:
            sock.recv(2048)
        except OSError as error:
            code = error.errno
    return "open" if code == 0 else outcome_of(code)


def probe(targets, seconds):
    outcomes = ["silent"] * len(targets)
    waiting = {}
    poll = select.poll()
    for index, target in enumerate(targets):
        try:
            sock = begin(target)
        except OSError as error:
            outcomes[index] = outcome_of(error.errno)
            continue
        waiting[sock.fileno()] = (index, sock)
        poll.register(sock, select.POLLOUT if target["protocol"] == "tcp" else select.POLLIN)

    def settle(number, outcome):
        index, sock = waiting.pop(number)
        poll.unregister(number)
        outcomes[index] = outcome(sock, targets[index])
        sock.close()

    # Datagrams may be lost on a busy machine, so the probe repeats datagrams. TCP retransmits lost packets without help.
    end = time.monotonic() + seconds
    repeat = time.monotonic() + REPEAT_SECONDS
    while waiting and time.monotonic() < end:
        for number, _ in poll.poll(max(0, min(end, repeat) - time.monotonic()) * 1000):
            settle(number, finish)
        if time.monotonic() >= repeat:
            repeat += REPEAT_SECONDS
            for number, (index, sock) in list(waiting.items()):
                if targets[index]["protocol"] != "tcp":
                    try:
                        sock.send(payload(targets[index]))
                    except OSError as error:
                        settle(number, lambda *_: outcome_of(error.errno))
    return outcomes


def probe_as(user, order):
    """Runs the probes in a separate process as the given user."""
    reader, writer = os.pipe()
    if os.fork() == 0:
        entry = pwd.getpwnam(user)
        os.setgroups([])
        os.setgid(entry.pw_gid)
        os.setuid(entry.pw_uid)
        with os.fdopen(writer, "w") as pipe:
            try:
                json.dump(probe(order["targets"], order["seconds"]), pipe)
            except BaseException as problem:
                print(f"probe as {user}: {problem}", file=sys.stderr)
                os._exit(1)
        os._exit(0)
    os.close(writer)
    return os.fdopen(reader)


# This setting allows all groups to send echo requests, so that only the firewall can reject them.
with open("/proc/sys/net/ipv4/ping_group_range", "w") as setting:
    setting.write("0 2147483647")
order = json.load(sys.stdin)
pipes = {user: probe_as(user, order) for user in order["users"]}
json.dump({user: json.load(pipe) for user, pipe in pipes.items()}, sys.stdout)
