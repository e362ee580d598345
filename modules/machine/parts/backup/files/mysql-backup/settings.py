"""Reads the settings of this server from /etc/mysql-backup."""

import json
import pathlib
from typing import NamedTuple

FOLDER = pathlib.Path("/etc/mysql-backup")


class Settings(NamedTuple):
    # Name of the replication group, which is also the name of the group's folder in the archive.
    timeline: str
    # Name of this server, which is also the name of the server's folder in the archive.
    member: str
    # Maps the private address of each member to its name.
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
    """Options of a restore: data to exclude, and the branch to follow."""

    excludeServers: tuple = ()
    # Names of binary logs to exclude, for example MEMBER/000012-LOGID.
    excludeLogs: tuple = ()
    # Excludes data that the bucket received at or after this time. The time is in ISO 8601, from the bucket's clock,
    # which servers cannot forge.
    uploadedBefore: str = ""
    # Id of the branch that the restore follows.
    branch: str = ""


class Restore(NamedTuple):
    # Name of the timeline (archive of one replication group) to restore.
    timeline: str
    # Requested end of the restore: a time in ISO 8601, "latest" or "before GTID".
    at: str
    # Private addresses of the other members, and the port on which members report their state.
    others: list
    rolePort: int
    choice: Choice = Choice()


def load(folder=FOLDER):
    return Settings(**json.loads((folder / "settings.json").read_text()))


def load_restore(folder=FOLDER):
    told = {key: value for name in ("restore", "restoring") for key, value in json.loads((folder / f"{name}.json").read_text()).items()}
    choice = Choice(**{field: told.pop(field) for field in Choice._fields if field in told})
    return Restore(**told, choice=choice)
