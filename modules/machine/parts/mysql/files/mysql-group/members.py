"""
The list of members, stored on the data volume so that a replaced server finds it again.

Members are added from the configuration and from views. Only an operator removes a member (`forget`, `force-bootstrap`), until it appears
in a view again. A joining member adopts its group's list, including removals by operators.
"""

import fcntl
import json
import os
import pathlib

FOLDER = pathlib.Path("/var/lib/mysql/mysql-group")
# Names declared lost by an operator, kept until a group runs without them.
LOST = pathlib.Path("/run/mysql-group/lost-members.json")

# State of each address. CONFIGURED: a configured member that may never have joined the group. SEEN: was ONLINE in the group, so it has
# data. FORGOTTEN: neither waited for nor counted.
CONFIGURED, SEEN, FORGOTTEN = "configured", "seen", "forgotten"


def load():
    """
    Address -> its state.
    @throws OSError, ValueError: there is no volume or no valid list; neither must be mistaken for an empty list
    """
    FOLDER.stat()
    return dict(_read(FOLDER / "members.json", {}))


def change(how):
    """Replaces the list with `how(list)` and returns it. A lock serialises the daemon and operators' commands."""
    with (FOLDER / "members.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        before = load()
        after = how(before)
        if after != before:
            _write(FOLDER / "members.json", after)
        return after


def grown(known, configured, view=(), online=()):
    """The list with the configured members and those seen in a view added."""
    back = {address: CONFIGURED for address in view if known.get(address) != SEEN}
    return {**dict.fromkeys(configured, CONFIGURED), **known, **back, **dict.fromkeys(online, SEEN)}


def without(known, addresses):
    """The list with these addresses marked as forgotten, as decided by an operator."""
    return {**known, **dict.fromkeys(addresses, FORGOTTEN)}


def agreed(known, group):
    """
    Merges the lists of a running group's members, which override the list of a returning member. A member that counts an address overrides
    one that has forgotten it.
    """
    forgotten = {address for report in group for address in report.forgotten}
    counted = {address for report in group for address in (*report.view, *report.remembered)}
    seen = {address for report in group for address in report.seen}
    return grown(without(known, forgotten), (), counted, seen & counted)


def told(known):
    """The list as fields of a report."""
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
    """Writes atomically, even across a power cut."""
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
