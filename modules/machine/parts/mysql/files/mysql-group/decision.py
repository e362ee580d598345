"""The one decision of the joiner, as a pure function: what everybody says -> what this member does.

A second cluster is impossible as long as these hold:
- a group is started only when every known member answers and none is in a group;
- only the member whose transactions contain everybody else's may start it (ties: first by name, which every member knows alike);
- transactions of a member outside a group never change, for it is read-only.
A member's transactions are those it has executed and those it has received from the group and not applied yet: a commit is acknowledged
when the primary has executed it and a majority has received it. With every member's data at hand the executed ones are all that counts.
So all members that look at the same facts name the same leader, and a leader that is beaten to it finds a group to join.
"""

from typing import NamedTuple

import gtid
from report import DOWN, ERROR, OFFLINE, ONLINE, RECOVERING

STAY, WAIT, LEAVE, JOIN, BOOTSTRAP = "stay", "wait", "leave", "join", "bootstrap"


class Decision(NamedTuple):
    action: str
    reason: str
    # Of a bootstrap: what was received and not applied was never acknowledged to anybody; else it is applied first.
    forget_received: bool = False


def decide(me, address, reports, lost=()):
    """
    `me`, `address`: this member's name, and its address as views show it.
    `reports`: every known member's name -> its Report, or None when it does not answer; in the order of the configuration.
    `lost`: members that an operator has declared lost; no report is missed of them.
    """
    mine = reports[me]
    others = {name: report for name, report in reports.items() if name != me}
    if mine is None or mine.state == DOWN:
        return Decision(WAIT, "mysqld does not answer")
    if mine.state == ERROR:
        return Decision(LEAVE, "left the group by an error; joining again")
    if mine.state == RECOVERING:
        return Decision(STAY, "recovering from another member")
    if mine.state == ONLINE:
        return Decision(STAY, f"online as {mine.role}" if mine.majority else "no majority of the group is reachable")
    if _unmanaged(mine):
        return Decision(WAIT, "holds schemas that no GTID accounts for: not a member's data; an operator must decide")

    group = [report for report in others.values() if report and report.state == ONLINE and report.majority]
    return _join(address, mine, group) if group else _start(me, mine, reports, lost)


def _join(address, mine, group):
    known = gtid.union(*(gtid.parse(text) for report in group for text in (report.executed, report.received)))
    extra = gtid.subtract(gtid.parse(mine.executed), known)
    if extra:
        return Decision(
            WAIT, f"has transactions that the group lacks ({gtid.describe(extra)}); to discard them: mysql-group reclone"
        )
    # Who is back before the group has missed it: joining now would hang for more than a minute, and fail.
    if any(address in report.view for report in group):
        return Decision(WAIT, "waiting until the group has let go of this member as it was before")
    return Decision(JOIN, "joining " + ", ".join(report.server for report in group))


def _start(me, mine, reports, lost):
    missing = [name for name, report in reports.items() if report is None or report.state == DOWN]
    if missing:
        return Decision(WAIT, "no group runs; it starts when all members answer; waiting for " + ", ".join(missing))
    busy = [name for name, report in reports.items() if report.state != OFFLINE]
    if busy:
        return Decision(WAIT, "waiting until these have left or found a group: " + ", ".join(busy))
    unmanaged = [name for name, report in reports.items() if _unmanaged(report)]
    if unmanaged:
        return Decision(WAIT, "an operator must decide about data without GTIDs on " + ", ".join(unmanaged))

    complete = _complete(reports, lost)
    holds = {name: _holdings(report, with_received=not complete) for name, report in reports.items()}
    lacks = {name: [other for other in holds if gtid.subtract(holds[other], holds[name])] for name in holds}
    leader = min((name for name in holds if not lacks[name]), key=lambda name: reports[name].server, default=None)
    if leader is None:
        details = "; ".join(f"{name} lacks transactions of {', '.join(others)}" for name, others in lacks.items())
        return Decision(WAIT, f"no member holds all transactions: {details}; see mysql-group force-bootstrap --help")
    if leader != me:
        return Decision(WAIT, f"{leader} starts the group")
    reason = "first start of an empty cluster" if mine.blank else "all members answer and this one holds every transaction"
    return Decision(BOOTSTRAP, reason, forget_received=complete)


def _complete(reports, lost):
    """
    Whether all that was ever acknowledged is in what these members have executed: nobody is missing, nobody lost its disk.
    Else a relay log may hold the only copy of it; and only then may one that a power cut has torn matter.
    """
    return not lost and not any(report.blank for report in reports.values())


def _holdings(report, with_received):
    executed = gtid.parse(report.executed)
    return gtid.union(executed, gtid.parse(report.received)) if with_received else executed


def _unmanaged(report):
    return not report.executed and not report.blank
