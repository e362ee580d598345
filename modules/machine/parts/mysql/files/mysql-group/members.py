"""
Who is a member: one list on the data volume, where a replaced server finds it again.

It grows from the configuration and from views. Only an operator takes a member off (`forget`, `force-bootstrap`), until it is seen in a
view again. Who joins a group takes over what its members say: words of operators reach it, outdated ones of its own end.
"""

import fcntl
import json
import os
import pathlib

FOLDER = pathlib.Path("/var/lib/mysql/mysql-group")
# Names that an operator has declared lost, until a group runs without them.
LOST = pathlib.Path("/run/mysql-group/lost-members.json")

# What the list says of an address. CONFIGURED: a member, perhaps never in the group. SEEN: was ONLINE in it, so it holds data.
# FORGOTTEN: neither waited for nor counted.
CONFIGURED, SEEN, FORGOTTEN = "configured", "seen", "forgotten"


def load():
    """
    Address -> what the list says of it.
    @throws OSError, ValueError: there is no volume, or what it holds is no list; neither must pass for an empty one
    """
    FOLDER.stat()
    return dict(_read(FOLDER / "members.json", {}))


def change(how):
    """Replaces the list by `how(list)` and returns it. The daemon and an operator's command take turns."""
    with (FOLDER / "members.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        before = load()
        after = how(before)
        if after != before:
            _write(FOLDER / "members.json", after)
        return after


def grown(known, configured, view=(), online=()):
    """With who is configured, and who is seen in a view."""
    back = {address: CONFIGURED for address in view if known.get(address) != SEEN}
    return {**dict.fromkeys(configured, CONFIGURED), **known, **back, **dict.fromkeys(online, SEEN)}


def without(known, addresses):
    """An operator's word: these are forgotten."""
    return {**known, **dict.fromkeys(addresses, FORGOTTEN)}


def agreed(known, group):
    """What the members of a running group say outweighs the list of one that was away; one that counts outweighs one that has forgotten."""
    forgotten = {address for report in group for address in report.forgotten}
    counted = {address for report in group for address in (*report.view, *report.remembered)}
    seen = {address for report in group for address in report.seen}
    return grown(without(known, forgotten), (), counted, seen & counted)


def told(known):
    """The fields of a report that tell the list."""
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
    """All or nothing, a power cut included."""
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
