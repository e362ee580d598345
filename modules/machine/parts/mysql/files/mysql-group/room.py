"""Free space on the data volumes, and which members can replace a member with a full volume."""

import os

from report import ONLINE

# A member with less free space would soon be full too.
ENOUGH_MIB = 512


def room_mib(directory):
    """MiB that MySQL can still write in `directory`, without the space reserved for root; -1 if unknown."""
    try:
        facts = os.statvfs(directory)
    except OSError:
        return -1
    return facts.f_bavail * facts.f_frsize >> 20


def able(reports):
    """
    Names of the members that can replace a full one. A member of an older release does not report its free space and is assumed to have
    enough.
    """
    return [
        name
        for name, report in reports.items()
        if report and report.state == ONLINE and report.majority and not 0 <= report.roomMib < ENOUGH_MIB
    ]


def is_spared(reports):
    """Whether these members are a majority of all members: a full member should then stay outside the group, where nothing waits for it."""
    return 2 * len(able(reports)) > len(reports)
