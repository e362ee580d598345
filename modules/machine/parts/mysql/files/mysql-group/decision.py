"""The one decision of the joiner, as a pure function: what everybody says -> what this member does.

Never two groups, and no acknowledged commit lost, as long as these hold:
1. Members are those of one list (members.py) that outlives servers and shrinks by an operator's word only. Everybody asks all whom
   anybody lists, so members that look at the same facts decide about the same members.
2. A group is started only when every member answers and none is in a group, and only by the one whose transactions contain everybody
   else's (ties: first by name, which every member knows alike). Who is beaten to it finds a group to join.
3. Transactions of a member outside a group never change, for it is read-only.
4. A commit is acknowledged when the primary has executed it and a majority of the group has received it; and a group serves only while it
   is a majority of the members. So with everybody's data at hand the executed transactions are all that counts. Where a member or its
   disk is lost, received ones count too, applied or not.
5. A member that was ONLINE and is blank has lost its disk, and counts as lost although it answers. When so many are lost that they may
   hold the only copies of a commit, an operator must say that they are. A member that never was ONLINE has nothing to lose: a first
   start, also an interrupted one, and a start from restored data on new volumes need no operator.
6. Who is declared lost is not counted until it is seen in the group again. A group that forms makes its accounts before it serves, or
   nobody could join it.
7. What was received and nobody else has is kept aside before it is dropped: an operator may have been wrong.
8. Should there be two groups after all, one that is no majority of the members leaves its primary's role as soon as it hears of another.
"""

from typing import NamedTuple

import gtid
import room
from report import DOWN, ERROR, OFFLINE, ONLINE, RECOVERING, members_problem

# Letting go of a member takes the group seconds. After these a try to join, though it may fail, shows the group that the member has changed.
LONGEST_WAIT_SECONDS = 30
# MySQL tells an expelled primary within four seconds, and then it leaves faster than when told to stop. Writes are refused at once.
DISOWNED_SECONDS = 5

STAY, WAIT, LEAVE, JOIN, BOOTSTRAP, HAND_OVER = "stay", "wait", "leave", "join", "bootstrap", "hand over"


class Decision(NamedTuple):
    action: str
    reason: str
    # Of a hand-over: who may have the role; nobody: whom the group elects when this member leaves, which waits for no commit that hangs.
    successors: tuple = ()
    # Of a bootstrap: what was received and not applied was never acknowledged to anybody; else it is applied first.
    forget_received: bool = False
    # Received transactions that are dropped though nobody is known to have executed them.
    unapplied: str = ""
    # The action is due when the reason has lasted so long.
    after_seconds: float = 0.0


def decide(me, reports, lost=()):
    """
    `me`: this member's name.
    `reports`: every member's name -> its Report, or None when it does not answer; in the order of the configuration.
    `lost`: names that an operator has declared lost; no report is missed of them.
    """
    mine = reports[me]
    others = {name: report for name, report in reports.items() if name != me}
    if mine is None or mine.state == DOWN:
        return Decision(WAIT, "mysqld does not answer")
    if mine.state == ERROR:
        return Decision(LEAVE, "left the group by an error; joining again")
    if mine.state == RECOVERING:
        return Decision(STAY, "recovering from another member")
    if mine.state == ONLINE and _disowned(mine, others):
        return Decision(LEAVE, "primary of a smaller group than others are in; leaving it", after_seconds=DISOWNED_SECONDS)
    if mine.state == ONLINE:
        return _give_way(mine, reports) or Decision(STAY, _online(mine))
    if _unmanaged(mine):
        return Decision(WAIT, "holds schemas that no GTID accounts for: not a member's data; an operator must decide")

    group = running(others)
    if group and mine.fullness and room.is_spared(reports):
        return Decision(WAIT, f"{mine.fullness}; joins when there is room")
    return _join(mine, group) if group else _start(me, mine, reports, lost)


def running(reports):
    """Reports of those that are in a running group, whether or not it serves yet."""
    return [report for report in reports.values() if report and report.state == ONLINE and report.majority]


def _disowned(mine, others):
    """
    Whether this member must give up the primary's role, because others are in a group without it. The one whose view holds more than
    half of the members goes on; who says of itself that it is in the other group is not held.
    So an expelled primary that has not noticed yet gives up. It never stops the new one: its view holds that one, or it is unsure.
    """
    apart = {report.address for report in running(others) if not report.unsure and mine.address not in report.view}
    held = set(mine.view) - apart
    return mine.role == "PRIMARY" and bool(apart) and len(held) < majority(len(others) + 1)


def _give_way(mine, reports):
    """A primary that cannot write gives its role to a member that can."""
    able = room.able(reports)
    if mine.role != "PRIMARY" or not mine.majority or not mine.fullness or not able:
        return None
    successors = () if room.is_spared(reports) else tuple(able)
    return Decision(HAND_OVER, f"{_online(mine)}; the role goes to another member", successors=successors)


def _online(mine):
    if not mine.majority:
        return "no majority of the group is reachable"
    unreachable = [address for address in mine.view if address not in mine.reachable]
    held = f"the group still holds {', '.join(unreachable)}, which cannot be reached" if unreachable else None
    return "; ".join(filter(None, [f"online as {mine.role}", members_problem(mine), mine.fullness, held]))


def _join(mine, group):
    known = gtid.union(*(gtid.parse(text) for report in group for text in (report.executed, report.received)))
    extra = gtid.subtract(gtid.parse(mine.executed), known)
    if extra:
        return Decision(
            WAIT, f"has transactions that the group lacks ({gtid.describe(extra)}); to discard them: mysql-group reclone"
        )
    unapplied = gtid.describe(gtid.subtract(gtid.parse(mine.received), known))
    # Who is back before the group has missed it: joining now would hang for more than a minute, and fail.
    if any(mine.address in report.view for report in group):
        reason = "waiting until the group has let go of this member as it was before"
        return Decision(JOIN, reason, unapplied=unapplied, after_seconds=LONGEST_WAIT_SECONDS)
    return Decision(JOIN, "joining " + ", ".join(report.server for report in group), unapplied=unapplied)


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
    emptied = _emptied(reports, lost)
    if emptied:
        return Decision(
            WAIT,
            f"members whose disks are blank may have held the only copy of what was committed: {', '.join(emptied)};"
            " an operator must declare them lost: mysql-group force-bootstrap --help",
        )

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
    dropped = gtid.subtract(gtid.parse(mine.received), gtid.parse(mine.executed)) if complete else {}
    return Decision(BOOTSTRAP, reason, forget_received=complete, unapplied=gtid.describe(dropped))


def _emptied(reports, lost):
    """Members that have lost their disks, if together with the declared ones they may have held the only copies of a commit."""
    seen = {address for report in reports.values() for address in report.seen}
    emptied = [name for name, report in reports.items() if report.blank and report.address in seen and name not in lost]
    members = len({*reports, *lost})
    # A group that serves is a majority of the members, and a commit is on a majority of the group.
    copies = majority(majority(members))
    return emptied if len({*emptied, *lost}) >= copies else []


def majority(count):
    return count // 2 + 1


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
