"""Checks that the archive has the transactions of a member before an operator's command deletes the only other
copy. Members can list the bucket but cannot read objects, so the check uses the transaction ids (GTIDs) in
the object names."""

import json
import subprocess

from gtid import describe, parse, subtract, union

COMMAND = ["/usr/local/sbin/mysql-backup", "archived"]
SECONDS = 300


def add_option(parser):
    parser.add_argument(
        "--despite-archive", action="store_true",
        help="continue even if the archive cannot be listed or shows transactions that the group would lose",
    )


def allows(settings, found, despite):
    """Passes the archived transactions of each member to `found` and prints the problems that `found` returns.
    Returns True if the command may continue."""
    if not settings.backup:
        return True
    archived, problem = _listed()
    lines = [problem] if problem else list(found(archived))
    for line in lines:
        print(line)
    if lines and not despite:
        print("refused: nothing was changed; to continue anyway, add --despite-archive")
    return despite or not lines


def only_archived(names, alive, archived):
    """
    Yields a message for each of the members `names` that uploaded transactions which no remaining member has. `alive`: reports of the
    remaining members.
    """
    kept = _held(alive)
    for name in names:
        there = archived.get(name)
        extra = there and subtract(parse(there["gtids"]), kept)
        if extra:
            yield (
                f"{name} committed transactions that only the archive has: {describe(extra)}, uploaded until {there['until']}."
                f" The group will not have them; to inspect them: npm run ops -- restore --latest --branch {there['branch']}"
            )


def discarded(mine, group, archived):
    """Yields a message if this member has transactions that are neither in the group nor in the archive."""
    extra = subtract(union(parse(mine.executed), parse(mine.received)), _held(group))
    lost = subtract(extra, union(*(parse(there["gtids"]) for there in archived.values())))
    if lost:
        yield f"transactions of this member are neither in the group nor in the archive: {describe(lost)}; only the old data directory would have them"


def _held(reports):
    return union(*(parse(text) for report in reports for text in (report.executed, report.received)))


def _listed():
    try:
        done = subprocess.run(COMMAND, capture_output=True, text=True, timeout=SECONDS)
    except (OSError, subprocess.SubprocessError) as problem:
        return {}, f"the archive cannot be listed: {problem}"
    if done.returncode:
        return {}, f"the archive cannot be listed: {done.stderr.strip().splitlines()[-1] if done.stderr.strip() else 'mysql-backup failed'}"
    return json.loads(done.stdout), None
