"""Distance between this clock and time servers, by SNTP."""
import socket
import struct
import time

from ..report import OK, UNKNOWN
from .options import tags_of

OPTIONS = {"host", "hosts", "port", "timeout", "version"}
DEFAULT_HOSTS = [f"{number}.datadog.pool.ntp.org" for number in range(4)]
# Seconds between 1900, where NTP counts from, and 1970.
NTP_EPOCH = 2208988800


def check(instance, report):
    hosts = instance.get("hosts") or ([instance["host"]] if instance.get("host") else DEFAULT_HOSTS)
    offsets, errors = [], []
    for host in hosts:
        try:
            offsets.append(offset(host, int(instance.get("port", 123)), instance.get("timeout", 1)))
        except OSError as error:
            errors.append(f"{host}: {error}")
    if not offsets:
        report.service_check("ntp.in_sync", UNKNOWN, tags_of(instance), "; ".join(errors))
        raise OSError("; ".join(errors))
    report.gauge("ntp.offset", sorted(offsets)[len(offsets) // 2], tags_of(instance))
    report.service_check("ntp.in_sync", OK, tags_of(instance))


def offset(host, port, timeout):
    """Seconds that the server is ahead."""
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
    with socket.socket(family, kind, protocol) as conversation:
        conversation.settimeout(timeout)
        sent = time.time()
        conversation.sendto(b"\x23" + 47 * b"\0", address)
        answer = conversation.recv(48)
        received = time.time()
    if len(answer) < 48:
        raise OSError(f"answer of {len(answer)} bytes is not NTP")
    arrived, left = (seconds(answer, position) for position in (32, 40))
    return ((arrived - sent) + (left - received)) / 2


def seconds(answer, position):
    whole, part = struct.unpack_from("!II", answer, position)
    return whole - NTP_EPOCH + part / 2**32
