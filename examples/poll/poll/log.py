"""Writes one JSON object per line to standard output, which the journal records and Datadog reads."""

import json
import logging
import sys
from datetime import datetime, timezone

BASE = {"service": "app"}


class JsonLines(logging.Formatter):
    def format(self, record):
        line = {
            "timestamp": datetime.fromtimestamp(record.created, timezone.utc).isoformat(timespec="milliseconds"),
            "level": {"WARNING": "warn", "CRITICAL": "error"}.get(record.levelname, record.levelname.lower()),
            "message": record.getMessage(),
            **BASE,
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            kind, error, _ = record.exc_info
            stack = self.formatException(record.exc_info)
            line["error"] = {"kind": kind.__name__, "message": str(error), "stack": stack}
        return json.dumps(line)


def set_up(**base):
    """All loggers of this process write such lines. @param base fields of every line, such as the version"""
    BASE.update(base)
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
