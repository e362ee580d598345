"""The checks: each a function of one configured instance and the report."""
import math
import time
import traceback

from ..report import CRITICAL, OK, WARNING
from . import directory, disk, host, http_check, mysql, nginx, ntp, tls

CHECKS = {
    "directory": directory.check,
    "disk": disk.check,
    "http_check": http_check.check,
    "mysql": mysql.check,
    "nginx": nginx.check,
    "ntp": ntp.check,
    "tls": tls.check,
}
# What the vendor's agent runs without being asked, unless the configuration has an integration of the name.
DEFAULTS = {"disk": {}, "ntp": {}}


# Seconds between two runs of an instance that does not say: the vendor's default.
INTERVAL = 15


class Schedule:
    """Runs each configured instance when it is due. How each run ended is service check datadog.agent.check_status, as with the vendor's agent."""

    def __init__(self, integrations, now=time.monotonic):
        configured = [(integration.name, instance) for integration in integrations for instance in integration.instances]
        names = {integration.name for integration in integrations}
        configured += [(name, instance) for name, instance in DEFAULTS.items() if name not in names]
        self._jobs = [[name, instance, -math.inf] for name, instance in configured]
        self._now = now

    def run(self, report, interval=INTERVAL):
        """Runs what is due, and the host's own metrics. `interval` is the pause that this is called in."""
        run("host", lambda: host.check(report), report)
        for job in self._jobs:
            name, instance, last = job
            pause = float(instance.get("min_collection_interval") or interval)
            # half an interval early is nearer than half an interval late
            if self._now() - last < pause - interval / 2:
                continue
            job[2] = self._now()
            if name in CHECKS:
                run(name, lambda: CHECKS[name](instance, report), report)
            else:
                status(report, name, WARNING, f"the lab's agent has no check {name}")


def run(name, check, report):
    try:
        check()
        status(report, name, OK, "")
    except Exception as error:  # pylint: disable=broad-except # whatever goes wrong in a check is that check's result
        traceback.print_exc()
        status(report, name, CRITICAL, f"{type(error).__name__}: {error}")


def status(report, name, value, message):
    report.service_check("datadog.agent.check_status", value, [f"check:{name}"], message)
