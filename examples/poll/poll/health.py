"""
May the balancer use this server? A failover is no reason to leave: requests wait for the new primary, and all servers would leave together.
Only both sides silent for half a minute are: then this server alone has lost its way, or there is nothing to lose.
"""

import threading
import time

SILENT_SECONDS = 30
PROBE_PAUSE_SECONDS = 2


class Health:
    def __init__(self, database, now=time.monotonic):
        self._database = database
        self._now = now

    def start(self):
        """Probes both sides regularly, so that health is known without traffic and without waiting."""
        threading.Thread(target=self._watch, daemon=True, name="health").start()

    def alive(self):
        """@return why this server should not be used, or None"""
        answers = [side.last_answer for side in (self._database.write_side, self._database.read_side)]
        known = [at for at in answers if at is not None]
        if not known:
            return "the database was not reached yet"
        silent = int(self._now() - max(known))
        return f"the database has not answered for {silent} s" if silent >= SILENT_SECONDS else None

    def ready(self):
        """@return the current problems, by side"""
        return {side: reason for side, reason in self._database.probe().items() if reason}

    def _watch(self):
        while True:
            self._database.probe()
            time.sleep(PROBE_PAUSE_SECONDS)
