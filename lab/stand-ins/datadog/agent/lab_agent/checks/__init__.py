"""The checks: each a function of one configured instance and the report."""
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


def run_all(integrations, report):
    """Runs every instance once. How each ended is service check datadog.agent.check_status, as with the vendor's agent."""
    run("host", lambda: host.check(report), report)
    configured = [(integration.name, instance) for integration in integrations for instance in integration.instances]
    names = {integration.name for integration in integrations}
    for name, instance in configured + [(name, instance) for name, instance in DEFAULTS.items() if name not in names]:
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
