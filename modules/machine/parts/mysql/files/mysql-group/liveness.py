"""When something has lasted too long."""

import contextlib
import os
import socket
import time

# A silent member is suspected after 5 s and let go of within another one or two; from then on something else must be done.
OVERDUE_SECONDS = 3


class Unreachable:
    """Members that cannot be reached and that the group holds all the same."""

    def __init__(self, clock=time.monotonic):
        self._clock, self._due_at = clock, {}

    def due(self, addresses):
        """Those of these for which it is time to do something: OVERDUE_SECONDS after they were first seen here, and again after as many."""
        now = self._clock()
        self._due_at = {address: self._due_at.get(address, now + OVERDUE_SECONDS) for address in addresses}
        due = [address for address, at in self._due_at.items() if at <= now]
        self._due_at.update({address: now + OVERDUE_SECONDS for address in due})
        return due


class Reason:
    """What is waited for, and since when."""

    def __init__(self, clock=time.monotonic):
        self._clock, self._text, self._since = clock, None, 0.0

    def seconds(self, text):
        """For how long this has been the reason, without a break."""
        if text != self._text:
            self._text, self._since = text, self._clock()
        return self._clock() - self._since


def tell_systemd():
    """Says that this process goes on. Systemd ends and starts anew what has not said so for the unit's WatchdogSec."""
    address = os.environ.get("NOTIFY_SOCKET")
    # It is said four times a second: one that is missed, as while systemd starts itself anew, is no harm.
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        if address:
            systemd.sendto(b"WATCHDOG=1", address)
