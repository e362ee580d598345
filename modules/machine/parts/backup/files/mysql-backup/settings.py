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


class Choice(NamedTuple):
    """Exclusions of a restore, and the branch."""

    excludeServers: tuple = ()
    # MEMBER/000012-LOGID
    excludeLogs: tuple = ()
    # In ISO 8601, by the bucket's clock, which no server can forge.
    uploadedBefore: str = ""
    # The branch to follow.
    branch: str = ""


class Restore(NamedTuple):
    # Timeline to restore.
    timeline: str
    # A time in ISO 8601, "latest", or "before GTID".
    at: str
    # Private addresses of the other members, and the port of their state.
    others: list
    rolePort: int
    choice: Choice = Choice()


def load(folder=FOLDER):
    return Settings(**json.loads((folder / "settings.json").read_text()))


def load_restore(folder=FOLDER):
    told = {key: value for name in ("restore", "restoring") for key, value in json.loads((folder / f"{name}.json").read_text()).items()}
    choice = Choice(**{field: told.pop(field) for field in Choice._fields if field in told})
    return Restore(**told, choice=choice)
