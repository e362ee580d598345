"""
Checks that nginx uses the certificate on standard input. Arguments: file of the certificate, file with the process id of the nginx master.
nginx reads the certificate when it reloads and then starts new workers; after a failed reload the old workers stay. The firewall allows no
process of this server to connect to nginx, so the script compares the start time of the workers with the file.
"""

import os
import pathlib
import sys
import time

path = pathlib.Path(sys.argv[1])
master = pathlib.Path(sys.argv[2]).read_text().strip()
# The kernel records start times of processes in hundredths of a second.
TOLERANCE_SECONDS = 0.05


def serving_since():
    """Yields the start times of the workers that accept connections, in seconds since the kernel started."""
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
    print("the file contains another certificate")
elif not since or min(since) < written - TOLERANCE_SECONDS:
    print("nginx has not loaded the certificate; read: journalctl -u nginx")
