"""Compares GTID sets without a MySQL server. A GTID set is a dict: {"source" or "source:tag": [(first, last), ...]}."""

import re

# Matches the GTIDs of one source: the UUID and its intervals. Each interval may have a tag.
ONE_SOURCE = re.compile("[0-9a-f-]+(:([a-z_][a-z0-9_]*:)?[0-9]+(-[0-9]+)?)+")


def branch_source(branch):
    """Returns the source UUID of the first transaction of a branch that an operator forced. No other transaction
    has this UUID."""
    return f"{branch[:8]}-{branch[8:12]}-{branch[12:]}-8000-000000000000"


def parse(text):
    """Parses the text of @@gtid_executed, including tags. @raises ValueError if the text is not a GTID set"""
    found = {}
    for part in text.lower().split(",") if text else ():
        if not ONE_SOURCE.fullmatch(part.strip()):
            raise ValueError(f"not a GTID set: {part}")
        source, *items = part.strip().split(":")
        key = source
        for item in items:
            if not item[0].isdigit():
                key = f"{source}:{item}"
                continue
            first, _, last = item.partition("-")
            found.setdefault(key, []).append((int(first), int(last or first)))
    return {key: _merge(intervals) for key, intervals in found.items()}


def union(*sets):
    keys = {key for one in sets for key in one}
    return {key: _merge([interval for one in sets for interval in one.get(key, [])]) for key in keys}


def subtract(one, other):
    """Returns the transactions of `one` that are not in `other`."""
    rest = {key: _cut(intervals, other.get(key, [])) for key, intervals in one.items()}
    return {key: intervals for key, intervals in rest.items() if intervals}


def describe(gtids):
    """Returns the text of a GTID set in MySQL's format."""
    def span(first, last):
        return str(first) if first == last else f"{first}-{last}"

    return ",".join(":".join([key, *(span(*i) for i in gtids[key])]) for key in sorted(gtids))


def _merge(intervals):
    merged = []
    for first, last in sorted(intervals):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return merged


def _cut(intervals, holes):
    rest = []
    for first, last in intervals:
        for start, end in holes:
            if end < first or start > last:
                continue
            if start > first:
                rest.append((first, start - 1))
            first = end + 1
        if first <= last:
            rest.append((first, last))
    return rest
