"""
A restore drill. It restores the newest data of the archive on this machine, as a server does, and compares the data with the row counts and
checksums that the group has stored. The result is an object in the archive. Members read from the object's name whether the drill succeeded.
"""

import json
import resource
import shutil
import subprocess
import time

import comparing
from bucket import Refused
from gtid import describe, parse
from names import drill_key, stamp
from replay import Incomplete, text_of
from restore import run
from sealing import unseal

# Maximum age of the last heartbeat. The primary writes a heartbeat every 30 s, except during a failover.
HEARTBEAT_SECONDS = 900
AGE = "SELECT TIMESTAMPDIFF(SECOND, at, UTC_TIMESTAMP()) FROM backup.heartbeat"
NOT_COUNTED = "not compared: the group had not counted them"


def drill(bucket, timeline, identity, folder):
    """Runs a drill. @returns the content of the stored result @raises Refused if the result cannot be stored"""
    started = time.time()
    result = {"timeline": timeline, "at": stamp(started), "good": False}
    try:
        result.update(_tried(bucket, timeline, identity, folder), good=True)
    except (Refused, Incomplete, ValueError, OSError, subprocess.SubprocessError) as problem:
        result["problem"] = str(problem)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    result["seconds"] = round(time.time() - started)
    # Memory of the largest child process, which is mysqld.
    result["memoryMiB"] = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss >> 10
    content = json.dumps(result, indent=2).encode()
    bucket.put(drill_key(timeline, result["at"], result["good"], content), content)
    return result


def _tried(bucket, timeline, identity, folder):
    counted = {}

    def compare(mysql, manifest):
        key = manifest.get("rows")
        counted.clear()
        counted.update((json.loads(unseal(bucket.get(key), identity)) if key else None) or {})
        return counted and (parse(counted["gtids"]), lambda: _compare(mysql, counted["rows"]))

    done = run(folder, timeline, "latest", bucket, identity, compare=compare, inspect=_inspect)
    return {
        "base": f"{done.manifest['member']}, until {text_of(done.manifest['newestCommit'])}",
        "gtids": describe(done.gtids),
        "until": text_of(done.last),
        **done.found,
        "rows": sum(int(text.split()[0]) for text in counted["rows"].values()) if counted else NOT_COUNTED,
        "excluded": done.notes,
    }


def _compare(mysql, rows):
    """Compares the row count and the checksum of each table with the values that a member computed after the same transactions."""
    statements = _statements(mysql)
    for table, expected in rows.items():
        found = mysql.ask(statements[table]) if table in statements else "no table"
        if found != expected:
            raise Incomplete(f"{table} has {found} (rows, checksum), and the group had {expected} at the same transactions")


def _statements(mysql):
    return comparing.statements([line.split("\t") for line in mysql.ask(comparing.COLUMNS).split("\n")])


def _inspect(mysql):
    age = int(mysql.ask(AGE) or 10**9)
    if age > HEARTBEAT_SECONDS:
        raise Incomplete(f"the restored data end {age} s ago, although the site writes a heartbeat every half minute")
    tables = list(_statements(mysql))
    for table in tables:
        _require_whole(mysql, table)
    return {"endsSecondsAgo": age, "tables": len(tables)}


def _require_whole(mysql, table):
    """Checks that all rows and indexes of a table can be read."""
    *_, verdict = mysql.ask(f"CHECK TABLE {'.'.join(map(comparing.quoted, table.split('.', 1)))}").split("\n")[-1].split("\t")
    if verdict != "OK":
        raise Incomplete(f"{table}: {verdict}")
