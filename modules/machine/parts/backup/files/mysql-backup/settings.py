"""Settings of this server, from /etc/mysql-backup."""

import json
import pathlib
from typing import NamedTuple

FOLDER = pathlib.Path("/etc/mysql-backup")


class Settings(NamedTuple):
    # Name of the group and of its folder in the archive.
    timeline: str
    # Name of this server and of its folder in the timeline.
    member: str
    # Names of all members, by private address.
    members: dict
    endpoint: str
    region: str
    bucket: str
    # age public keys; the owner of each matching private key can read the archive.
    recipients: list
    baseHours: float
    socket: str
    data: str


class Restore(NamedTuple):
    # Timeline to restore.
    timeline: str
    # A time in ISO 8601, "latest", or "before GTID".
    at: str
    # Private addresses of the other members, and the port of their state.
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
    return Restore(**{key: value for name in ("restore", "restoring") for key, value in json.loads((folder / f"{name}.json").read_text()).items()})
