"""Lists the objects in the bucket by name with few requests. If a binary log is complete, its segments under
`tail` are not listed. Listing an archive of two years takes seconds. Only the names of one member are in
memory at a time."""

from gtid import describe, union
from names import is_complete, reached, read_branch, read_manifest, read_segment


def members(bucket, timeline):
    """Returns the names of all members that have ever uploaded to this timeline."""
    return sorted(name for prefix in bucket.folders(f"{timeline}/") if (name := prefix.split("/")[-2]) != "drill")


def segments(bucket, timeline, member, counts=lambda item: True):
    """Returns the segments of each binary log of one member, each segment with its object: {Log: [(Segment,
    Object)]}, in the order of names. `counts`: function that returns False for objects to ignore."""
    found = {}
    _add(found, timeline, filter(counts, bucket.list(f"{timeline}/{member}/log/")))
    for branch in list(bucket.folders(f"{timeline}/{member}/tail/")):
        # The folder of a log has the same name under `tail` and under `log`.
        complete = {_directory(items[0][0].key) for items in found.values() if is_complete([segment for segment, _ in items])}
        for directory in list(bucket.folders(branch)):
            if tuple(directory.split("/")[-3:-1]) not in complete:
                _add(found, timeline, filter(counts, bucket.list(directory)))
    return found


def manifests(bucket, timeline, member):
    """Returns [(Backup, Object)] of the complete base backups of one member."""
    return [(backup, item) for item in bucket.list(f"{timeline}/{member}/manifest/") if (backup := read_manifest(timeline, item.key))]


def branches(bucket, timeline, member):
    """Returns [(id, Object)] of the descriptions of branches that one member uploaded."""
    return [(branch, item) for item in bucket.list(f"{timeline}/{member}/branch/") if (branch := read_branch(timeline, item.key))]


def gtids(timeline, logs):
    """Returns the GTIDs in the listed binary logs. Ignores segments after the first missing segment of a log."""
    ends = {log: reached([segment for segment, _ in items]) for log, items in logs.items()}
    return union({timeline: [one for log, items in logs.items() for segment, _ in items if segment.end <= ends[log] for one in segment.gtids]})


def archived(bucket, timeline):
    """Returns the transactions in each member's uploaded logs, the time of its last upload, and its branch."""
    found = {}
    for member in members(bucket, timeline):
        logs = segments(bucket, timeline, member)
        if logs:
            newest = max(logs, key=lambda log: max(item.time for _, item in logs[log]))
            found[member] = {"gtids": describe(gtids(timeline, logs)), "until": max(item.time for _, item in logs[newest]), "branch": newest.branch}
    return found


def _add(found, timeline, items):
    for item in items:
        if segment := read_segment(timeline, item.key):
            found.setdefault(segment.log, []).append((segment, item))


def _directory(key):
    """Returns the branch and the binary log in an object's key as (branch, log)."""
    return tuple(key.split("/")[-3:-1])
