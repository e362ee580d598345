"""Commands; units run the first three."""

import argparse
import json
import os
import pathlib
import subprocess
import time

import settings as config
from bucket import Bucket, Refused

# There while the unit mysql-base is to make a base backup that is not due; the unit removes it.
FORCE = pathlib.Path("/run/mysql-base-force")


def _parser():
    parser = argparse.ArgumentParser(prog="mysql-backup", description="Keeps the archive of MySQL's data, and restores it.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("ship", help="ship what MySQL has logged, every few seconds (the unit mysql-backup does)")
    base = commands.add_parser("base", help="make a base backup, if one is due and it is this member's turn (the unit mysql-base does)")
    base.add_argument("--force", action="store_true", help="make one now, on this member")
    commands.add_parser("restore", help="make the data directory from the archive (the unit mysql-restore does, on a server made for it)")
    check = commands.add_parser("check", help="what is wrong with the archive; exit code 1 when anything is")
    check.add_argument("--notices", type=pathlib.Path, metavar="FOLDER", help="writes each cause there but the first, which it alone tells then")
    commands.add_parser("archived", help="JSON: which transactions of each member are in the archive, as names in the bucket show it")
    commands.add_parser("status", help="how far this member has shipped")
    return parser


def main(arguments):
    options = _parser().parse_args(arguments)
    command = options.command
    settings = config.load()
    if command == "restore":
        from restore import restore_server

        bucket = Bucket(settings.endpoint, settings.region, settings.bucket, (config.FOLDER / "restore-bucket").read_text())
        return restore_server(config.load_restore(), bucket, config.FOLDER / "restore-key")
    if command in ("check", "status"):
        return _tell(settings, options)
    bucket = Bucket(settings.endpoint, settings.region, settings.bucket, (config.FOLDER / "bucket").read_text())
    if command == "archived":
        import listing

        print(json.dumps(listing.archived(bucket, settings.timeline)))
        return 0
    import ship

    if command == "base":
        return _base(settings, bucket, options.force)
    return ship.Shipper(settings, bucket).run()


def _base(settings, bucket, force):
    if force and os.geteuid() == 0:
        # The unit has the user that MySQL admits, and the directory for the copy.
        FORCE.touch()
        return subprocess.run(["systemctl", "start", "mysql-base"]).returncode
    import base
    import pymysql
    from ship import plain

    try:
        return base.make_when_due(settings, bucket, force or FORCE.exists())
    except (Refused, pymysql.Error, OSError, ValueError) as problem:
        print(f"no base: {plain(problem)}")
        return 1


def _tell(settings, options):
    import ship

    try:
        state = json.loads(ship.STATE.read_text())
    except (OSError, ValueError):
        state = None
    if options.command == "status":
        print(json.dumps(state, indent=2))
        return 0
    found = list(ship.problems(state, time.time(), settings.baseHours))
    if (config.FOLDER / "restore-key").exists():
        found.append((ship.KEY, "the private key of the archive is on this server: remove `restore` from the configuration, then: npm run ops rollout"))
    if options.notices:
        found = _noted(options.notices, found)
    for _, words in found:
        print(words)
    return 1 if found else 0


def _noted(folder, found):
    """Keeps a file there for each cause while it lasts. @returns what is left: server-watch makes the notice of that"""
    import ship

    for cause in ship.CAUSES:
        if cause == ship.BEHIND:
            continue
        words = [f"{words}\n" for one, words in found if one == cause]
        if words:
            (folder / cause).write_text("".join(words))
        else:
            (folder / cause).unlink(missing_ok=True)
    return [(cause, words) for cause, words in found if cause == ship.BEHIND]
