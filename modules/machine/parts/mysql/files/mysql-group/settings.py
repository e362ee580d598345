"""Reads the settings of this member from /etc/mysql-group/group.json."""

import json
import pathlib
from typing import NamedTuple

# Each release is unpacked into a folder named after its SHA-256.
RELEASE = pathlib.Path(__file__).resolve().parent.name

DATA = pathlib.Path("/var/lib/mysql/data")
FILE = "/etc/mysql-group/group.json"


class Settings(NamedTuple):
    server: str
    address: str
    # Private address of each member by name, in configuration order.
    members: dict
    rolePort: int
    socket: str
    # Network of clients and members, in CIDR notation for MySQL's host names.
    subnet: str
    database: str
    maximumReplicaLagSeconds: float
    # File with the password of each account.
    passwords: dict
    # True if mysql-backup uploads this member's data.
    backup: bool = False
    # UUID of the group if `backup` is True. The group's folder in the archive has this name.
    group: str = ""
    # Privilege level of the application's account, see grants.py.
    privileges: str = "append"
    # True if servers coordinate workers and schedules through a database table; see app-runs.
    claims: bool = False
    # Addresses of members that are far from all other members. A commit on such a member waits for a longer round trip.
    far: list = []

    def address_of(self, name):
        """Returns the address of a member. If a member is not in the configuration, its name is its address."""
        return self.members.get(name, name)


def load(file=FILE):
    return Settings(**json.loads(pathlib.Path(file).read_text()))


def secret(settings, account):
    """Returns the password with which the account logs in."""
    return _generations(settings, account)[0][1]


def accepted(settings, account):
    """Returns the configured passwords of the account as (generation, password). The newest generation comes first."""
    return sorted(_generations(settings, account), reverse=True)


def _generations(settings, account):
    """
    Reads the password file of an account. Each line has one accepted password: "GENERATION PASSWORD". The password in the first line is
    used to log in. A password without a number is generation 1.
    """
    lines = [line.split() for line in pathlib.Path(settings.passwords[account]).read_text().splitlines() if line.strip()]
    return [(1, words[0]) if len(words) == 1 else (int(words[0]), words[1]) for words in lines]
