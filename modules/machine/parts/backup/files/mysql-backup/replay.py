"""Which logs of which members bring a base to a moment, as a pure decision."""

import calendar
import time
from typing import NamedTuple

import binlog
from gtid import describe, parse, subtract, union


class Log(NamedTuple):
    """What one member's log holds, as far as it is wanted."""

    server: str
    file: str
    # GTIDs of everything that the member had logged before it; None where that is not known, because what lies before is missing.
    previous: dict
    gtids: dict
    # Where it ends, in bytes: at the end of the last wanted transaction.
    end: int = 0
    # Time of its last transaction, wanted or not, in microseconds since 1970; whether one was not wanted any more.
    committed: int = 0
    stopped: bool = False


class Incomplete(Exception):
    """The archive does not hold what is asked for."""


def wanted_until(at):
    """A function that tells of a transaction whether it is still wanted. @raises ValueError for an `at` that is none"""
    if at == "latest":
        return lambda transaction: True
    if at.startswith("before "):
        ((source, ((number, _),)),) = parse(at.removeprefix("before ")).items()
        return lambda transaction: (transaction.source, transaction.number) != (source, number)
    moment = moment_of(at)
    return lambda transaction: transaction.committed <= moment


def moment_of(at):
    """Microseconds since 1970 of a time as 2026-11-25T17:00:00Z, or with a fraction of the second; None for another `at`."""
    if at == "latest" or at.startswith("before "):
        return None
    whole, _, fraction = at.removesuffix("Z").partition(".")
    return calendar.timegm(time.strptime(whole, "%Y-%m-%dT%H:%M:%S")) * 1_000_000 + int(fraction.ljust(6, "0")[:6] or 0)


def look(server, file, data, wanted, behind=False):
    """Reads a log, or what is there of one `behind` a hole."""
    intervals, end, committed, stopped = {}, len(binlog.MAGIC), 0, False
    for transaction in binlog.transactions(data):
        committed = max(committed, transaction.committed)
        if not wanted(transaction):
            stopped = True
            break
        _add(intervals.setdefault(transaction.source, []), transaction.number)
        end = transaction.end
    previous = None if behind else binlog.previous(data)
    return Log(server, file, previous, union(intervals), end, committed, stopped)


def _add(intervals, number):
    if intervals and intervals[-1][1] == number - 1:
        intervals[-1] = (intervals[-1][0], number)
    else:
        intervals.append((number, number))


def order(logs, executed):
    """
    The logs to apply, in order: each has all that came before it, from the base or from other members' logs.
    @returns them, and what is executed then
    @raises Incomplete when there are transactions that something is missing before
    """
    chosen = []
    while True:
        usable = [log for log in logs if log.previous is not None and not subtract(log.previous, executed) and subtract(log.gtids, executed)]
        if not usable:
            break
        best = max(usable, key=lambda log: _count(subtract(log.gtids, executed)))
        chosen.append(best)
        executed = union(executed, best.gtids)
    stranded = [log for log in logs if subtract(log.gtids, executed)]
    if stranded:
        missing = union(*(subtract(log.previous or {}, executed) for log in stranded))
        until = max((log.committed for log in chosen), default=None)
        raise Incomplete(
            f"transactions are missing ({describe(missing) or 'a part of ' + stranded[0].file}), and later ones are there;"
            f" what can be restored ends at {text_of(until) if until else 'the base'}"
        )
    return chosen, executed


def require_reached(logs, at):
    """@raises Incomplete when the archive ends before the moment that is asked for: what came then was lost, or never written"""
    if any(log.stopped for log in logs) or at == "latest":
        return
    last = max((log.committed for log in logs), default=0)
    if at.startswith("before "):
        raise Incomplete(f"no transaction {at.removeprefix('before ')} after the base; the archive ends at {text_of(last)}")
    # A heartbeat is written every half minute.
    if last < moment_of(at) - 60_000_000:
        raise Incomplete(f"the archive ends at {text_of(last)}; write that time, or \"latest\"")


def text_of(microseconds):
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(microseconds // 1_000_000))}.{microseconds % 1_000_000:06}Z"


def _count(gtids):
    return sum(last - first + 1 for intervals in gtids.values() for first, last in intervals)
