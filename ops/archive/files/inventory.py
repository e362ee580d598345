"""
Lists the content of the bucket from the names of its objects. No object is downloaded. The names are listed by prefix, one member at a time,
so that the list of an archive of years takes seconds and little memory.
"""

import sys

import listing
from gtid import describe, subtract, union
from names import is_complete, read_drill


def look(bucket, say=lambda text: print(text, file=sys.stderr)):
    """Returns {"timelines": […]}. The timeline with the latest upload comes first."""
    names = [prefix.rstrip("/") for prefix in bucket.folders("")]
    timelines = [found for name in names if (found := _timeline(bucket, name, say))]
    return {"timelines": sorted(timelines, key=lambda one: one["until"] or "", reverse=True)}


def _timeline(bucket, name, say):
    """Returns a timeline with times in ISO 8601, or None if it has no object of this format. Times come from the bucket's clock or from names."""
    members, bases, branches, logged = [], [], {}, {}
    oldest = []
    for member in listing.members(bucket, name):
        say(f"{name}: {member}")
        logs = listing.segments(bucket, name, member)
        backups = listing.manifests(bucket, name, member)
        for branch, item in listing.branches(bucket, name, member):
            branches[branch] = min(branches.get(branch, item.time), item.time)
        bases += [{"come": item.time, "member": member, "gtids": backup.gtids} for backup, item in backups]
        oldest += [item.time for _, item in backups] + [item.time for items in logs.values() for _, item in items]
        if logs:
            members.append(_member(member, logs))
            logged[member] = listing.gtids(name, logs)
    if not members and not bases:
        return None
    bases.sort(key=lambda base: base["come"])
    drills = [(*drill, item.key) for item in bucket.list(f"{name}/drill/") if (drill := read_drill(name, item.key))]
    return {
        "name": name,
        "oldest": min(oldest),
        "until": max((member["until"] for member in members), default=None),
        "bases": [{key: base[key] for key in ("come", "member")} for base in bases],
        "branches": [{"id": id, "come": come} for id, come in sorted(branches.items(), key=lambda pair: pair[1])],
        "members": members,
        "missing": _missing(name, bases, logged),
        "drills": [{"time": iso(time), "good": good, "key": key} for time, good, key in sorted(drills)],
    }


def _member(member, logs):
    complete = sum(is_complete([segment for segment, _ in items]) for items in logs.values())
    return {
        "server": member,
        "logs": len(logs),
        "complete": complete,
        "until": max(item.time for items in logs.values() for _, item in items),
        "bytes": sum(item.bytes for items in logs.values() for _, item in items),
    }


def _missing(timeline, bases, logged):
    """
    Returns the GTIDs that no member has uploaded although later GTIDs are in the archive. GTIDs before the oldest base backup are ignored,
    because their logs expire and the base backup contains their transactions.
    """
    if not bases or not logged:
        return ""
    covered = union({timeline: list(bases[0]["gtids"])}, *logged.values())
    known = union(covered, *({timeline: list(base["gtids"])} for base in bases))
    return describe(subtract(known, covered))


def iso(stamp):
    """Converts a time such as 20261125T021700Z to 2026-11-25T02:17:00Z."""
    return f"{stamp[:4]}-{stamp[4:6]}-{stamp[6:8]}T{stamp[9:11]}:{stamp[11:13]}:{stamp[13:]}"
