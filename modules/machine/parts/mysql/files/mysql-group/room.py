"""Measures the free space on data volumes and finds members that can replace a member with a full volume."""

import os

from report import ONLINE

# Minimum free space in MiB of a member that may replace a member with a full volume. With less space, the volume of the
# new primary would also be full soon.
ENOUGH_MIB = 512


def room_mib(directory):
    """Returns how many MiB MySQL can still write in `directory`, without the space that is reserved for root.
    Returns -1 if the free space is unknown."""
    try:
        facts = os.statvfs(directory)
    except OSError:
        return -1
    return facts.f_bavail * facts.f_frsize >> 20


def able(reports):
    """Returns the names of online members that can replace a member with a full volume. Members with older
    releases do not report their free space and count as able."""
    return [
        name
        for name, report in reports.items()
        if report and report.state == ONLINE and report.majority and not 0 <= report.roomMib < ENOUGH_MIB
    ]


def is_spared(reports):
    """Returns True if a majority of all members has enough free space. A member with a full volume should then
    remain outside the group, so that commits do not wait for this member."""
    return 2 * len(able(reports)) > len(reports)
