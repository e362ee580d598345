"""
Tells what is missing until nginx shows the certificate on standard input; its file and that with the number of
nginx's master are the arguments. nginx reads the file when it reloads, and
then begins new workers; a reload that fails leaves the old ones. Asking nginx itself is no way: nobody on this server may connect to it.
"""

import os
import pathlib
import sys
import time

path = pathlib.Path(sys.argv[1])
master = pathlib.Path(sys.argv[2]).read_text().strip()
# The clock of processes counts in hundredths of a second.
TOLERANCE_SECONDS = 0.05


def serving_since():
    """When the workers began that take connections, in seconds since the kernel did."""
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            fields = (process / "stat").read_text().rpartition(") ")[2].split()
            if fields[1] == master and b"shutting down" not in (process / "cmdline").read_bytes():
                yield int(fields[19]) / os.sysconf("SC_CLK_TCK")
        except OSError:
            pass  # it has ended meanwhile


now = float(pathlib.Path("/proc/uptime").read_text().split()[0])
written = now - (time.time() - path.stat().st_mtime)
since = list(serving_since())
if path.read_text() != sys.stdin.read():
    print("its file holds another certificate")
elif not since or min(since) < written - TOLERANCE_SECONDS:
    print("nginx has not taken up the certificate; read: journalctl -u nginx")
