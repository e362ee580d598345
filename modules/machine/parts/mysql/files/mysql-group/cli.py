"""Command line of mysql-group. The systemd unit runs the command `daemon`; operators run the other commands."""

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
        help="make another member the primary",
        description="Does nothing on a replica. Stopping MySQL or shutting down the server runs this automatically.",
    )
    commands.add_parser(
        "accounts",
        help="apply the configured accounts and list the accepted password generations",
        description="On the primary, sets the accounts' passwords from this member's files; a new primary does this automatically."
        " On each member, prints the newest and the oldest accepted password generation of each account.",
    )
    reclone = commands.add_parser(
        "reclone",
        help="discard this member's data and copy the group's",
        description="Moves this member's data directory away and rejoins as an empty member, which clones the data."
        " Refused if no group is running. The old directory is kept; delete it if nothing in it is needed.",
    )
    reclone.add_argument("--i-discard-this-members-data", action="store_true", required=True)
    archive.add_option(reclone)
    forget = commands.add_parser(
        "forget",
        help="stop waiting for a replaced or removed member",
        description="After a total outage, this member waits for every known member. This command removes one from the list until it appears in"
        " the group again. Refused if that member answers or is in the group, or if no primary accepts writes."
        " Run it on every member that lists the name.",
    )
    forget.add_argument("name", metavar="NAME", help="as mysql-group status shows it")
    archive.add_option(forget)
    force = commands.add_parser(
        "force-bootstrap",
        help="start the group without members that will never come back",
        description="Starts the group although some members do not answer or have empty disks. Transactions that only they committed are lost."
        " These members must stay off, or be wiped before they return; otherwise two groups diverge."
        " Run it on the survivor with the most transactions; on other members the command names that survivor."
        " Lost members are not counted until they appear in the group again.",
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
    except OSError:  # Without a volume, only the configured members are known.
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
                print(f"{'':12} quarantined transactions, delete the folder if nothing in it is needed: {folder}")
    return 0


def _step_down(settings):
    import group
    import pymysql

    try:
        successor = group.step_down(settings)
    except pymysql.Error as problem:
        print(f"the role was not handed over: {problem}")
        return 1
    if successor is None:
        print("the role was not handed over: no other member is online")
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
    # Restarts mysql-data, which initialises the missing data directory.
    subprocess.run(["systemctl", "restart", "mysql-data", "mysql", "mysql-group"], check=True)
    print(f"cloning; follow it with: mysql-group status\nthe old data is in {aside}")
    return 0


def _forget(settings, name, despite):
    """Removes a member from the list of members. The removal loses no acknowledged transaction, because a
    writable primary has applied all acknowledged transactions. If the removed member returns, it joins the
    running group. If no group runs at that time, the other members ask the returned member before they start
    a group."""
    reports = _reports(settings)
    address = settings.address_of(name)
    problem = (
        f"{name} is not a member that this member waits for" if name not in reports
        else f"{name} answers" if reports[name]
        else f"{name} is in the group" if any(address in report.view for report in running(reports))
        else "no primary accepts writes" if all(primary_problem(report) for report in running(reports))
        else None
    )
    if problem:
        print(f"refused: {problem}")
        return 1
    if not archive.allows(settings, lambda archived: archive.only_archived([name], running(reports), archived), despite):
        return 1
    members.change(lambda known: members.without(known, [address]))
    print(f"{name} is no longer counted on this member until it appears in the group again")
    return 0


def _force_bootstrap(settings, lost, despite):
    reports = _reports(settings)
    unknown = [name for name in lost if name not in reports]
    # A member with an empty disk may be declared lost even if it responds.
    alive = [name for name in lost if reports.get(name) and not reports[name].blank]
    serving = [name for name, report in reports.items() if report and report.quorum]
    problems = [
        *(f"{name} is not a member" for name in unknown),
        *(f"{name} answers" for name in alive),
        *(["a group is serving, see mysql-group forget --help"] if serving else []),
    ]
    if problems:
        print("refused: " + "; ".join(problems))
        return 1
    alive = [report for name, report in reports.items() if report and name not in lost]
    if not archive.allows(settings, lambda archived: archive.only_archived(lost, alive, archived), despite):
        return 1
    members.declare_lost(lost)
    print("waiting up to 120 s for the group to start")
    try:
        for _ in range(120):
            time.sleep(1)
            mine = ask(settings.address, settings.rolePort)
            if mine and mine.quorum:
                print("the group is running; wipe the lost members before they return")
                return 0
        print(f"no group yet: {mine.reason if mine else 'mysql-group does not answer'}")
        return 1
    finally:
        members.LOST.unlink(missing_ok=True)
