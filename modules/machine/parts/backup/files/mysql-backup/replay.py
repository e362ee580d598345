"""Selects the transactions that a restore applies to reach the chosen time. All functions are pure: they use
neither the bucket nor MySQL.
Every member logs all transactions, so the members vote about each transaction. A stream is the sequence of
transactions in the log of one member. A transaction is applied if most voting members logged it with the same
content. A member votes against a transaction if its log lacks the transaction, or has another transaction
with the same GTID. If a member's log ends earlier, or has a gap at the position of the transaction, the
member does not vote. Therefore the transactions of the last seconds are applied even if only one member
uploaded them.
A transaction is applied only from a connected stream. A stream is connected if it contains an already
executed transaction. The restored data then contain all transactions that the member logged before, so no
transaction is missing in between.
"""

import bisect
import calendar
import collections
import re
import time
from typing import NamedTuple

from gtid import describe, parse, subtract

# Tolerance for commit times in microseconds. If a member has logged a transaction, its log contains no later
# transaction whose commit time is earlier by more than SLACK.
SLACK = 60_000_000
# Seconds after its last upload during which a branch counts as running. A running group uploads a heartbeat every 30 s.
LIVE_SECONDS = 900
ALL = 2**63


class Incomplete(Exception):
    """Signals that the archive lacks the requested data, or that members contradict each other."""


class Start(NamedTuple):
    """Marks the start of a binary log, or the continuation of a log after a missing segment."""

    log: str
    # GTIDs that the member had logged before this binary log. None after a missing segment.
    previous: dict


class Change(NamedTuple):
    """A transaction in the binary log of a member."""

    source: str
    number: int
    # Commit time in microseconds since 1970, from the clock of the primary that committed the transaction.
    committed: int
    digest: str
    log: str
    # Events of the transaction, which a restore applies. This module passes the events on unread.
    content: object = None
    # Time at which the bucket received the transaction, in microseconds since 1970.
    uploaded: int = ALL

    @property
    def gtid(self):
        return self.source, self.number

    def __str__(self):
        return f"{self.source}:{self.number}"


class Executed:
    """A mutable set of GTIDs. Adding a single GTID is efficient."""

    def __init__(self, gtids):
        self._sets = {source: [list(interval) for interval in intervals] for source, intervals in gtids.items()}

    def has(self, source, number):
        intervals = self._sets.get(source, ())
        at = bisect.bisect_right(intervals, number, key=lambda interval: interval[0]) - 1
        return at >= 0 and number <= intervals[at][1]

    def add(self, source, number):
        if self.has(source, number):
            return
        intervals = self._sets.setdefault(source, [])
        at = bisect.bisect_right(intervals, number, key=lambda interval: interval[0])
        if at and intervals[at - 1][1] == number - 1:
            intervals[at - 1][1] = number
            if at < len(intervals) and intervals[at][0] == number + 1:
                intervals[at - 1][1] = intervals.pop(at)[1]
        elif at < len(intervals) and intervals[at][0] == number + 1:
            intervals[at][0] = number
        else:
            intervals.insert(at, [number, number])

    def gtids(self):
        return {source: [tuple(interval) for interval in intervals] for source, intervals in self._sets.items()}

    def lacks(self, gtids):
        return subtract(gtids, self.gtids())


def moment_of(at):
    """Converts a time such as 2026-11-25T17:00:00Z to microseconds since 1970. The time may have a fraction of a
    second. Returns None for "latest" and "before GTID"."""
    if at == "latest" or at.startswith("before "):
        return None
    whole, _, fraction = at.removesuffix("Z").partition(".")
    return calendar.timegm(time.strptime(whole, "%Y-%m-%dT%H:%M:%S")) * 1_000_000 + int(fraction.ljust(6, "0")[:6] or 0)


def text_of(microseconds):
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(microseconds // 1_000_000))}.{microseconds % 1_000_000:06}Z"


class Wanted:
    """The requested end of a restore: a time or a transaction. @raises ValueError if `at` is invalid"""

    def __init__(self, at):
        self.at, self.moment, self.gtid = at, moment_of(at), None
        if at.startswith("before "):
            if not re.fullmatch(r"before [0-9a-f-]{36}:\d+", at):
                raise ValueError(f"not a time: {at}; write a time in ISO 8601, latest, or before GTID")
            source, _, number = at.removeprefix("before ").partition(":")
            self.gtid = source, int(number)

    def ends_at(self, change):
        return change.gtid == self.gtid or self.moment is not None and change.committed > self.moment


class _Stream:
    def __init__(self, member, items):
        self.member, self._items = member, iter(items)
        self.ahead = collections.deque()
        self.connected = self.ended = False
        # Latest commit time of all transactions that have been read from this stream.
        self.seen = 0

    def peek(self, at=0):
        """Returns the item that is `at` positions ahead in the stream without consuming it. Returns None at the
        end of the stream."""
        while len(self.ahead) <= at:
            item = next(self._items, None)
            if item is None:
                return None
            if isinstance(item, Change):
                self.seen = max(self.seen, item.committed)
            self.ahead.append(item)
        return self.ahead[at]

    def change(self):
        """Returns the next transaction of the stream without consuming it. Skips markers of log starts."""
        at = 0
        while isinstance(item := self.peek(at), Start):
            at += 1
        return item

    def opinion(self, change):
        """
        Returns this member's commit time and digest of the transaction. Returns "" if the member lacks the transaction, and None if the
        member's logs do not show whether it has the transaction.
        """
        at = 0
        while (item := self.peek(at)) is not None:
            if isinstance(item, Start):
                if item.previous is None or _contains(item.previous, change):
                    return None
            elif item.gtid == change.gtid:
                return f"{item.committed} {item.digest}"
            elif item.committed > change.committed + SLACK:
                return "" if self.connected else None
            at += 1
        return None


def _contains(gtids, change):
    return any(first <= change.number <= last for first, last in gtids.get(change.source, ()))


class Merge:
    """Iterates over the transactions that a restore applies, in order. `streams`: {member: items}. `executed`:
    GTIDs in the base backup. `sources`: UUIDs of the sources whose transactions are applied, in addition to
    the sources in `executed`. A transaction with any other UUID is applied only if most members have it.
    `newest`: time of the newest commit in the base backup, in microseconds since 1970. The attribute `notes`
    lists the excluded data with reasons."""

    def __init__(self, streams, executed, wanted, sources, newest=0):
        self._streams = [_Stream(member, items) for member, items in sorted(streams.items())]
        self._wanted, self._sources = wanted, {*sources, *executed}
        self.executed = Executed(executed)
        self.notes, self.reached, self.last, self.applied = [], False, newest, 0
        self._errant = set()
        # Latest commit time among the first transactions after the end of the restore.
        self._ends = 0
        # Commit time of the transaction that was applied last, and latest commit time of all applied transactions.
        self._applied_at = self._applied_most = 0
        # For each member: True if the commit time of its first transaction after the end of the restore is later than
        # the upload. In this case, the primary's clock was ahead.
        self._clock_ahead = {}

    def __iter__(self):
        """Yields the transactions to apply. @raises Incomplete if a transaction is missing, or if members contradict each other"""
        while True:
            streams = len(self._streams)
            # The first stream in this order is the stream with the earliest next transaction.
            ready = sorted((stream for stream in self._streams if self._advance(stream)), key=lambda stream: stream.ahead[0].committed)
            change = next((change for stream in ready if not stream.ended and (change := self._decided(stream)) is not None), None)
            if change is not None:
                self.last, self.applied = max(self.last, change.committed), self.applied + 1
                self._applied_at, self._applied_most = change.committed, max(self._applied_most, change.committed)
                self.executed.add(*change.gtid)
                yield change
            elif len(self._streams) == streams and not self._unstick():
                return

    def require_reached(self):
        """Checks that the restore reached the requested end.
        @raises Incomplete if the archive ends before the requested time, because later data may be lost
        @raises Incomplete if the primary's clock was wrong, because the requested time is then ambiguous
        """
        if self._wanted.moment and (self._applied_at < self._applied_most - SLACK or self._clock_ahead and all(self._clock_ahead.values())):
            raise Incomplete(
                f"the clock of the primary was wrong, so {self._wanted.at} is ambiguous: the data at the end of this restore are of"
                f" {text_of(self._applied_at)}; use \"before GTID\", a time before the clock changed, or \"latest\""
            )
        if self.reached or self._wanted.at == "latest":
            return
        if self._wanted.gtid:
            raise Incomplete(f"no transaction {self._wanted.at.removeprefix('before ')} after the base backup; the archive ends at {self.until()}")
        if self.last < self._wanted.moment:
            raise Incomplete(f"the archive ends at {self.until()}; write that time, or \"latest\"")

    def until(self):
        return text_of(self.last) if self.last else "the base backup"

    def is_past_end(self):
        """Returns True if the logs continue after the requested time."""
        return self.reached or self._wanted.moment is not None and self.last >= self._wanted.moment

    def _advance(self, stream):
        """Skips items that need no decision, such as executed transactions. Returns True if the next item is a
        transaction."""
        while not stream.ended:
            item = stream.peek()
            if item is None:
                stream.ended = True
            elif isinstance(item, Start):
                if not self._passes(stream, item):
                    return False
                stream.ahead.popleft()
            elif self.executed.has(*item.gtid):
                stream.connected = True
                stream.ahead.popleft()
            elif not self._counts(item.source) and not self._is_shared(stream, item):
                stream.ahead.popleft()
            elif self._wanted.ends_at(item):
                stream.ended = True
                if stream.connected:
                    self.reached, self._ends = True, max(self._ends, item.committed)
                    self._clock_ahead[stream.member] = item.committed > item.uploaded + SLACK
            else:
                return True
        return False

    def _passes(self, stream, start):
        if start.previous is None:
            stream.connected = False
            return True
        before = self._counted(start.previous)
        if self.executed.lacks(before):
            return False
        stream.connected = bool(before)
        return True

    def _counted(self, gtids):
        return {source: intervals for source, intervals in gtids.items() if self._counts(source)}

    def _counts(self, source):
        """Returns True if transactions of this source are always applied. `source` is a UUID or UUID:TAG."""
        return source.partition(":")[0] in self._sources

    def _is_shared(self, stream, item):
        """Returns True if most members have this transaction of another source, for example of an import. A
        transaction of fewer members is errant and is excluded."""
        if (stream.member, item.source) in self._errant:
            return False
        opinions = [opinion for one in self._streams if (opinion := one.opinion(item)) is not None]
        if 2 * sum(map(bool, opinions)) > max(len(opinions), min(len(self._streams), 2)):
            self._sources.add(item.source)
            return True
        self._errant.add((stream.member, item.source))
        self.notes.append(f"{item.log} has transactions of {item.source}, not of the group, excluded from {item} on")
        return False

    def _decided(self, stream):
        """Returns the stream's next transaction if the restore can apply it now, otherwise None. If the result
        is None, a member may have been excluded. @raises Incomplete if the votes are tied"""
        change = stream.ahead[0]
        votes = {}
        for one in self._streams:
            if (opinion := one.opinion(change)) is not None:
                votes.setdefault(opinion, []).append(one)
        lacking = votes.pop("", [])
        best = max(votes.values(), key=len)
        others = [one for group in votes.values() if group is not best for one in group]
        if len(best) <= len(others) + len(lacking) and (others or lacking):
            if len(lacking) <= len(best) + len(others):
                raise Incomplete(self._tie(change, best, [*others, *lacking]))
            others, best = [*best, *others], []
        for one in others:
            self._exclude(one, f"{change} in its logs differs from the other members' transaction" if best else f"{change} is only in its logs")
        return next((one.ahead[0] for one in best if one.connected and one.peek() and one.ahead[0][:2] == change.gtid), None)

    def _tie(self, change, one, other):
        return (
            f"{', '.join(s.member for s in one)} and {', '.join(s.member for s in other)} contradict each other about transaction {change},"
            f" committed at {text_of(change.committed)}: exclude one of them with --exclude-server {one[0].member} or --exclude-server {other[0].member}"
        )

    def _exclude(self, stream, why):
        self.notes.append(f"{stream.member} is excluded from {(stream.change() or Start('its end', {})).log} on: {why}")
        stream.ended = True
        self._streams.remove(stream)

    def _unstick(self):
        """Excludes a member if only this member has certain transactions. Call this function only if every
        stream has ended or waits for transactions that no stream has. Returns True if the restore can
        continue. @raises Incomplete if transactions are missing"""
        stuck = [stream for stream in self._streams if not stream.ended and stream.change() is not None and not (self.reached and self._is_beyond(stream))]
        if not stuck:
            return False
        claimed = min(stuck, key=lambda stream: stream.change().committed)
        time = claimed.change().committed
        # Connected members whose logs continue until `time` but lack the missing transactions.
        against = [stream for stream in self._streams if stream.ended and stream.connected and stream.seen >= time]
        if len(stuck) < len(against):
            self._exclude(claimed, "it claims earlier transactions that the others do not have")
            return True
        missing = self._missing(claimed)
        if len(stuck) == len(against):
            raise Incomplete(
                f"{claimed.member} and {against[0].member} contradict each other about {missing}:"
                f" exclude one of them with --exclude-server {claimed.member} or --exclude-server {against[0].member}"
            )
        raise Incomplete(
            f"transactions are missing ({missing}), but later ones exist, from {text_of(time)} on;"
            f" data can be restored up to {self.until()}"
        )

    def _is_beyond(self, stream):
        """Returns True if all remaining items of the stream are after the end of the restore."""
        start = stream.peek()
        known = isinstance(start, Start) and start.previous or {}
        if self._wanted.gtid is None:
            return self._wanted.ends_at(stream.change())
        return stream.change().committed > self._ends or _contains(known, Change(*self._wanted.gtid, 0, "", ""))

    def _missing(self, stream):
        item = stream.peek()
        lacking = self.executed.lacks(self._counted(item.previous)) if isinstance(item, Start) else {}
        return describe(lacking) or f"before {stream.change()} in {stream.change().log}"


class Branch(NamedTuple):
    """A branch of the group's history, derived from the members' descriptions and upload times. All times are in
    microseconds since 1970."""

    id: str
    parent: str
    # GTIDs that were executed on the member that created the branch when it created the branch.
    forked: dict
    begun: int
    # Time of each member's last upload to this branch.
    writers: dict

    @property
    def last(self):
        return max(self.writers.values(), default=self.begun)


def chain(branches, at, wanted=None):
    """Returns the branch that a restore follows, and its ancestors, as [(branch, GTIDs)]. GTIDs are the
    transactions that the restore may apply from this branch; None means all. The order starts with the oldest
    branch. `branches`: {id: Branch}. @raises Incomplete if several branches are possible"""
    if wanted and wanted not in branches:
        raise Incomplete(f"no branch {wanted}; there are {', '.join(sorted(branches)) or 'none'}")
    found, limit = [(branches[wanted] if wanted else _current(branches, at), None)], None
    while (branch := found[0][0]).parent in branches and branch.parent not in {one.id for one, _ in found}:
        limit = branch.forked if limit is None else both(limit, branch.forked)
        found.insert(0, (branches[branch.parent], limit))
    return found


def both(one, other):
    """Returns the intersection of two GTID sets."""
    return subtract(one, subtract(one, other))


def _current(branches, at):
    moment = moment_of(at) or ALL
    begun = [branch for branch in branches.values() if branch.begun <= moment]
    if not begun:
        raise Incomplete(f"this timeline has no data from before {at}")
    until = min(moment, max(branch.last for branch in begun)) - LIVE_SECONDS * 1_000_000

    def writers(branch):
        return [member for member, last in branch.writers.items() if last >= until]

    def replaces(branch, ancestor):
        """Returns True if `branch` replaces its ancestor, because no member writes to the ancestor any more or
        because the branch has at least as many writers."""
        return _descends(branches, branch, ancestor) and (ancestor.last <= branch.begun + 2 * SLACK or len(writers(branch)) >= len(writers(ancestor)))

    live = [branch for branch in begun if branch.last >= until]
    live = sorted((branch for branch in live if not any(replaces(one, branch) for one in live)), key=lambda branch: -len(writers(branch)))
    first, *more = live
    rival = next((branch for branch in more if len(writers(branch)) == len(writers(first)) or _descends(branches, branch, first)), None)
    if rival:
        words = [f"{branch.id}, begun {text_of(branch.begun)}, by {', '.join(sorted(writers(branch))) or 'no member'}" for branch in (first, rival)]
        raise Incomplete(f"two branches are being written: {words[0]}; {words[1]}; choose one: --branch {first.id} or --branch {rival.id}")
    return first


def _descends(branches, branch, ancestor):
    seen = set()
    while branch and branch.id not in seen:
        seen.add(branch.id)
        branch = branches.get(branch.parent)
        if branch and branch.id == ancestor.id:
            return True
    return False


def is_usable(manifest, wanted, line):
    """Returns True if a restore can start from the base backup with this manifest. The base backup must belong
    to one of the branches in `line` and must not contain a transaction after the end of the restore."""
    limits = {branch.id: limit for branch, limit in line}
    most = parse(manifest["gtids"]["atMost"])
    if manifest["branch"] not in limits or limits[manifest["branch"]] is not None and subtract(most, limits[manifest["branch"]]):
        return False
    if wanted.gtid:
        return not _contains(most, Change(*wanted.gtid, 0, "", ""))
    return wanted.moment is None or manifest["newestCommit"] <= wanted.moment
