"""
Stores the list of members on the data volume, so that the list survives the replacement of a server.

mysql-group adds members from the configuration and from the group's views. Only an operator removes a member (`forget`, `force-bootstrap`).
If a removed member appears in a view again, mysql-group adds it again. A member that joins a group adopts the list of the group, including
the removals by operators.
"""

import fcntl
import json
import os
import pathlib

FOLDER = pathlib.Path("/var/lib/mysql/mysql-group")
# File with the names of members that an operator declared lost. The file exists only while `force-bootstrap` waits for
# a group without these members.
LOST = pathlib.Path("/run/mysql-group/lost-members.json")

# State of an address in the list. CONFIGURED: a configured member that may never have joined the group. SEEN: a member
# that was ONLINE in the group, so it has data. FORGOTTEN: a member that an operator removed. mysql-group neither waits
# for a removed member nor counts it.
CONFIGURED, SEEN, FORGOTTEN = "configured", "seen", "forgotten"


def load():
    """Returns the state of each address in the list of members.
    @raises OSError if there is no volume
    @raises ValueError if the file has no valid list
    """
    FOLDER.stat()
    return dict(_read(FOLDER / "members.json", {}))


def change(how):
    """Replaces the list of members with `how(list)` and returns the new list. A lock prevents simultaneous
    changes by the daemon and an operator's command."""
    with (FOLDER / "members.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        before = load()
        after = how(before)
        if after != before:
            _write(FOLDER / "members.json", after)
        return after


def grown(known, configured, view=(), online=()):
    """Returns the list of members, extended by the configured members and by the members of the group's view."""
    back = {address: CONFIGURED for address in view if known.get(address) != SEEN}
    return {**dict.fromkeys(configured, CONFIGURED), **known, **back, **dict.fromkeys(online, SEEN)}


def without(known, addresses):
    """Returns the list of members with the given addresses marked as forgotten."""
    return {**known, **dict.fromkeys(addresses, FORGOTTEN)}


def agreed(known, group):
    """Returns the list that a returning member adopts from the members of a running group. If the members
    disagree whether an address is forgotten, the result counts the address."""
    forgotten = {address for report in group for address in report.forgotten}
    counted = {address for report in group for address in (*report.view, *report.remembered)}
    seen = {address for report in group for address in report.seen}
    return grown(without(known, forgotten), (), counted, seen & counted)


def told(known):
    """Returns the list of members as fields of a report."""
    return {
        "remembered": tuple(sorted(address for address, word in known.items() if word != FORGOTTEN)),
        "seen": tuple(sorted(address for address, word in known.items() if word == SEEN)),
        "forgotten": tuple(sorted(address for address, word in known.items() if word == FORGOTTEN)),
    }


def lost():
    return tuple(_read(LOST, ()))


def declare_lost(names):
    _write(LOST, sorted(names))


def _read(file, otherwise):
    try:
        return json.loads(file.read_text())
    except FileNotFoundError:
        return otherwise


def _write(file, value):
    """Writes the file atomically, even if the power fails."""
    draft = file.with_suffix(".new")
    with draft.open("w") as out:
        json.dump(value, out, indent=2, sort_keys=True)
        out.flush()
        os.fsync(out.fileno())
    draft.replace(file)
    folder = os.open(file.parent, os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
