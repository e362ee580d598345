"""Uses systemd to compute the due times of a calendar expression. All servers compute the same due times, even
if their timers fire at different times."""

import os
import re
import subprocess
import time

TIME = re.compile(r"^(?:Next elapse|Iter[a-z.]*[ ]#[0-9]+): [A-Z][a-z]+ (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)(?:\.\d+)? UTC$")
# Number of due times that one call of systemd-analyze computes. If the expression has a time zone, systemd-analyze
# starts a process for each due time.
AT_ONCE = 60


def latest(expression, now=None):
    """Returns the last due time in UTC, or None if no time was due within the last week."""
    now = time.time() if now is None else now
    for window in (60, 3600, 86_400, 7 * 86_400):
        past = list(_between(expression, text(now - window - 1), text(now)))
        if past:
            return past[-1]
    return None


def text(seconds):
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(seconds))


def _between(expression, after, until):
    """Yields the due times that are later than `after` and not later than `until`."""
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
