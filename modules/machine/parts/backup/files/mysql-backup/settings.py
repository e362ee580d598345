"""Reads the settings of this server from /etc/mysql-backup."""

import json
import pathlib
from typing import NamedTuple

FOLDER = pathlib.Path("/etc/mysql-backup")


class Settings(NamedTuple):
    # Name of the group. Its folder in the archive has the same name.
    timeline: str
    # Name of this server. Its folder in the timeline has the same name.
    member: str
    # Names of all members, with the private address as key.
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
    """Data that a restore excludes, and the branch that it follows."""

    excludeServers: tuple = ()
    # Names of excluded logs, for example MEMBER/000012-LOGID.
    excludeLogs: tuple = ()
    # Upload time before which data count, in ISO 8601 by the bucket's clock. No server can forge this clock.
    uploadedBefore: str = ""
    # Branch that the restore follows.
    branch: str = ""


class Restore(NamedTuple):
    # Timeline that is restored.
    timeline: str
    # End of the restore: a time in ISO 8601, "latest", or "before GTID".
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
