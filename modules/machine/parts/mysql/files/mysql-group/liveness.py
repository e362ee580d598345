"""Detects conditions that last too long."""

import contextlib
import os
import socket
import time

# MySQL suspects a silent member after 5 s and usually expels it 1 to 2 s later. If a suspected member is still in the group after
# OVERDUE_SECONDS, mysql-group must act.
OVERDUE_SECONDS = 3


class Unreachable:
    """Tracks unreachable members that are still in the group."""

    def __init__(self, clock=time.monotonic):
        self._clock, self._due_at = clock, {}

    def due(self, addresses):
        """Returns the addresses that callers have passed for OVERDUE_SECONDS. Returns them again after each further OVERDUE_SECONDS."""
        now = self._clock()
        self._due_at = {address: self._due_at.get(address, now + OVERDUE_SECONDS) for address in addresses}
        due = [address for address, at in self._due_at.items() if at <= now]
        self._due_at.update({address: now + OVERDUE_SECONDS for address in due})
        return due


class Reason:
    """Measures for how long the reason for waiting has been the same text."""

    def __init__(self, clock=time.monotonic):
        self._clock, self._text, self._since = clock, None, 0.0

    def seconds(self, text):
        """Returns for how many seconds the reason for waiting has been the same text."""
        if text != self._text:
            self._text, self._since = text, self._clock()
        return self._clock() - self._since


def tell_systemd():
    """Notifies systemd's watchdog, which restarts the unit if no notification arrives within WatchdogSec."""
    address = os.environ.get("NOTIFY_SOCKET")
    # A lost notification is harmless, because the observer sends four notifications a second. systemd loses them while it re-executes
    # itself.
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        if address:
            systemd.sendto(b"WATCHDOG=1", address)
