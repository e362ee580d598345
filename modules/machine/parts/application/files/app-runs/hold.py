"""Runs a command only while this process holds a claim."""

import os
import signal
import subprocess
import threading
import time

RENEW_SECONDS = 3
# Seconds without a renewal of the claim after which the command receives SIGTERM, and seconds after which it receives
# SIGKILL. Another server may get the claim 8 s after SIGKILL (LEASE in claims.py), because the servers' clocks may run
# at different rates. A failover takes only 7 to 8 s.
TERM_SECONDS = 15
KILL_SECONDS = 22


def now():
    # Unlike CLOCK_MONOTONIC, CLOCK_BOOTTIME also advances while the machine is suspended.
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class Stop:
    """Sets `event` when this process receives SIGTERM."""

    def __init__(self):
        self.event = threading.Event()
        signal.signal(signal.SIGTERM, lambda *_: self.event.set())


def run(claim, command, stop, begun, say):
    """Runs the command and renews the claim until the command ends. `begun`: time at which the claim was
    requested.
    @returns the exit status of the command, and True if this process held the claim until the end
    """
    process = subprocess.Popen(command, start_new_session=True)
    renewals = _Renewals(claim, begun)
    renewals.start()
    told = False
    while process.poll() is None:
        age = now() - renewals.last
        if not told and (stop.event.is_set() or renewals.lost or age > TERM_SECONDS):
            if not stop.event.is_set():
                say("error", f"{claim.name}: {'another server has the claim' if renewals.lost else 'the primary cannot be reached'}; stopping it here")
            _signal(process, signal.SIGTERM)
            told = True
        if age > KILL_SECONDS:
            _signal(process, signal.SIGKILL)
        time.sleep(0.2)
    renewals.ended.set()
    # Kills the whole process group, because the command may have left child processes.
    _signal(process, signal.SIGKILL)
    return process.returncode, not renewals.lost and now() - renewals.last < KILL_SECONDS


def _signal(process, which):
    try:
        os.killpg(process.pid, which)
    except ProcessLookupError:
        pass


class _Renewals(threading.Thread):
    def __init__(self, claim, begun):
        super().__init__(daemon=True)
        self.claim, self.last, self.lost, self.ended = claim, begun, False, threading.Event()

    def run(self):
        while not self.ended.wait(RENEW_SECONDS):
            before = now()
            try:
                if self.claim.renew():
                    self.last = before
                else:
                    self.lost = True
                    return
            except Exception:
                # The next iteration retries the renewal. If no renewal succeeds in time, the main thread stops the
                # command.
                continue
