"""Quarantines received transactions that exist on no other member before mysqld drops them."""

import errno
import os
import pathlib
import shutil
import time

import members

RELAY_LOGS = "relay-group_replication_applier.*"
# Free space in bytes that MySQL needs to start and to join the group.
LEFT_BYTES = 64 << 20
# Days for which folders with quarantined transactions are kept. Each new quarantine deletes older folders, so that they
# do not fill the volume.
KEPT_DAYS = 180


def keep(data_directory, what):
    """Copies the relay logs into a new folder whose name contains the current time. The folder's README contains
    the text `what`. A partial copy is deleted if the copy fails.
    @raises OSError if the volume has not enough space
    """
    folder = members.FOLDER / _name(time.time())
    draft = folder.with_suffix(".new")
    # Deletes incomplete copies, which remain after a power failure or from an earlier release.
    for left in members.FOLDER.glob("received-*.new"):
        shutil.rmtree(left, ignore_errors=True)
    for old in members.FOLDER.glob("received-*Z"):
        if old.name < _name(time.time() - KEPT_DAYS * 86400):
            shutil.rmtree(old, ignore_errors=True)
    logs = sorted(pathlib.Path(data_directory).glob(RELAY_LOGS))
    needed, free = sum(log.stat().st_size for log in logs) + LEFT_BYTES, shutil.disk_usage(members.FOLDER).free
    if free < needed:
        raise OSError(errno.ENOSPC, f"the quarantine needs {needed >> 20} MiB, {free >> 20} MiB are free; see mysql-data release")
    try:
        draft.mkdir()
        for log in logs:
            shutil.copyfile(log, draft / log.name)
        (draft / "README").write_text(
            f"{what}\n\nReceived, but neither applied here nor in the running group. To read them: mysqlbinlog FILE.\n"
            f"Delete this folder if nothing in it is needed. A new quarantine deletes it after {KEPT_DAYS} days.\n"
        )
        os.sync()
        draft.rename(folder)
    except OSError:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    return folder


def _name(seconds):
    return f"received-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime(seconds))}"


def kept():
    """Returns the existing folders with quarantined transactions."""
    return tuple(sorted(str(folder) for folder in members.FOLDER.glob("received-*Z")))
