"""
What the archive has of members, before an operator's command drops what only they had. Members can list the bucket and not read it: the names
there tell which transactions each member had shipped, and not what is in them.
"""

import json
import subprocess

from gtid import describe, parse, subtract, union

COMMAND = ["/usr/local/sbin/mysql-backup", "archived"]
SECONDS = 300


def add_option(parser):
    parser.add_argument(
        "--despite-archive", action="store_true",
        help="also if the archive cannot be listed, or shows transactions that are lost to the group; without it the command is refused then",
    )


def allows(settings, found, despite):
    """Prints what is found, by the function `found` of what is archived. @returns whether the command may go on"""
    if not settings.backup:
        return True
    archived, problem = _listed()
    lines = [problem] if problem else list(found(archived))
    for line in lines:
        print(line)
    if lines and not despite:
        print("refused: nothing was changed; to go on all the same, add --despite-archive")
    return despite or not lines


def only_archived(names, alive, archived):
    """Transactions that members had shipped and that none of those that are left has. `alive`: their Reports."""
    kept = _held(alive)
    for name in names:
        there = archived.get(name)
        extra = there and subtract(parse(there["gtids"]), kept)
        if extra:
            yield (
                f"{name} had committed transactions that are in the archive alone: {describe(extra)}, shipped until {there['until']}."
                f" They stay there, and the group will not have them; to look at them: npm run ops -- restore --latest --branch {there['branch']}"
            )


def discarded(mine, group, archived):
    """Transactions of this member that neither the group nor the archive has."""
    extra = subtract(union(parse(mine.executed), parse(mine.received)), _held(group))
    lost = subtract(extra, union(*(parse(there["gtids"]) for there in archived.values())))
    if lost:
        yield f"transactions of this member are neither in the group nor in the archive: {describe(lost)}; they would be in the old data directory alone"


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
