"""Settings of this member, from /etc/mysql-group/group.json."""

import json
import pathlib
from typing import NamedTuple

# Each release is unpacked into a folder that its SHA-256 names.
RELEASE = pathlib.Path(__file__).resolve().parent.name

DATA = pathlib.Path("/var/lib/mysql/data")
FILE = "/etc/mysql-group/group.json"


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
    # mysql-backup ships this member's data.
    backup: bool = False
    # With `backup`: UUID of the group, and name of its part of the archive.
    group: str = ""
    # Level of the application's account, see accounts.py.
    privileges: str = "append"
    # Servers agree by rows of a table on who runs what, see app-runs.
    claims: bool = False

    def address_of(self, name):
        """One that the configuration does not know goes by its address."""
        return self.members.get(name, name)


def load(file=FILE):
    return Settings(**json.loads(pathlib.Path(file).read_text()))


def secret(settings, account):
    """The password to show."""
    return _generations(settings, account)[0][1]


def accepted(settings, account):
    """What the account's passwords are to be, the newest first: (generation, password)."""
    return sorted(_generations(settings, account), reverse=True)


def _generations(settings, account):
    """One line for each that is accepted, its generation before it, and the one to show first. A single one without a number is the first."""
    lines = [line.split() for line in pathlib.Path(settings.passwords[account]).read_text().splitlines() if line.strip()]
    return [(1, words[0]) if len(words) == 1 else (int(words[0]), words[1]) for words in lines]
