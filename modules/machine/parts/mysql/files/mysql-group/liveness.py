"""Detects conditions that last too long."""

import contextlib
import os
import socket
import time

# MySQL suspects a silent member after 5 s and expels it one or two seconds later. After that, mysql-group must act.
OVERDUE_SECONDS = 3


class Unreachable:
    """Unreachable members that are still in the group."""

    def __init__(self, clock=time.monotonic):
        self._clock, self._due_at = clock, {}

    def due(self, addresses):
        """The addresses that are due: OVERDUE_SECONDS after they were first passed here, and again after each further OVERDUE_SECONDS."""
        now = self._clock()
        self._due_at = {address: self._due_at.get(address, now + OVERDUE_SECONDS) for address in addresses}
        due = [address for address, at in self._due_at.items() if at <= now]
        self._due_at.update({address: now + OVERDUE_SECONDS for address in due})
        return due


class Reason:
    """The current reason for waiting, and its start."""

    def __init__(self, clock=time.monotonic):
        self._clock, self._text, self._since = clock, None, 0.0

    def seconds(self, text):
        """Seconds for which this text has been the reason without interruption."""
        if text != self._text:
            self._text, self._since = text, self._clock()
        return self._clock() - self._since


def tell_systemd():
    """Notifies systemd's watchdog, which restarts the unit if no notification arrives within WatchdogSec."""
    address = os.environ.get("NOTIFY_SOCKET")
    # Sent four times a second, so a missed one is harmless, such as while systemd re-executes itself.
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        if address:
            systemd.sendto(b"WATCHDOG=1", address)
