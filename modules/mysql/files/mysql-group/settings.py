"""Settings of this member, from /etc/mysql-group/group.json."""

import json
import pathlib
from typing import NamedTuple

FILE = "/etc/mysql-group/group.json"
REMEMBERED = pathlib.Path("/var/lib/mysql-group/view.json")
OVERRIDE = pathlib.Path("/run/mysql-group/lost-members.json")


class Settings(NamedTuple):
    server: str
    address: str
    # Name -> private address of every configured member, in order.
    members: dict
    rolePort: int
    socket: str
    # Where clients and members come from, as MySQL's CIDR host pattern.
    subnet: str
    database: str
    maximumReplicaLagSeconds: float
    # Account -> file that holds its password.
    passwords: dict


def load(file=FILE):
    return Settings(**json.loads(pathlib.Path(file).read_text()))


def secret(settings, account):
    return pathlib.Path(settings.passwords[account]).read_text().strip()


def remembered():
    """Addresses of the last view with a majority; empty when none is known."""
    try:
        return tuple(json.loads(REMEMBERED.read_text()))
    except (OSError, ValueError):
        return ()


def remember(addresses):
    draft = REMEMBERED.with_suffix(".new")
    draft.write_text(json.dumps(sorted(addresses)))
    draft.replace(REMEMBERED)


def expected_members(settings, views):
    """Configured members, and members that a view names though this configuration is older than they are."""
    known = set(settings.members.values())
    extra = sorted({address for view in views for address in view} - known)
    return {**settings.members, **{address: address for address in extra}}
