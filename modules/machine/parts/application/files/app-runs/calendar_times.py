"""Times of a calendar expression, as systemd itself reads it: all servers must mean the same time, whenever their timers fire."""

import os
import re
import subprocess
import time

TIME = re.compile(r"^(?:Next elapse|Iter[a-z.]*[ ]#[0-9]+): [A-Z][a-z]+ (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)(?:\.\d+)? UTC$")
# So many at a time: where the expression names a zone, systemd starts a process for each.
AT_ONCE = 60


def latest(expression, now=None):
    """The last time that has come, in UTC; None when there was none for a week."""
    now = time.time() if now is None else now
    for window in (60, 3600, 86_400, 7 * 86_400):
        past = list(_between(expression, text(now - window - 1), text(now)))
        if past:
            return past[-1]
    return None


def text(seconds):
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(seconds))


def _between(expression, after, until):
    """Those that come later than the one moment, and no later than the other."""
    while found := times(expression, after, AT_ONCE):
        for one in found:
            if one > until:
                return
            yield one
        after = found[-1]


def times(expression, after, most):
    environment = {**os.environ, "TZ": "UTC", "LC_ALL": "C"}
    command = ["systemd-analyze", "calendar", f"--base-time={after} UTC", f"--iterations={most}", expression]
    output = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    return [found[1] for line in output.splitlines() if (found := TIME.search(line.strip()))]
