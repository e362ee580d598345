"""Command line of mysql-backup. systemd units run the first three commands."""

import argparse
import json
import os
import pathlib
import subprocess
import time

import settings as config
from bucket import Bucket, Refused

# If this file exists, the unit mysql-base creates a base backup even if none is due, and removes the file.
FORCE = pathlib.Path("/run/mysql-base-force")


def _parser():
    parser = argparse.ArgumentParser(prog="mysql-backup", description="Maintains and restores the archive of MySQL's data.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("ship", help="upload MySQL's logs every few seconds (run by the unit mysql-backup)")
    base = commands.add_parser("base", help="make a base backup if one is due and it is this member's turn (run by the unit mysql-base)")
    base.add_argument("--force", action="store_true", help="make a base backup on this member now")
    commands.add_parser("restore", help="create the data directory from the archive (run by the unit mysql-restore on a server created for it)")
    check = commands.add_parser("check", help="report problems of the archive; exit code 1 if there are any")
    check.add_argument("--notices", type=pathlib.Path, metavar="FOLDER", help="write each cause except the first to this folder, and print only the first")
    commands.add_parser("archived", help="list each member's archived transactions as JSON, read from object names")
    commands.add_parser("status", help="show how far this member has uploaded")
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
        # Starts the unit mysql-base, because root cannot create the base backup itself. The unit runs as the user that
        # MySQL accepts, and the unit creates the folder for the copy.
        FORCE.touch()
        return subprocess.run(["systemctl", "start", "mysql-base"]).returncode
    import base
    import pymysql
    from ship import plain

    try:
        return base.make_when_due(settings, bucket, force or FORCE.exists())
    except (Refused, pymysql.Error, OSError, ValueError) as problem:
        print(f"no base backup: {plain(problem)}")
        return 1


def _tell(settings, options):
    import base
    import ship

    try:
        state = json.loads(ship.STATE.read_text())
    except (OSError, ValueError):
        state = None
    if options.command == "status":
        print(json.dumps(state, indent=2))
        return 0
    found = [*ship.problems(state, time.time(), settings.baseHours), *base.room_problems(settings)]
    if (config.FOLDER / "restore-key").exists():
        found.append((ship.KEY, "the archive's private key is on this server: remove `restore` from the configuration, then run npm run ops rollout"))
    if options.notices:
        found = _noted(options.notices, found)
    for _, words in found:
        print(words)
    return 1 if found else 0


def _noted(folder, found):
    """Writes a file in `folder` for each cause of a problem except BEHIND, and removes the files of solved
    problems. Returns the problems with the cause BEHIND, because server-watch reports these problems itself."""
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
