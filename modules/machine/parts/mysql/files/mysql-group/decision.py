"""Decides the next action of this member from the reports of all members. All functions are pure.
Eight rules prevent two simultaneous groups and the loss of acknowledged commits:
1. The list of members (members.py) survives the replacement of servers. Only an operator removes entries.
  Each member asks every listed member, so all members decide with the same list.
2. A member starts a group only if every member answers and no member is in a group. Only a member that has
  all transactions starts the group. If several members have all transactions, the member whose name is first
  in alphabetical order starts the group. All other members join this group.
3. A member outside a group is read-only, so its set of transactions never changes.
4. A commit is acknowledged when the primary has executed it and a majority of the group has received it. A
  group serves only while it contains a majority of all members. If the data of all members are available, a
  decision compares only executed transactions. If a member or its disk is lost, a decision also includes
  received transactions, even if they are not applied.
5. If an empty member was ONLINE before, its disk is lost. A member with a lost disk is treated as a lost
  member, even if it answers. If the lost members may have had the only copies of a commit, an operator must
  declare these members lost. A member that was never ONLINE has no data to lose. Therefore a first start, and
  a start from restored data on new volumes, need no operator.
6. If an operator declares a member lost, the member is not counted until it appears in the group again. A new
  group creates its accounts before it serves, because members cannot join without these accounts.
7. Before mysql-group drops received transactions that no other member has, it quarantines them, because the
  operator may have been wrong.
8. If two groups exist in spite of these rules, the primary of the minority group leaves its group as soon as
  it detects the other group.
"""

from typing import NamedTuple

import gtid
import room
from report import DOWN, ERROR, OFFLINE, ONLINE, RECOVERING, members_problem

# Maximum wait in seconds until the group has expelled the previous instance of a restarted member. The expulsion
# usually takes a few seconds. After this limit, the member tries to join, because even a failed attempt informs the
# group of the restart.
LONGEST_WAIT_SECONDS = 30
# Seconds that mysql-group waits before it makes an expelled primary leave the group. MySQL usually notifies an expelled
# primary within 4 s, and this is faster than a stop. HAProxy sends no writes to the expelled primary during this time.
DISOWNED_SECONDS = 5

STAY, WAIT, LEAVE, JOIN, BOOTSTRAP, HAND_OVER = "stay", "wait", "leave", "join", "bootstrap", "hand over"


class Decision(NamedTuple):
    action: str
    reason: str
    # Addresses of the members that may become the new primary. If the list is empty, this member leaves the group
    # without waiting for hanging commits, and the group elects a primary.
    successors: tuple = ()
    # True if received but unapplied transactions were never acknowledged, so that a bootstrap may drop them. If False,
    # the member first applies these transactions.
    forget_received: bool = False
    # GTIDs of received transactions that this action drops and that, as far as known, no member has executed.
    unapplied: str = ""
    # Seconds for which the reason must remain the same before mysql-group executes the action.
    after_seconds: float = 0.0


def decide(me, reports, lost=()):
    """Returns the next action of the member `me`. `reports`: Report of each member by name, in configuration
    order, or None if the member does not answer. `lost`: names of members that an operator has declared lost.
    A decision does not need the reports of lost members."""
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
    """Returns the reports of members in a running group, even if the group does not serve yet."""
    return [report for report in reports.values() if report and report.state == ONLINE and report.majority]


def _disowned(mine, others):
    """Returns True if this primary must leave its group, because other members form another group.
    The group whose view contains more than half of all members continues. This primary's view is counted
    without the members that report to be in the other group. Therefore an expelled primary leaves even if it
    has not detected its expulsion. The new primary never leaves, because its view counts the old primary, or
    because the old primary does not know whether it was expelled.
    """
    apart = {report.address for report in running(others) if not report.unsure and mine.address not in report.view}
    held = set(mine.view) - apart
    return mine.role == "PRIMARY" and bool(apart) and len(held) < majority(len(others) + 1)


def _give_way(mine, reports):
    """Returns the decision to give the primary role to another member if this primary's volume is full. Returns
    None if the volume is not full or no other member can become the primary."""
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
    # Waits until the group has expelled this member's previous instance. Otherwise, an attempt to join would hang for
    # more than a minute and fail.
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
    """Returns the names of members with lost disks if the lost members together may have had the only copies of
    a commit. Returns an empty list if no commit can be lost."""
    seen = {address for report in reports.values() for address in report.seen}
    emptied = [name for name, report in reports.items() if report.blank and report.address in seen and name not in lost]
    members = len({*reports, *lost})
    # A serving group contains a majority of all members. A majority of this group stores each commit.
    copies = majority(majority(members))
    return emptied if len({*emptied, *lost}) >= copies else []


def majority(count):
    return count // 2 + 1


def _complete(reports, lost):
    """
    Returns True if no member is missing and no member has lost its disk. The members have then executed every acknowledged transaction. If
    a member is missing or a disk is lost, an acknowledged transaction may exist only in a relay log.
    """
    return not lost and not any(report.blank for report in reports.values())


def _holdings(report, with_received):
    executed = gtid.parse(report.executed)
    return gtid.union(executed, gtid.parse(report.received)) if with_received else executed


def _unmanaged(report):
    return not report.executed and not report.blank
