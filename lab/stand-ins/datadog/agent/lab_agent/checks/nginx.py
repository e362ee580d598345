"""nginx: stub_status."""
import re
import urllib.parse
import urllib.request

from ..report import CRITICAL, OK
from .options import address_tags, tags_of

ADDRESS = "nginx_status_url"
OPTIONS = {ADDRESS, "timeout"}


def check(instance, report):
    address = urllib.parse.urlsplit(instance[ADDRESS])
    tags = tags_of(instance)
    where = [*address_tags("nginx", instance, address.hostname), f"port:{address.port or 80}"]
    try:
        with urllib.request.urlopen(instance[ADDRESS], timeout=instance.get("timeout", 10)) as answer:
            page = answer.read().decode()
    except OSError as error:
        report.service_check("nginx.can_connect", CRITICAL, where + tags, str(error))
        raise
    report.service_check("nginx.can_connect", OK, where + tags)
    connections, accepted, handled, requests, reading, writing, waiting = parse(page)
    report.gauge("nginx.net.connections", connections, tags)
    report.rate("nginx.net.conn_opened_per_s", accepted, tags)
    report.rate("nginx.net.conn_dropped_per_s", accepted - handled, tags)
    report.rate("nginx.net.request_per_s", requests, tags)
    report.gauge("nginx.net.reading", reading, tags)
    report.gauge("nginx.net.writing", writing, tags)
    report.gauge("nginx.net.waiting", waiting, tags)


def parse(page):
    """The seven numbers of a stub_status page, in its order."""
    numbers = [int(number) for number in re.findall(r"\d+", page)]
    if not page.startswith("Active connections:") or len(numbers) != 7:
        raise ValueError(f"not a stub_status page: {page[:80]!r}")
    return numbers
