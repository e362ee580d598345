"""Reads the settings of this server from /etc/mysql-backup."""

import json
import pathlib
from typing import NamedTuple

FOLDER = pathlib.Path("/etc/mysql-backup")


class Settings(NamedTuple):
    # Name of the group, which is also the name of the group's folder in the archive.
    timeline: str
    # Name of this server, which is also the name of the server's folder below the timeline.
    member: str
    # Name of each member by its private address.
    members: dict
    endpoint: str
    region: str
    bucket: str
    # age public keys. Anyone who has a matching private key can read the archive.
    recipients: list
    baseHours: float
    socket: str
    data: str


class Choice(NamedTuple):
    """Options of a restore: data that the restore excludes, and the branch that the restore follows."""

    excludeServers: tuple = ()
    # Names of excluded logs, for example MEMBER/000012-LOGID.
    excludeLogs: tuple = ()
    # Only data that the bucket received before this time are used. The time is in ISO 8601, by the bucket's clock, which no server can
    # forge.
    uploadedBefore: str = ""
    # Branch that the restore follows.
    branch: str = ""


class Restore(NamedTuple):
    # Name of the timeline that is restored.
    timeline: str
    # End of the restore: a time in ISO 8601, "latest" or "before GTID".
    at: str
    # Private addresses of the other members, and the port on which they report their state.
    others: list
    rolePort: int
    choice: Choice = Choice()


def load(folder=FOLDER):
    return Settings(**json.loads((folder / "settings.json").read_text()))


def load_restore(folder=FOLDER):
    told = {key: value for name in ("restore", "restoring") for key, value in json.loads((folder / f"{name}.json").read_text()).items()}
    choice = Choice(**{field: told.pop(field) for field in Choice._fields if field in told})
    return Restore(**told, choice=choice)
