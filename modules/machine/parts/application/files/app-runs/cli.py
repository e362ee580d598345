"""Command line of app-runs, which the application's systemd units start: app-runs worker|schedule|migrations
[NAME] [options] -- COMMAND…"""

import argparse
import json
import subprocess
import sys
import time

import calendar_times
import hold
from claims import Claim

POLL_SECONDS = 3
# Maximum wait of a deployment in seconds if the primary is unreachable or another server runs the migrations.
PATIENCE_SECONDS = 600


def say(level, message):
    print(json.dumps({"timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "level": level, "message": message}), flush=True)


def main(arguments):
    split = arguments.index("--")
    options = _parser().parse_args(arguments[:split])
    command, stop = arguments[split + 1 :], hold.Stop()
    if options.kind == "schedule":
        due = calendar_times.latest(options.at)
        if due is None:
            say("error", f"schedule {options.name}: no run was due within the last week")
            return 1
        return schedule_run(Claim(f"schedule {options.name}", due), command, options.repeatable, stop)
    if options.kind == "migrations":
        return exclusive(Claim("migrations"), command, stop, PATIENCE_SECONDS)
    status = exclusive(Claim(f"worker {options.name}"), command, stop)
    # If SIGTERM stops a worker, the exit status is 0. If SIGTERM stops migrations, the exit status is not 0, because the migrations are
    # incomplete.
    return 0 if stop.event.is_set() else status


def _parser():
    parser = argparse.ArgumentParser(prog="app-runs", description="Runs a command of the application on one server at a time.")
    kinds = parser.add_subparsers(dest="kind", required=True)
    kinds.add_parser("worker", help="run permanently on the server that has the claim").add_argument("name")
    kinds.add_parser("migrations", help="run the migrations as soon as no other server runs them")
    schedule = kinds.add_parser("schedule", help="run the command for the last due time, unless a server has already run it")
    schedule.add_argument("name")
    schedule.add_argument("--at", required=True)
    schedule.add_argument("--repeatable", action="store_true")
    return parser


def exclusive(claim, command, stop, patience=None):
    """Waits for the claim, runs the command and releases the claim. `patience`: maximum wait in seconds; None
    for no limit.
    @returns the exit status of the command, or 1 if the command did not start
    """
    asked = hold.now()
    while not stop.event.is_set():
        if patience and hold.now() - asked > patience:
            say("error", f"{claim.name}: did not start within {patience} s: the primary is unreachable, or another server runs it")
            return 1
        begun = hold.now()
        row = attempt(claim, expired=True)
        if row is None or row.holder != claim.holder:
            stop.event.wait(POLL_SECONDS)
            continue
        say("info", f"{claim.name} runs here")
        status, _ = hold.run(claim, command, stop, begun, say)
        quietly(claim.release)
        return exit_status(status)
    return 1


def schedule_run(claim, command, repeatable, stop):
    """Runs the command once per due time across all servers. If another server is running the command, waits for
    that server and reports the run if it is interrupted."""
    while not stop.event.is_set():
        begun = hold.now()
        row = attempt(claim)
        if row is None:
            stop.event.wait(POLL_SECONDS)
            continue
        if row.outcome is not None:
            return 0
        if row.holder != claim.holder:
            if not row.expired:
                stop.event.wait(POLL_SECONDS)
                continue
            where = row.holder.split()[0]
            if not repeatable:
                if quietly(claim.interrupted):
                    say("error", f"{claim.name}: the run of {claim.due} UTC on {where} was interrupted and is not repeated")
                    return 1
                continue
            again = attempt(claim, expired=True)
            if again is None or again.holder != claim.holder:
                continue
            say("error", f"{claim.name}: the run of {claim.due} UTC on {where} was interrupted; it is repeated here")
        if count := quietly(claim.earlier_interrupted):
            say("error", f"{claim.name}: {count} earlier runs were interrupted and are not repeated")
        status, held = hold.run(claim, command, stop, begun, say)
        if not held or stop.event.is_set():
            say("error", f"{claim.name}: the run of {claim.due} UTC was interrupted here")
            return 1
        outcome = "succeeded" if status == 0 else f"failed with {status}"
        # Retries until the outcome is stored, because other servers report a run without a stored outcome as
        # interrupted.
        until = hold.now() + hold.TERM_SECONDS
        while not noted(claim, outcome) and hold.now() < until:
            time.sleep(1)
        say("info" if status == 0 else "error", f"{claim.name}: the run of {claim.due} UTC {outcome}")
        return exit_status(status)
    return 0


def attempt(claim, expired=False):
    """Tries to claim the run. Returns the resulting row, or None if the primary cannot be reached."""
    try:
        return claim.take(expired)
    except Exception as problem:
        say("warn", f"{claim.name}: cannot ask the primary: {problem}")
        return None


def noted(claim, outcome):
    try:
        claim.finish(outcome)
        return True
    except Exception as problem:
        say("warn", f"{claim.name}: cannot record that it {outcome}: {problem}")
        return False


def quietly(step):
    try:
        return step()
    except Exception as problem:
        say("warn", f"cannot write to the primary: {problem}")
        return None


def exit_status(status):
    return status if status >= 0 else 128 - status
