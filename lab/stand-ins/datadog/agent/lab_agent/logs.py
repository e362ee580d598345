"""Follows the configured logs and sends their lines."""
import json
import os
import threading
import time

from .lines import Rules
from .sender import Sender
from .sources import FileSource, JournalSource

SOURCES = {"file": FileSource, "journald": JournalSource}
# Lines of one request.
BATCH = 500


def problems(agent, integrations):
    """What the configuration of the logs asks for that this program does not do."""
    configured = [log for integration in integrations for log in integration.logs]
    if configured and not agent.logs_enabled:
        yield "logs are configured, but logs_enabled is false"
    for log in configured:
        if log.get("type") not in SOURCES:
            yield f"logs: the lab's agent has no type {log.get('type')}"
        yield from Rules(rules_of(agent, log)).problems


def rules_of(agent, log):
    return agent.log_rules + (log.get("log_processing_rules") or [])


class Logs:
    """All log sources of one agent. Where reading stopped is kept in a file, so that a restart loses and repeats nothing."""

    def __init__(self, agent, integrations, report, state):
        self._agent = agent
        self._report = report
        self._file = os.path.join(state, "registry.json")
        self._stop = threading.Event()
        self._sender = Sender(agent.api_key)
        positions = self._positions()
        followed = [log for integration in integrations for log in integration.logs if agent.logs_enabled and log.get("type") in SOURCES]
        self._sources = [(log, Rules(rules_of(agent, log)), SOURCES[log["type"]](log, positions)) for log in followed]

    def send_until(self, stop):
        while not stop.is_set() and not self._stop.is_set():
            self.send()
            stop.wait(self._agent.log_pause_seconds)

    def send(self):
        """Sends what has been written since the last time."""
        records = [record for source in self._sources for record in self._records(*source)]
        for start in range(0, len(records), BATCH):
            self._sender.send(f"{self._agent.logs_url}/api/v2/logs", records[start : start + BATCH])
        positions = {key: value for _, _, source in self._sources for key, value in source.positions().items()}
        with open(self._file + ".new", "w", encoding="utf-8") as file:
            json.dump(positions, file)
        os.replace(self._file + ".new", self._file)

    def report_sources(self):
        """Says for each source whether it can be read, as service check lab.agent.log_source."""
        for _, _, source in self._sources:
            for path, status, message in source.states():
                self._report.service_check("lab.agent.log_source", status, [f"path:{path}"], message)

    def stop(self):
        self._stop.set()
        for _, _, source in self._sources:
            source.stop()

    def _records(self, log, rules, source):
        tags = log.get("tags") or []
        for message, service in rules.apply(source.read()):
            yield {
                "message": message,
                "timestamp": int(time.time() * 1000),
                "hostname": self._agent.hostname,
                "service": log.get("service") or service,
                "ddsource": log.get("source") or "",
                "ddtags": ",".join(tags if isinstance(tags, list) else [tags]),
            }

    def _positions(self):
        try:
            with open(self._file, encoding="utf-8") as file:
                return json.load(file)
        except (OSError, ValueError):
            return {}
