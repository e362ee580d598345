"""The checks: each a function of one configured instance and the report."""
import math
import time
import traceback

from ..report import CRITICAL, OK
from . import directory, disk, host, http_check, mysql, nginx, ntp, tls
from .options import COMMON

CHECKS = {
    "directory": directory,
    "disk": disk,
    "http_check": http_check,
    "mysql": mysql,
    "nginx": nginx,
    "ntp": ntp,
    "tls": tls,
}
# What the vendor's agent runs without being asked, unless the configuration has an integration of the name.
DEFAULTS = {"disk": {}, "ntp": {}}


# Seconds between two runs of an instance that does not say: the vendor's default.
INTERVAL = 15


def problems(integrations):
    """What the configuration asks for that this program does not do: it might be misspelt."""
    for integration in integrations:
        for instance in integration.instances:
            if integration.name not in CHECKS:
                yield f"{integration.name}: the lab's agent has no such check"
                continue
            for option in sorted(set(instance) - CHECKS[integration.name].OPTIONS - COMMON):
                yield f"{integration.name}: {option} is not known to the lab's agent"


class Schedule:
    """Runs each configured instance when it is due. How each run ended is service check datadog.agent.check_status, as with the vendor's agent."""

    def __init__(self, integrations, now=time.monotonic):
        configured = [(integration.name, instance) for integration in integrations for instance in integration.instances]
        names = {integration.name for integration in integrations}
        configured += [(name, instance) for name, instance in DEFAULTS.items() if name not in names]
        self._jobs = [[name, instance, -math.inf] for name, instance in configured if name in CHECKS]
        self._now = now

    def run(self, report, interval=INTERVAL):
        """Runs what is due, and the host's own metrics. `interval` is the pause that this is called in."""
        run("host", lambda: host.check(report), report)
        for job in self._jobs:
            name, instance, last = job
            pause = float(instance.get("min_collection_interval") or interval)
            # half an interval early is nearer than half an interval late
            if self._now() - last >= pause - interval / 2:
                job[2] = self._now()
                run(name, lambda: CHECKS[name].check(instance, report), report)


def run(name, check, report):
    try:
        check()
        status(report, name, OK, "")
    except Exception as error:  # pylint: disable=broad-except # whatever goes wrong in a check is that check's result
        traceback.print_exc()
        status(report, name, CRITICAL, f"{type(error).__name__}: {error}")


def status(report, name, value, message):
    report.service_check("datadog.agent.check_status", value, [f"check:{name}"], message)
