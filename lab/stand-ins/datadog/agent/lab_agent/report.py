"""What checks report, until it is sent."""
import threading
import time

OK, WARNING, CRITICAL, UNKNOWN = range(4)
COUNT, RATE, GAUGE = 1, 2, 3


class Report:
    """Collects metrics and service checks of one host; safe to use from several threads."""

    def __init__(self, host, now=time.time):
        self.host = host
        self._now = now
        self._lock = threading.Lock()
        self._previous = {}
        self._series = []
        self._checks = []

    def gauge(self, name, value, tags=()):
        self._add(name, GAUGE, float(value), tags)

    def rate(self, name, value, tags=()):
        """Change per second of a counter since it was last reported; nothing the first time, and nothing when it went back to 0."""
        change, seconds = self._change(name, float(value), tags)
        if change is not None and change >= 0 and seconds > 0:
            self._add(name, GAUGE, change / seconds, tags)

    def monotonic_count(self, name, value, tags=()):
        change, _ = self._change(name, float(value), tags)
        if change is not None and change >= 0:
            self._add(name, COUNT, change, tags)

    def service_check(self, name, status, tags=(), message=""):
        check = {"check": name, "host_name": self.host, "timestamp": self._now(), "status": status}
        with self._lock:
            self._checks.append({**check, "message": message, "tags": list(tags)})

    def drain(self):
        """Returns what was collected, as the intake takes it, and forgets it."""
        with self._lock:
            series, self._series = self._series, []
            checks, self._checks = self._checks, []
        return {"series": series}, checks

    def _change(self, name, value, tags):
        now, key = self._now(), (name, tuple(sorted(tags)))
        with self._lock:
            previous = self._previous.get(key)
            self._previous[key] = (value, now)
        return (value - previous[0], now - previous[1]) if previous else (None, 0)

    def _add(self, name, kind, value, tags):
        entry = {
            "metric": name,
            "type": kind,
            "points": [{"timestamp": self._now(), "value": value}],
            "resources": [{"name": self.host, "type": "host"}],
            "tags": list(tags),
        }
        with self._lock:
            self._series.append(entry)
