"""The joiner's decision as a pure function: all members' reports -> this member's action.

There are never two groups, and no acknowledged commit is lost, as long as these rules hold:
1. The members are one list (members.py) that outlives servers; only an operator removes entries. Each member asks every listed member, so
   members with the same facts decide about the same members.
2. A group is started only if every member answers and none is in a group. Only the member whose transactions include all others' starts it;
   on a tie, the first by name. Any other member then finds a group to join.
3. A member outside a group is read-only, so its transactions never change.
4. A commit is acknowledged when the primary has executed it and a majority of the group has received it. A group serves only while it is a
   majority of the members. So if all members' data is available, only executed transactions count. If a member or its disk is lost, received
   transactions count too, applied or not.
5. A member that was ONLINE and is empty has lost its disk and counts as lost, although it answers. If the lost members may have held the
   only copies of a commit, an operator must declare them lost. A member that was never ONLINE has nothing to lose: a first start, even an
   interrupted one, and a start from restored data on new volumes need no operator.
6. A member declared lost is not counted until it appears in the group again. A new group creates its accounts before it serves; otherwise
   no member could join it.
7. Received transactions that no other member has are quarantined before they are dropped, in case the operator was wrong.
8. If two groups exist anyway, the primary of a minority group leaves it as soon as it detects the other group.
"""

from typing import NamedTuple

import gtid
import room
from report import DOWN, ERROR, OFFLINE, ONLINE, RECOVERING, members_problem

# The group expels a member within seconds. After this limit, even a failed attempt to join shows the group that the member has restarted.
LONGEST_WAIT_SECONDS = 30
# MySQL notifies an expelled primary within four seconds; the primary then leaves faster than with a stop. Writes are rejected at once.
DISOWNED_SECONDS = 5

STAY, WAIT, LEAVE, JOIN, BOOTSTRAP, HAND_OVER = "stay", "wait", "leave", "join", "bootstrap", "hand over"


class Decision(NamedTuple):
    action: str
    reason: str
    # For a hand-over: members that may become the primary. If empty, this member leaves without waiting for hanging commits, and the group
    # elects.
    successors: tuple = ()
    # For a bootstrap: True if received, unapplied transactions were never acknowledged; otherwise they are applied first.
    forget_received: bool = False
    # Received transactions that are dropped although no member is known to have executed them.
    unapplied: str = ""
    # Seconds that the reason must last before the action is due.
    after_seconds: float = 0.0


def decide(me, reports, lost=()):
    """
    `me`: this member's name.
    `reports`: every member's name -> its Report, or None when it does not answer; in the order of the configuration.
    `lost`: names that an operator has declared lost; their reports are not required.
    """
    mine = reports[me]
    others = {name: report for name, report in reports.items() if name != me}
    if mine is None or mine.state == DOWN:
        return Decision(WAIT, "mysqld does not answer")
    if mine.state == ERROR:
        return Decision(LEAVE, "left the group after an error; rejoining")
    if mine.state == RECOVERING:
        return Decision(STAY, "recovering from another member")
    if mine.state == ONLINE and _disowned(mine, others):
        return Decision(LEAVE, "primary of a minority group; leaving it because others are in another group", after_seconds=DISOWNED_SECONDS)
    if mine.state == ONLINE:
        return _give_way(mine, reports) or Decision(STAY, _online(mine))
    if _unmanaged(mine):
        return Decision(WAIT, "has schemas but no GTIDs, so the data is not a member's; an operator must decide")

    group = running(others)
    if group and mine.fullness and room.is_spared(reports):
        return Decision(WAIT, f"{mine.fullness}; joins once there is free space")
    return _join(mine, group) if group else _start(me, mine, reports, lost)


def running(reports):
    """Reports of the members in a running group, even if the group does not serve yet."""
    return [report for report in reports.values() if report and report.state == ONLINE and report.majority]


def _disowned(mine, others):
    """
    Whether this primary must leave because others form a group without it. The group whose view has more than half of the members
    continues; members that report being in the other group are not counted in this view. So an expelled primary that has not noticed its
    expulsion leaves. The new primary never leaves: its view still counts the old primary, or the old primary is unsure.
    """
    apart = {report.address for report in running(others) if not report.unsure and mine.address not in report.view}
    held = set(mine.view) - apart
    return mine.role == "PRIMARY" and bool(apart) and len(held) < majority(len(others) + 1)


def _give_way(mine, reports):
    """A primary that cannot write hands its role to a member that can."""
    able = room.able(reports)
    if mine.role != "PRIMARY" or not mine.majority or not mine.fullness or not able:
        return None
    successors = () if room.is_spared(reports) else tuple(able)
    return Decision(HAND_OVER, f"{_online(mine)}; the role goes to another member", successors=successors)


def _online(mine):
    if not mine.majority:
        return "no majority of the group is reachable"
    unreachable = [address for address in mine.view if address not in mine.reachable]
    held = f"the group still contains {', '.join(unreachable)}, which cannot be reached" if unreachable else None
    return "; ".join(filter(None, [f"online as {mine.role}", members_problem(mine), mine.fullness, held]))


def _join(mine, group):
    known = gtid.union(*(gtid.parse(text) for report in group for text in (report.executed, report.received)))
    extra = gtid.subtract(gtid.parse(mine.executed), known)
    if extra:
        return Decision(
            WAIT, f"has transactions missing from the group ({gtid.describe(extra)}); to discard them: mysql-group reclone"
        )
    unapplied = gtid.describe(gtid.subtract(gtid.parse(mine.received), known))
    # The member returned before the group expelled it: joining now would hang for more than a minute and fail.
    if any(mine.address in report.view for report in group):
        reason = "waiting until the group has expelled this member's previous instance"
        return Decision(JOIN, reason, unapplied=unapplied, after_seconds=LONGEST_WAIT_SECONDS)
    return Decision(JOIN, "joining " + ", ".join(report.server for report in group), unapplied=unapplied)


def _start(me, mine, reports, lost):
    missing = [name for name, report in reports.items() if report is None or report.state == DOWN]
    if missing:
        return Decision(WAIT, "no group runs; it starts when all members answer; waiting for " + ", ".join(missing))
    busy = [name for name, report in reports.items() if report.state != OFFLINE]
    if busy:
        return Decision(WAIT, "waiting until these members have left or joined a group: " + ", ".join(busy))
    unmanaged = [name for name, report in reports.items() if _unmanaged(report)]
    if unmanaged:
        return Decision(WAIT, "an operator must decide about data without GTIDs on " + ", ".join(unmanaged))
    emptied = _emptied(reports, lost)
    if emptied:
        return Decision(
            WAIT,
            f"members with empty disks may have held the only copy of committed transactions: {', '.join(emptied)};"
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
    reason = "first start of an empty group" if mine.blank else "all members answer and this one holds every transaction"
    dropped = gtid.subtract(gtid.parse(mine.received), gtid.parse(mine.executed)) if complete else {}
    return Decision(BOOTSTRAP, reason, forget_received=complete, unapplied=gtid.describe(dropped))


def _emptied(reports, lost):
    """Members with lost disks, if they and the declared members together may have held the only copies of a commit."""
    seen = {address for report in reports.values() for address in report.seen}
    emptied = [name for name, report in reports.items() if report.blank and report.address in seen and name not in lost]
    members = len({*reports, *lost})
    # A serving group is a majority of the members, and a commit is on a majority of the group.
    copies = majority(majority(members))
    return emptied if len({*emptied, *lost}) >= copies else []


def majority(count):
    return count // 2 + 1


def _complete(reports, lost):
    """
    Whether these members have executed every acknowledged transaction: no member is missing, and none lost its disk. Otherwise a relay log
    may hold the only copy of a transaction; only then does a relay log torn by a power cut matter.
    """
    return not lost and not any(report.blank for report in reports.values())


def _holdings(report, with_received):
    executed = gtid.parse(report.executed)
    return gtid.union(executed, gtid.parse(report.received)) if with_received else executed


def _unmanaged(report):
    return not report.executed and not report.blank
