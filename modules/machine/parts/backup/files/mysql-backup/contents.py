"""Lists the objects of a timeline that a restore may use, and reads each member's binary logs as a stream of
transactions. A timeline is the archive of one replication group."""

import collections
import concurrent.futures
import itertools
import json
import struct
from typing import NamedTuple

import binlog
import listing
from bucket import Away, Refused
from gtid import branch_source, describe, parse, subtract, union
from names import log_name, read_segment
from replay import ALL, Branch, Change, Executed, Incomplete, Start, both, is_usable, moment_of
from sealing import unseal

# Maximum number of segments, and of bytes, that are downloaded in advance for each member.
AT_A_TIME, AHEAD_BYTES = 16, 64 << 20
FORMAT = 2


class Events(NamedTuple):
    """Bytes of a transaction. MySQL decodes these bytes with the format description of a log. The format
    description of any log is suitable, because all members run the same version of MySQL."""

    own: bytes
    others: list
    bytes: memoryview

    @property
    def format(self):
        return self.own or next(iter(self.others), None)


def name_of(log):
    return f"{log.member}/{log.number:06}-{log.id}"


class Contents:
    """Contents of a timeline. The constructor reads only the names of objects and the descriptions of branches.
    A branch is a part of the group's history."""

    def __init__(self, bucket, timeline, choice, say):
        self._bucket, self._timeline, self._say = bucket, timeline, say
        before = moment_of(choice.uploadedBefore) if choice.uploadedBefore else None
        counts = (lambda item: moment_of(item.time) < before) if before else lambda item: True
        members = [member for member in listing.members(bucket, timeline) if member not in choice.excludeServers]
        self._logs = {member: listing.segments(bucket, timeline, member, counts) for member in members}
        for logs in self._logs.values():
            for log in [log for log in logs if name_of(log) in choice.excludeLogs]:
                del logs[log]
        self._backups = [pair for member in members for pair in listing.manifests(bucket, timeline, member) if counts(pair[1])]
        self.branches = self._branches([(member, *pair) for member in members for pair in listing.branches(bucket, timeline, member) if counts(pair[1])])
        self._headers, self._unreadable = [], []
        self._pool = concurrent.futures.ThreadPoolExecutor(AT_A_TIME)
        self.notes = []

    def close(self):
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _note(self, text):
        self.notes.append(text)
        self._say(f"skipped: {text}")

    def _branches(self, described):
        """Returns all branches with their descriptions. If members disagree about a branch, uses the description
        of most members. A branch may have no description."""
        claims, first, writers = {}, {}, {}
        for member, id, item in described:
            try:
                told = json.loads(self._bucket.get(item.key))
                claim = told.get("parent"), told["forked"], f"{told['begun'].replace(' ', 'T')}Z"
                parse(claim[1]), moment_of(claim[2])
            except (Refused, ValueError, KeyError, TypeError, AttributeError):
                continue
            # Each member has one vote, even if the member uploaded several descriptions.
            claims.setdefault(id, {})[member] = claim
            first[id] = min(first.get(id, ALL), moment_of(item.time))
        for member, logs in self._logs.items():
            for log, items in logs.items():
                # Compares times as text, because text is faster to compare. An archive of two years contains a hundred
                # thousand times.
                times = [item.time for _, item in items]
                first[log.branch] = min(moment_of(min(times)), first.get(log.branch, ALL))
                of_branch = writers.setdefault(log.branch, {})
                of_branch[member] = max(moment_of(max(times)), of_branch.get(member, 0))
        found = {}
        for id, seen in first.items():
            (parent, forked, begun), _ = collections.Counter(claims[id].values()).most_common(1)[0] if id in claims else ((None, "", None), 0)
            found[id] = Branch(id, parent, parse(forked), min(seen, moment_of(begun)) if begun else seen, writers.get(id, {}))
        return found

    def bases(self, wanted, line):
        """Yields (backup, manifest) of each usable base backup. The order starts with the latest upload."""
        for backup, _ in sorted(self._backups, key=lambda pair: (pair[1].time, pair[0].time), reverse=True):
            try:
                manifest = json.loads(self._bucket.get(backup.key))
                if manifest["format"] == FORMAT and is_usable(manifest, wanted, line):
                    yield backup, manifest
            except Away:
                raise
            except (Refused, ValueError, KeyError, TypeError, AttributeError) as problem:
                self._note(f"base backup {backup.member} {backup.time}: {problem}")

    def streams(self, line, executed, identity):
        """Returns a stream of transactions for each member. The stream begins with the first transaction after
        the base backup."""
        return {member: self._stream(self._in_order(logs, line, executed), line[-1][0].id, executed, identity) for member, logs in self._logs.items()}

    def _in_order(self, logs, line, executed):
        """Returns [(log, segments, limit)] of the binary logs that may contain transactions after the base
        backup."""
        place = {branch.id: index for index, (branch, _) in enumerate(line)}
        # If the branch changes within a log, the member uploads the whole log again under the new branch. The segments
        # under both branches are read as one log.
        found = {}
        for log in sorted((log for log in logs if log.branch in place), key=lambda log: place[log.branch]):
            _, items = found.get((log.number, log.id), (None, []))
            found[log.number, log.id] = log, [*items, *logs[log]]
        needed = [(log, items) for log, items in found.values() if self._has_more(items, executed)]
        # Orders the logs by the upload time of their first segment, because log numbers start again at 1 after a clone.
        needed.sort(key=lambda pair: (place[pair[0].branch], self._begun(*pair), pair[0].number))
        return [(log, items, line[place[log.branch]][1]) for log, items in needed]

    def _has_more(self, items, executed):
        named = [interval for segment, _ in items for interval in segment.gtids]
        return bool(subtract(union({self._timeline: named}), executed)) or not named

    def _begun(self, log, items):
        return min(item.time for item in (*(item for _, item in items), *itertools.islice(self._tail(log), 1)))

    def _stream(self, logs, branch, executed, identity):
        counted, begins = Executed(executed), branch_source(branch)
        for log, items, limit in logs:
            allowed = limit and Executed(limit)
            try:
                for item in self._parsed(log, items, identity):
                    if isinstance(item, Start):
                        yield item if allowed is None or item.previous is None else Start(item.log, both(item.previous, limit))
                        continue
                    if item.source == begins:
                        # A transaction with the source `begins` starts the branch that the restore follows. The rest of
                        # the log belongs to this branch, so the restore may apply all later transactions in the log.
                        allowed = None
                    if allowed is None or allowed.has(*item.gtid) or counted.has(*item.gtid):
                        yield item
            except (ValueError, struct.error, IndexError) as problem:
                self._note(f"the rest of {name_of(log)}: {problem}")

    def _parsed(self, log, items, identity):
        end, header, name, times = 0, None, name_of(log), {item.key: item.time for _, item in items}
        for segment, content in self._pieces([segment for segment, _ in items], identity):
            start, stop = segment.start, segment.end
            if stop <= end:
                continue
            if start > end:
                yield Start(name, None)
            data = content if start == 0 and end == 0 else binlog.MAGIC + content[max(0, end - start) :]
            uploaded = moment_of(times[segment.key]) if segment.key in times else ALL
            if start == 0 and end == 0:
                yield Start(name, binlog.previous(data))
                _, begin, after = next(binlog.events(data))
                header = data[begin:after]
                self._headers.append(header)
            view, end = memoryview(data), stop
            for source, number, committed, begin, after, digest in binlog.transactions(data):
                yield Change(source, number, committed, digest, name, Events(header, self._headers, view[begin:after]), uploaded)

    def _pieces(self, segments, identity):
        """Yields each readable segment of a binary log in order, with its content. If a segment under `log` is
        damaged, yields the segments under `tail` instead."""
        for segment, content in self._ahead(_cover(segments), identity):
            if content is not None:
                yield segment, content
                continue
            others = {*segments, *(read_segment(self._timeline, item.key) for item in (self._tail(segment.log) if segment.closed else ()))} - {segment, None}
            inside = sorted((one for one in others if one.start < segment.end and one.end > segment.start and not one.closed), key=lambda one: one.start)
            yield from (pair for pair in self._ahead(inside, identity) if pair[1] is not None)

    def _tail(self, log):
        """Returns the objects of a binary log under `tail`."""
        return self._bucket.list(f"{self._timeline}/{log.member}/tail/{log.branch}/{log_name(log)}/")

    def _ahead(self, segments, identity):
        """
        Yields each segment with its content, or with None if the segment is unreadable. Downloads the next segments in advance, within the
        memory limit.
        """
        waiting, bytes = collections.deque(), 0
        left = collections.deque(segments)
        while left or waiting:
            while left and (not waiting or len(waiting) < AT_A_TIME and bytes + left[0].end - left[0].start <= AHEAD_BYTES):
                segment = left.popleft()
                bytes += segment.end - segment.start
                waiting.append((segment, self._pool.submit(self._content, segment, identity)))
            segment, content = waiting.popleft()
            yield segment, content.result()
            bytes -= segment.end - segment.start

    def _content(self, segment, identity):
        try:
            return unseal(self._bucket.get(segment.key), identity)
        except Away:
            raise
        except (Refused, ValueError) as problem:
            self._note(f"{segment.key}: {problem}")
            self._unreadable.append(segment)
            return None

    def require_end(self, line, executed, until):
        """Checks that no transaction is missing at the end of the logs. In the middle of a log, later
        transactions show that an earlier transaction is missing. At the end of a log, only the names of
        unreadable objects show that a transaction is missing. An unreadable object is ignored if two other
        members uploaded later objects without its transactions.
        @raises Incomplete if a transaction is missing
        """
        limits = {branch.id: limit for branch, limit in line}
        for segment in self._unreadable:
            log, named = segment.log, {self._timeline: list(segment.gtids)}
            missing = subtract(both(named, limits[log.branch]) if limits[log.branch] else named, executed)
            if missing and sum(self._lacks(member, segment, missing) for member in self._logs if member != log.member) < 2:
                raise Incomplete(
                    f"transactions are missing ({describe(missing)}), because {segment.key} is unreadable, and no other member has them;"
                    f" data can be restored up to {until}"
                )

    def _lacks(self, member, segment, missing):
        """Returns True if a member uploaded objects after this segment, but none with the missing transactions."""
        times = {item.key: item.time for items in self._logs[segment.log.member].values() for _, item in items}
        items = [pair for items in self._logs[member].values() for pair in items]
        named = union({self._timeline: [interval for one, _ in items for interval in one.gtids]})
        return any(item.time > times.get(segment.key, "") for _, item in items) and not both(missing, named)


def _cover(segments):
    """Returns the smallest number of segments that together cover the log."""
    end, found = 0, []
    left = collections.deque(sorted(segments, key=lambda one: (one.start, -one.end)))
    while left:
        reachable = []
        while left and (left[0].start <= end or not reachable):
            reachable.append(left.popleft())
        best = max(reachable, key=lambda one: one.end)
        if best.end > end:
            found.append(best)
            end = best.end
    return found

