"""
Runs the operators' commands on the archive with the code of the servers. archive.ts starts this program. Settings and keys come as JSON on
standard input, the result is JSON on standard output, and progress is printed to standard error.
"""

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

    def opened(key):
        return Bucket(place["endpoint"], place["region"], place["bucket"], key)

    def opened_by(name):
        return opened(told["keys"][name])

    if command == "look":
        return inventory.look(opened_by("reader"))
    if command == "drill":
        with tempfile.TemporaryDirectory() as folder:
            identity = pathlib.Path(folder, "key")
            identity.touch(0o600)
            identity.write_text(told["privateKey"])
            # If this program runs as root, mysqld runs as another user and must be able to enter the folder.
            os.chmod(folder, 0o711)
            return drill.drill(opened_by("reader"), told["timeline"], identity, pathlib.Path(folder, "drill"))
    if command == "create":
        return rights.create(opened_by("owner"), place, told["project"], told["keys"])
    writers = {name: opened(key) for name, key in told["keys"]["writers"].items()}
    return rights.check(opened_by("owner"), writers, opened_by("reader"), place)


if __name__ == "__main__":
    # Standard output carries only the result, so the output of other programs goes to standard error.
    answer_to = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    try:
        answer = main(sys.argv[1], json.load(sys.stdin))
    except Refused as problem:
        sys.exit(str(problem))
    with answer_to:
        json.dump(answer, answer_to)
