"""
Writes secret files. Each file is replaced in one step. The content comes on standard input, so that it appears in no command line.
Prints the paths that services have not loaded yet. A mark file keeps these paths until another command removes it; its path is in the input.
A boot deletes the mark, because services that start then read the new files.
"""

import json
import os
import pathlib
import shutil
import sys

wanted = json.load(sys.stdin.buffer)
mark = pathlib.Path(wanted["mark"])


def differs(file):
    try:
        return pathlib.Path(file["path"]).read_bytes() != file["content"].encode()
    except OSError:
        return True


def put(path, owner, mode, content):
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        shutil.chown(draft, owner, owner)
        os.fchmod(out.fileno(), int(mode, 8))
        out.write(content.encode())
        out.flush()
        os.fsync(out.fileno())
    draft.replace(path)
    folder = os.open(path.parent, os.O_DIRECTORY)
    os.fsync(folder)
    os.close(folder)


waiting = set(mark.read_text().split()) if mark.exists() else set()
changed = [file for file in wanted["files"] if differs(file)]
if changed:
    waiting |= {file["path"] for file in changed}
    put(mark, "root", "0600", "\n".join(sorted(waiting)))
for file in changed:
    put(pathlib.Path(file["path"]), file["owner"], file["mode"], file["content"])
print(json.dumps(sorted(waiting)))
