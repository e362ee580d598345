"""Measures the free space on data volumes and finds members that can replace a member with a full volume."""

import os

from report import ONLINE

# Minimum free space of a member that can replace a full member. If this member had less free space, its volume would soon be full like the primary's volume.
ENOUGH_MIB = 512


def room_mib(directory):
    """Returns how many MiB MySQL can still write in `directory`, without the space reserved for root. Returns -1 if unknown."""
    try:
        facts = os.statvfs(directory)
    except OSError:
        return -1
    return facts.f_bavail * facts.f_frsize >> 20


def able(reports):
    """
    Returns the names of members that can replace a member with a full volume. If a member with an older release does not report its free
    space, this function assumes that the member has enough.
    """
    return [
        name
        for name, report in reports.items()
        if report and report.state == ONLINE and report.majority and not 0 <= report.roomMib < ENOUGH_MIB
    ]


def is_spared(reports):
    """
    Returns True if the members with enough free space are a majority of all members. A full member should then stay outside the group, so
    that no commit waits for it.
    """
    return 2 * len(able(reports)) > len(reports)
