"""Room on the data volumes, and who can do the work of a member that has none."""

import os

from report import ONLINE

# With less it would soon be full too.
ENOUGH_MIB = 512


def room_mib(directory):
    """MiB that MySQL can still write there, without what the file system keeps for root; -1 when that cannot be known."""
    try:
        facts = os.statvfs(directory)
    except OSError:
        return -1
    return facts.f_bavail * facts.f_frsize >> 20


def able(reports):
    """Names of the members that can do the work of a full one. One of an older release does not tell its room, and is believed to have it."""
    return [
        name
        for name, report in reports.items()
        if report and report.state == ONLINE and report.majority and not 0 <= report.roomMib < ENOUGH_MIB
    ]


def is_spared(reports):
    """Whether those are a majority of all members: then one without room is better out of the group, where nothing waits for it."""
    return 2 * len(able(reports)) > len(reports)
