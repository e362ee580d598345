"""Settings of this server, from /etc/mysql-backup."""

import json
import pathlib
from typing import NamedTuple

FOLDER = pathlib.Path("/etc/mysql-backup")


class Settings(NamedTuple):
    # Name of the group, and of its part of the archive.
    timeline: str
    # Name of this server, and of its part of the timeline.
    member: str
    # Names of all members, by private address.
    members: dict
    endpoint: str
    region: str
    bucket: str
    # Public keys of age: each of their owners can read the archive.
    recipients: list
    baseHours: float
    socket: str
    data: str


class Restore(NamedTuple):
    # The part of the archive that is restored.
    timeline: str
    # A time in ISO 8601, "latest", or "before GTID".
    at: str
    # Private addresses of the other members, and where they tell their state.
    others: list
    rolePort: int
    # See contents.Choice.
    excludeServers: tuple = ()
    excludeLogs: tuple = ()
    uploadedBefore: str = ""
    branch: str = ""

    @property
    def choice(self):
        from contents import Choice

        return Choice(self.excludeServers, self.excludeLogs, self.uploadedBefore, self.branch)


def load(folder=FOLDER):
    return Settings(**json.loads((folder / "settings.json").read_text()))


def load_restore(folder=FOLDER):
    return Restore(**json.loads((folder / "restore.json").read_text()))
