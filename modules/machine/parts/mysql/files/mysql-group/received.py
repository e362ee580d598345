"""What a member has received from the group and nobody else has: kept aside before the server drops it."""

import os
import pathlib
import shutil
import time

import members

RELAY_LOGS = "relay-group_replication_applier.*"


def keep(data_directory, what):
    """Copies the relay logs into a folder of their own, named by the time, with a file that says `what` is in them."""
    folder = members.FOLDER / f"received-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}"
    draft = folder.with_suffix(".new")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir()
    for log in sorted(pathlib.Path(data_directory).glob(RELAY_LOGS)):
        shutil.copyfile(log, draft / log.name)
    (draft / "README").write_text(
        f"{what}\n\nReceived from the group, not applied here, and not in the group that runs now. To read them: mysqlbinlog FILE.\n"
        "Delete this folder when nothing in it is missed.\n"
    )
    os.sync()
    draft.rename(folder)
    return folder


def kept():
    """The folders that nobody has deleted yet."""
    return tuple(sorted(str(folder) for folder in members.FOLDER.glob("received-*Z")))
