"""Detects members that are unreachable for too long, and waits that last too long. Also notifies systemd's watchdog."""

import contextlib
import os
import socket
import time

# Seconds after which mysql-group acts if an unreachable member is still in the group. MySQL suspects a silent member after 5 s, and usually
# expels it 1 to 2 s later.
OVERDUE_SECONDS = 3


class Unreachable:
    """Tracks unreachable members that are still in the group."""

    def __init__(self, clock=time.monotonic):
        self._clock, self._due_at = clock, {}

    def due(self, addresses):
        """
        Returns the addresses that have been unreachable for OVERDUE_SECONDS. Returns an address again after each further OVERDUE_SECONDS.
        `addresses`: all members that are unreachable now.
        """
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
    """Notifies systemd's watchdog. If no notification arrives within WatchdogSec, systemd restarts the unit."""
    address = os.environ.get("NOTIFY_SOCKET")
    # The observer sends four notifications a second, so a lost notification is harmless. Notifications are lost while systemd re-executes
    # itself.
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        if address:
            systemd.sendto(b"WATCHDOG=1", address)
