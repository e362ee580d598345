"""
Starts real MySQL servers on the loopback interface and an object storage, for tests of uploads. If a program is missing, reports the tests
as not checked.
"""

import json
import pathlib
import shutil
import subprocess
import tempfile
import time
import unittest

import support  # noqa: F401
import pymysql
from bucket import Bucket, Refused
from servers import Server, blank_data, free_ports

TIMELINE, BRANCH = "7d2f4c56-1f0e-4d0b-8a36-90d5a1c2e7b4", "0123456789abcdef"
MOTO = "/opt/moto/bin/python"
ARCHIVE = pathlib.Path(__file__).parents[5] / "lab/stand-ins/archive/archive.py"
SETUP = (
    "CREATE DATABASE backup",
    "CREATE TABLE backup.heartbeat (id INT PRIMARY KEY, at DATETIME(6) NOT NULL)",
    # mysql-group creates the table with this statement.
    "CREATE TABLE backup.branch (number INT PRIMARY KEY, id CHAR(16), timeline CHAR(36), parent CHAR(16), forked LONGTEXT NOT NULL,"
    " lost TEXT NOT NULL, reason TEXT NOT NULL, member VARCHAR(100) NOT NULL, begun DATETIME(6) NOT NULL)",
    f"INSERT INTO backup.branch VALUES (1, '{BRANCH}', '{TIMELINE}', NULL, '', '[]', 'first start', 'alpha', UTC_TIMESTAMP(6))",
    "CREATE DATABASE app",
    "CREATE TABLE app.t (id INT AUTO_INCREMENT PRIMARY KEY, v VARCHAR(100))",
)


def require_programs():
    for tool in ("mysqld", "age", "zstd", MOTO):
        if not shutil.which(tool):
            raise unittest.SkipTest(f"no {tool}")
    if not hasattr(pymysql, "connections"):
        raise unittest.SkipTest("no pymysql")


class Storage:
    """Runs a bucket "archive" in moto, with one key for each server."""

    def __init__(self, folder, servers):
        (port,) = free_ports(1)
        self.endpoint = f"http://127.0.0.1:{port}"
        keys = {name: f"KEYOF{name.upper()}:SECRET" for name in ("owner", "reader", *servers)}
        self.keys = keys
        settings = {"keys": {name: keys[name] for name in ("owner", "reader")}, "writers": {name: keys[name] for name in servers}, "bucket": "archive", "region": "fsn1", "lockDays": 22, "port": port}
        file = folder / "storage.json"
        file.write_text(json.dumps(settings))
        self._process = subprocess.Popen([MOTO, str(ARCHIVE), "serve", str(file)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(600):
            try:
                list(self.bucket("owner").list(""))
                return
            except Refused:
                time.sleep(0.1)
        raise TimeoutError("the object storage does not answer")

    def bucket(self, key):
        return Bucket(self.endpoint, "fsn1", "archive", self.keys[key])

    def close(self):
        self._process.terminate()
        self._process.wait()


def alone(folder):
    """Starts a server outside any group. The timeline is the server's UUID, so that the archive contains its transactions."""
    made = Server(folder, "alone", 1)
    made.make_blank(blank_data(folder))
    (made.data / "auto.cnf").write_text(f"[auto]\nserver-uuid={TIMELINE}\n")
    made.start()
    made.ask("SET GLOBAL super_read_only = OFF", "DROP USER backup@localhost", "CREATE USER backup@localhost", "GRANT SELECT, REPLICATION CLIENT, BACKUP_ADMIN, BINLOG_ADMIN, RELOAD ON *.* TO backup@localhost", "RESET BINARY LOGS AND GTIDS", *SETUP)
    made.ask("GRANT INSERT, DELETE ON backup.* TO backup@localhost")
    return made


def folder(case):
    made = tempfile.TemporaryDirectory(prefix="archive")
    case.addClassCleanup(made.cleanup)
    return pathlib.Path(made.name)
