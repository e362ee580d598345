"""
What operators do with the archive (archive.ts calls it), by the very code that servers have. Settings and keys are JSON on standard input,
the answer is JSON on standard output; what is said meanwhile goes to standard error.
"""

import contextlib
import json
import os
import pathlib
import sys
import tempfile

import drill
import inventory
import rights
from bucket import Bucket, Refused


def main(command, told):
    place = told["settings"]

    def opened_by(name):
        return Bucket(place["endpoint"], place["region"], place["bucket"], told["keys"][name])

    if command == "look":
        return inventory.look(opened_by("reader"))
    if command == "drill":
        with tempfile.TemporaryDirectory() as folder:
            identity = pathlib.Path(folder, "key")
            identity.touch(0o600)
            identity.write_text(told["privateKey"])
            # mysqld is another user where this is root.
            os.chmod(folder, 0o711)
            return drill.drill(opened_by("reader"), told["timeline"], identity, pathlib.Path(folder, "drill"))
    if command == "create":
        return rights.create(opened_by("owner"), place, told["project"], told["keys"])
    return rights.check(opened_by("owner"), opened_by("writer"), opened_by("reader"), place)


if __name__ == "__main__":
    try:
        with contextlib.redirect_stdout(sys.stderr):
            answer = main(sys.argv[1], json.load(sys.stdin))
    except Refused as problem:
        sys.exit(str(problem))
    json.dump(answer, sys.stdout)
