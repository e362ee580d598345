"""
What is in the bucket, by its names, in as few requests as possible: the segments of a current log are not listed once the log is complete.
Lists of two years take seconds, and memory for the names of one member.
"""

from names import is_complete, read_branch, read_manifest, read_segment


def members(bucket, timeline):
    """Names of all members that have ever written to this timeline."""
    return sorted(name for prefix in bucket.folders(f"{timeline}/") if (name := prefix.split("/")[-2]) != "drill")


def segments(bucket, timeline, member):
    """{log: its segments} of one member, each segment with its object in the bucket: {Log: [(Segment, Object)]}, in the order of names."""
    found = {}
    _add(found, timeline, bucket.list(f"{timeline}/{member}/log/"))
    for branch in list(bucket.folders(f"{timeline}/{member}/tail/")):
        # A log's directory has the same name below `tail` and below `log`.
        complete = {_directory(items[0][0].key) for items in found.values() if is_complete([segment for segment, _ in items])}
        for directory in list(bucket.folders(branch)):
            if tuple(directory.split("/")[-3:-1]) not in complete:
                _add(found, timeline, bucket.list(directory))
    return found


def manifests(bucket, timeline, member):
    """[(Backup, Object)] of one member's complete base backups."""
    return [(backup, item) for item in bucket.list(f"{timeline}/{member}/manifest/") if (backup := read_manifest(timeline, item.key))]


def branches(bucket, timeline, member):
    """[(BranchKey, Object)]: branches as one member describes them."""
    return [(branch, item) for item in bucket.list(f"{timeline}/{member}/branch/") if (branch := read_branch(timeline, item.key))]


def _add(found, timeline, items):
    for item in items:
        if segment := read_segment(timeline, item.key):
            found.setdefault(segment.log, []).append((segment, item))


def _directory(key):
    """(branch, log)"""
    return tuple(key.split("/")[-3:-1])
