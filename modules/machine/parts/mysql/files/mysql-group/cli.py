"""Commands for operators; `daemon` is what the unit runs."""

import argparse
import json
import subprocess
import time
from dataclasses import replace

import archive
import members
import settings as config
from decision import running
from peers import ask, gather
from report import Report, primary_problem


def _parser():
    parser = argparse.ArgumentParser(prog="mysql-group", description="Forms and keeps the MySQL replication group.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("daemon", help="run the joiner and the role check (the unit does)")
    status = commands.add_parser("status", help="every member's state, role and what it waits for")
    status.add_argument("--json", action="store_true", help="one object, by member")
    commands.add_parser(
        "step-down",
        help="hand the primary's role to another member",
        description="Does nothing on a replica. A stop of MySQL, and so a shutdown, does this by itself.",
    )
    commands.add_parser(
        "accounts",
        help="apply what the accounts are to be, and tell which passwords they take",
        description="On the primary it gives the accounts the passwords of this member's files; a primary does so by itself when it gets"
        " its role. On each member it prints, by account, the generations of the newest and the oldest password that are accepted.",
    )
    reclone = commands.add_parser(
        "reclone",
        help="discard this member's data and copy the group's",
        description="Sets this member's data directory aside and lets it join as a blank member, which clones."
        " Refused while no group runs. The old directory is kept; delete it when nothing in it is missed.",
    )
    reclone.add_argument("--i-discard-this-members-data", action="store_true", required=True)
    archive.add_option(reclone)
    forget = commands.add_parser(
        "forget",
        help="no longer wait for a member that was replaced or removed",
        description="After a total outage this member waits for every member it knows. This takes one off its list, until it is seen in the"
        " group again. Refused while that one answers or is in the group, and while no primary takes writes."
        " Run it on every member that knows the name.",
    )
    forget.add_argument("name", metavar="NAME", help="as mysql-group status shows it")
    archive.add_option(forget)
    force = commands.add_parser(
        "force-bootstrap",
        help="start the group without members that will never come back",
        description="Lets the group start, or go on, though some members do not answer or have blank disks. What only they had committed is lost."
        " They must be off for good, or wiped before they return: two groups would diverge."
        " Run it on the survivor with the most transactions; on another one it says which that is."
        " The lost ones are not counted until they are seen in the group again.",
    )
    force.add_argument("--i-have-lost-members", nargs="+", metavar="NAME", required=True)
    archive.add_option(force)
    return parser


def main(arguments):
    options = _parser().parse_args(arguments)
    settings = config.load()
    if options.command == "daemon":
        from daemon import Daemon

        return Daemon(settings).run()
    if options.command == "status":
        return _status(settings, options.json)
    if options.command == "step-down":
        return _step_down(settings)
    if options.command == "accounts":
        return _accounts(settings)
    if options.command == "reclone":
        return _reclone(settings, options.despite_archive)
    if options.command == "forget":
        return _forget(settings, options.name, options.despite_archive)
    return _force_bootstrap(settings, options.i_have_lost_members, options.despite_archive)


def _reports(settings):
    silent = Report(settings.server, reason="mysql-group does not answer")
    mine = ask(settings.address, settings.rolePort) or replace(silent, **_listed())
    return gather(settings, mine)


def _listed():
    try:
        return members.told(members.load())
    except OSError:  # no volume: the configured members are all there is
        return {}


def _status(settings, as_json):
    reports = _reports(settings)
    if as_json:
        print(json.dumps({name: report and json.loads(report.to_json()) for name, report in reports.items()}, indent=2))
        return 0
    for name, report in reports.items():
        if report is None:
            print(f"{name:12} does not answer")
        else:
            print(f"{name:12} {report.state:10} {report.role:9} lag {report.lagSeconds:.1f} s  {report.release[:12]:12}  {report.reason}")
            for folder in report.kept:
                print(f"{'':12} kept aside, delete it when nothing in it is missed: {folder}")
    return 0


def _step_down(settings):
    import group
    import pymysql

    try:
        successor = group.step_down(settings)
    except pymysql.Error as problem:
        print(f"the role stays where it is: {problem}")
        return 1
    if successor is None:
        print("the role stays here: no other member is online")
        return 1
    print(f"{successor} is the primary" if successor else "not the primary: nothing to do")
    return 0


def _accounts(settings):
    import accounts

    mine = ask(settings.address, settings.rolePort)
    if mine and not primary_problem(mine):
        accounts.ensure(settings, accounts.all_agree(settings, _reports(settings)))
    print(json.dumps(accounts.reached(settings)))
    return 0


def _reclone(settings, despite):
    reports = _reports(settings)
    group = running({name: report for name, report in reports.items() if name != settings.server})
    if not group:
        print("refused: no other member is in a running group, so there is nothing to clone from")
        return 1
    if not archive.allows(settings, lambda archived: archive.discarded(reports[settings.server], group, archived), despite):
        return 1
    aside = config.DATA.with_name(f"data.discarded-{time.strftime('%Y%m%dT%H%M%S')}")
    subprocess.run(["systemctl", "stop", "mysql-group", "mysql"], check=True)
    config.DATA.rename(aside)
    # Restarted, not started: the data unit initialises an empty directory.
    subprocess.run(["systemctl", "restart", "mysql-data", "mysql", "mysql-group"], check=True)
    print(f"cloning; follow it with: mysql-group status\nthe old data is in {aside}")
    return 0


def _forget(settings, name, despite):
    """
    Safe because a group with a primary that takes writes goes on without the member: the primary has applied what any other has ever
    acknowledged, and who comes back finds that group, or, while none runs, is asked before one is started.
    """
    reports = _reports(settings)
    address = settings.address_of(name)
    problem = (
        f"{name} is no member that this one waits for" if name not in reports
        else f"{name} answers" if reports[name]
        else f"{name} is in the group" if any(address in report.view for report in running(reports))
        else "no primary takes writes" if all(primary_problem(report) for report in running(reports))
        else None
    )
    if problem:
        print(f"refused: {problem}")
        return 1
    if not archive.allows(settings, lambda archived: archive.only_archived([name], running(reports), archived), despite):
        return 1
    members.change(lambda known: members.without(known, [address]))
    print(f"{name} is forgotten here until it is seen in the group again")
    return 0


def _force_bootstrap(settings, lost, despite):
    reports = _reports(settings)
    unknown = [name for name in lost if name not in reports]
    # A blank disk that answers is as lost as one that does not.
    alive = [name for name in lost if reports.get(name) and not reports[name].blank]
    serving = [name for name, report in reports.items() if report and report.quorum]
    problems = [
        *(f"{name} is no member" for name in unknown),
        *(f"{name} answers" for name in alive),
        *(["a group serves, see mysql-group forget --help"] if serving else []),
    ]
    if problems:
        print("refused: " + "; ".join(problems))
        return 1
    alive = [report for name, report in reports.items() if report and name not in lost]
    if not archive.allows(settings, lambda archived: archive.only_archived(lost, alive, archived), despite):
        return 1
    members.declare_lost(lost)
    print("waiting for the group to start (120 s at most)")
    try:
        for _ in range(120):
            time.sleep(1)
            mine = ask(settings.address, settings.rolePort)
            if mine and mine.quorum:
                print("the group runs; wipe the lost members before they return")
                return 0
        print(f"no group yet: {mine.reason if mine else 'mysql-group does not answer'}")
        return 1
    finally:
        members.LOST.unlink(missing_ok=True)
