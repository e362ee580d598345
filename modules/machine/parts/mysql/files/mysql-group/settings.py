"""Settings of this member, from /etc/mysql-group/group.json."""

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
    # Name -> private address of every member, in configuration order.
    members: dict
    rolePort: int
    socket: str
    # Network of clients and members, as MySQL's CIDR host pattern.
    subnet: str
    database: str
    maximumReplicaLagSeconds: float
    # Account -> file that holds its password.
    passwords: dict
    # mysql-backup uploads this member's data.
    backup: bool = False
    # With `backup`: UUID of the group, also the name of its folder in the archive.
    group: str = ""
    # Privilege level of the application's account, see grants.py.
    privileges: str = "append"
    # Servers coordinate runs through a table, see app-runs.
    claims: bool = False
    # Addresses of members far from all other members; each of their commits costs a longer round trip.
    far: list = []

    def address_of(self, name):
        """A member missing from the configuration is named by its address."""
        return self.members.get(name, name)


def load(file=FILE):
    return Settings(**json.loads(pathlib.Path(file).read_text()))


def secret(settings, account):
    """The password to log in with."""
    return _generations(settings, account)[0][1]


def accepted(settings, account):
    """The account's configured passwords, newest first: (generation, password)."""
    return sorted(_generations(settings, account), reverse=True)


def _generations(settings, account):
    """
    The file has one line per accepted password, "GENERATION PASSWORD"; the first line is used to log in. A single password without a number
    is generation 1.
    """
    lines = [line.split() for line in pathlib.Path(settings.passwords[account]).read_text().splitlines() if line.strip()]
    return [(1, words[0]) if len(words) == 1 else (int(words[0]), words[1]) for words in lines]
