"""Settings of this member, from /etc/mysql-group/group.json."""

import json
import pathlib
from typing import NamedTuple

FILE = "/etc/mysql-group/group.json"
# Lists that outlive the daemon: addresses of the last view with a majority; addresses that an operator has taken off the members.
REMEMBERED = pathlib.Path("/var/lib/mysql-group/view.json")
FORGOTTEN = pathlib.Path("/var/lib/mysql-group/forgotten.json")
# Names of members that an operator has declared lost, for one bootstrap.
LOST = pathlib.Path("/run/mysql-group/lost-members.json")


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


def stored(file):
    """The list in this file; empty when there is none."""
    try:
        return tuple(json.loads(file.read_text()))
    except (OSError, ValueError):
        return ()


def store(file, values):
    draft = file.with_suffix(".new")
    draft.write_text(json.dumps(sorted(values)))
    draft.replace(file)


def expected_members(settings, seen):
    """Name -> address: configured members, and those seen in a view though this configuration is older than they are."""
    extra = sorted(set(seen) - set(settings.members.values()))
    return {**settings.members, **{address: address for address in extra}}
