"""
A drill: the newest archive is restored here, as a server would, and compared with what the group said of itself. The result is an object in the
archive; its name tells the members' monitoring whether it was good.
"""

import json
import resource
import shutil
import subprocess
import time

from bucket import Refused
from gtid import describe
from names import drill_key, stamp
from replay import Incomplete
from restore import fetch, running
from sealing import unseal

# The site writes a heartbeat every half minute; a primary may be changing.
HEARTBEAT_SECONDS = 900
AGE = "SELECT TIMESTAMPDIFF(SECOND, at, UTC_TIMESTAMP()) FROM backup.heartbeat"
TABLES = "SELECT CONCAT(TABLE_SCHEMA, '.', TABLE_NAME) FROM information_schema.TABLES WHERE TABLE_TYPE = 'BASE TABLE' AND TABLE_SCHEMA NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema') ORDER BY 1"


def drill(bucket, timeline, identity, folder):
    """@returns what its object says @raises Refused when that cannot be written"""
    started = time.time()
    result = {"timeline": timeline, "at": stamp(started), "good": False}
    try:
        result.update(_tried(bucket, timeline, identity, folder), good=True)
    except (Refused, Incomplete, ValueError, OSError, subprocess.SubprocessError) as problem:
        result["problem"] = str(problem)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    result["seconds"] = round(time.time() - started)
    # Of the largest program: MySQL.
    result["memoryMiB"] = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss >> 10
    content = json.dumps(result, indent=2).encode()
    bucket.put(drill_key(timeline, result["at"], result["good"], content), content)
    return result


def _tried(bucket, timeline, identity, folder):
    found = fetch(folder, timeline, "latest", bucket, identity)
    key = found.manifest.get("rows")
    counted = json.loads(unseal(bucket.get(key), identity)) if key else None
    with running(found.data) as mysql:
        if counted:
            mysql.replay(found.logs, only=counted["gtids"])
            _compare(mysql, counted["rows"])
        mysql.replay(found.logs)
        mysql.require(found.promised)
        age = int(mysql.ask(AGE) or 10**9)
        if age > HEARTBEAT_SECONDS:
            raise Incomplete(f"what was restored ends {age} s ago, where the site writes a heartbeat every half minute")
        tables = mysql.ask(TABLES).split("\n")
        for table in tables:
            _require_whole(mysql, table)
    return {
        "base": found.manifest["taken"],
        "gtids": describe(found.promised),
        "endsSecondsAgo": age,
        "tables": len(tables),
        "rows": sum(counted["rows"].values()) if counted else "not compared: the group had not counted them",
    }


def _compare(mysql, rows):
    for table, expected in rows.items():
        there = int(mysql.ask(f"SELECT COUNT(*) FROM {_quoted(table)}"))
        if there != expected:
            raise Incomplete(f"{table} has {there} rows, and the group had {expected} at the same transactions")


def _require_whole(mysql, table):
    """All of its rows and indexes can be read."""
    *_, verdict = mysql.ask(f"CHECK TABLE {_quoted(table)}").split("\n")[-1].split("\t")
    if verdict != "OK":
        raise Incomplete(f"{table}: {verdict}")


def _quoted(table):
    return ".".join(f"`{name}`" for name in table.split(".", 1))
