"""The agent's loop."""
import os
import signal
import sys
import threading
import time

from . import VERSION, checks, integrations, logs, processes, settings
from .report import OK, WARNING, Report
from .sender import Sender

CONFIGURATION = "/etc/datadog-agent"
STATE = "/opt/datadog-agent/run"


def main(arguments):
    """`agent run -p PIDFILE` runs until SIGTERM; `agent configcheck` lists what is wrong with the configuration."""
    configuration = os.environ.get("LAB_AGENT_CONFIGURATION", CONFIGURATION)
    if arguments[:1] == ["configcheck"]:
        _, _, problems = configured(configuration)
        print("\n".join(problems) or "no problems")
        return 1 if problems else 0
    if arguments[:1] != ["run"]:
        print("LAB STAND-IN: only `agent run` and `agent configcheck` are there", file=sys.stderr)
        return 2
    if arguments[1:2] == ["-p"]:
        with open(arguments[2], "w", encoding="utf-8") as file:
            file.write(str(os.getpid()))
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    interval = float(os.environ.get("LAB_AGENT_INTERVAL", checks.INTERVAL))
    return run(configuration, os.environ.get("LAB_AGENT_STATE", STATE), stop, interval)


def configured(configuration):
    """Settings, integrations, and what this program finds wrong with them."""
    agent = settings.load(configuration)
    found, problems = integrations.load(configuration)
    return agent, found, [*agent.problems, *problems, *checks.problems(found), *logs.problems(agent, found)]


def run(configuration, state, stop, interval):
    agent, found, problems = configured(configuration)
    if not agent.api_key:
        print("no API key configured, exiting", file=sys.stderr)
        return 1
    print(f"LAB STAND-IN for the Datadog agent: {agent.hostname}, {[integration.name for integration in found]}", flush=True)
    report, sender = Report(agent.hostname), Sender(agent.api_key)
    schedule = checks.Schedule(found)
    followed = logs.Logs(agent, found, report, state)
    threading.Thread(target=followed.send_until, args=(stop,), daemon=True).start()
    due = time.monotonic()
    while not stop.is_set():
        report_configuration(report, problems)
        schedule.run(report, interval)
        followed.report_sources()
        report.gauge("datadog.agent.running", 1, [f"version:{VERSION}"])
        report.service_check("datadog.agent.up", OK)
        send(sender, agent, report)
        due += interval
        stop.wait(max(0, due - time.monotonic()))
    followed.stop()
    return 0


def report_configuration(report, problems):
    """The vendor's agent says nothing of a setting it does not know; the lab does, so that tests see it."""
    status = WARNING if problems else OK
    report.service_check("lab.agent.configuration", status, message="; ".join(problems))


def send(sender, agent, report):
    metadata = {"internalHostname": agent.hostname, "agentVersion": VERSION, "host-tags": {"system": agent.tags}}
    sender.send(f"{agent.metrics_url}/intake/", metadata)
    if agent.collect_processes:
        body = {"host": agent.hostname, "timestamp": time.time(), "processes": processes.running()}
        sender.send(f"{agent.process_url}/api/v1/collector", body)
    series, service_checks = report.drain()
    sender.send(f"{agent.metrics_url}/api/v2/series", series)
    sender.send(f"{agent.metrics_url}/api/v1/check_run", service_checks)


