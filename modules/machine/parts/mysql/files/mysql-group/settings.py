"""Reads the settings of this member from /etc/mysql-group/group.json."""

import json
import pathlib
from typing import NamedTuple

# SHA-256 of this release. Each release is unpacked into a folder whose name is its SHA-256.
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
    # Network of clients and members in CIDR notation. The host part of MySQL account names contains this network.
    subnet: str
    database: str
    maximumReplicaLagSeconds: float
    # Path of the password file of each account.
    passwords: dict
    # True if mysql-backup uploads the logs of this member.
    backup: bool = False
    # UUID of the replication group if `backup` is True. The folder of the group in the archive has the same name.
    group: str = ""
    # Privilege level of the application's account; see grants.py.
    privileges: str = "append"
    # True if servers use a database table to coordinate workers and schedules; see app-runs.
    claims: bool = False
    # Addresses of members that are far from all other members. Commits on a far member are slower, because the network
    # round trip is longer.
    far: list = []

    def address_of(self, name):
        """Returns the address of a member. A member that is not in the configuration has its address as name."""
        return self.members.get(name, name)


def load(file=FILE):
    return Settings(**json.loads(pathlib.Path(file).read_text()))


def secret(settings, account):
    """Returns the password with which mysql-group logs in as this account."""
    return _generations(settings, account)[0][1]


def accepted(settings, account):
    """Returns the configured passwords of the account as (generation, password), starting with the newest
    generation."""
    return sorted(_generations(settings, account), reverse=True)


def _generations(settings, account):
    """Reads the password file of an account. Each line contains one accepted password: "GENERATION PASSWORD".
    mysql-group logs in with the password in the first line. A password without a number is generation 1."""
    lines = [line.split() for line in pathlib.Path(settings.passwords[account]).read_text().splitlines() if line.strip()]
    return [(1, words[0]) if len(words) == 1 else (int(words[0]), words[1]) for words in lines]
