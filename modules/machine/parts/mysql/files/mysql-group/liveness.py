"""Detects members that are unreachable for too long, and measures how long the daemon has been waiting. Also
notifies systemd's watchdog."""

import contextlib
import os
import socket
import time

# Seconds after which mysql-group intervenes if an unreachable member is still in the group. MySQL suspects a silent
# member after 5 s and usually expels it 1 to 2 s later.
OVERDUE_SECONDS = 3


class Unreachable:
    """Tracks unreachable members that are still in the group."""

    def __init__(self, clock=time.monotonic):
        self._clock, self._due_at = clock, {}

    def due(self, addresses):
        """Returns the addresses that have been unreachable for OVERDUE_SECONDS, and repeats each address every
        OVERDUE_SECONDS. `addresses`: all currently unreachable members."""
        now = self._clock()
        self._due_at = {address: self._due_at.get(address, now + OVERDUE_SECONDS) for address in addresses}
        due = [address for address, at in self._due_at.items() if at <= now]
        self._due_at.update({address: now + OVERDUE_SECONDS for address in due})
        return due


class Reason:
    """Measures how long the text of the reason for waiting has not changed."""

    def __init__(self, clock=time.monotonic):
        self._clock, self._text, self._since = clock, None, 0.0

    def seconds(self, text):
        """Returns the seconds since the text of the reason for waiting changed."""
        if text != self._text:
            self._text, self._since = text, self._clock()
        return self._clock() - self._since


def tell_systemd():
    """Notifies systemd's watchdog. If no notification arrives within WatchdogSec, systemd restarts the unit."""
    address = os.environ.get("NOTIFY_SOCKET")
    # Ignores errors, because the observer sends four notifications per second. Notifications are lost while systemd
    # re-executes itself.
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        if address:
            systemd.sendto(b"WATCHDOG=1", address)
