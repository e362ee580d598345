"""What a member has received from the group and nobody else has: kept aside before the server drops it."""

import errno
import os
import pathlib
import shutil
import time

import members

RELAY_LOGS = "relay-group_replication_applier.*"
# MySQL needs room to start and to join.
LEFT_BYTES = 64 << 20


def keep(data_directory, what):
    """
    Copies the relay logs into a folder of their own, named by the time, with a file that says `what` is in them.
    @raises OSError when the volume has no room for the copy; nothing of it is left behind
    """
    folder = members.FOLDER / f"received-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}"
    draft = folder.with_suffix(".new")
    # Drafts of attempts that a power cut or an earlier release left behind.
    for left in members.FOLDER.glob("received-*.new"):
        shutil.rmtree(left, ignore_errors=True)
    logs = sorted(pathlib.Path(data_directory).glob(RELAY_LOGS))
    needed, free = sum(log.stat().st_size for log in logs) + LEFT_BYTES, shutil.disk_usage(members.FOLDER).free
    if free < needed:
        raise OSError(errno.ENOSPC, f"{needed >> 20} MiB are needed to keep what was received, {free >> 20} MiB are free; see mysql-data release")
    try:
        draft.mkdir()
        for log in logs:
            shutil.copyfile(log, draft / log.name)
        (draft / "README").write_text(
            f"{what}\n\nReceived from the group, not applied here, and not in the group that runs now. To read them: mysqlbinlog FILE.\n"
            "Delete this folder when nothing in it is missed.\n"
        )
        os.sync()
        draft.rename(folder)
    except OSError:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    return folder


def kept():
    """The folders that nobody has deleted yet."""
    return tuple(sorted(str(folder) for folder in members.FOLDER.glob("received-*Z")))
