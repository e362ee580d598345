"""
Creates the archive of a MySQL server for restore tests: a base backup and logs. Does not use the members' programs, so that tests can
damage each object.
"""

import contextlib
import json
import pathlib
import shutil
import subprocess
import tempfile
import time

import binlog
import comparing
import names
import restore
from bucket import Object, Refused
from sealing import PACK, encrypt, seal

TIMELINE, BRANCH = "7d2f4c56-1f0e-4d0b-8a36-90d5a1c2e7b4", "b" * 16
TAKEN = "20261125T021700Z"
# Maximum size of a segment in bytes. The size is small, so that a log has many segments.
PIECE_BYTES = 900
COME = "2026-11-25T03:00:00.000Z"
OPTIONS = ["--log-bin=binlog", "--server-id=1", "--gtid-mode=ON", "--enforce-gtid-consistency=ON", "--event-scheduler=OFF"]


def age_pair(folder, name):
    file = folder / name
    subprocess.run(["age-keygen", "--output", str(file)], check=True, capture_output=True)
    return file, subprocess.run(["age-keygen", "-y", str(file)], check=True, capture_output=True, text=True).stdout.strip()


@contextlib.contextmanager
def serving(data, folder, options=OPTIONS):
    """Runs a MySQL server on this data. Yields a function that executes statements."""
    socket = folder / "source.sock"
    process = subprocess.Popen(
        ["mysqld", "--no-defaults", "--user=nobody", f"--datadir={data}", f"--socket={socket}", "--skip-networking", "--mysqlx=OFF", "--secure-file-priv=NULL", f"--log-error={folder}/error.log", "--performance-schema=OFF", *options]
    )
    mysql = restore.Mysql(socket)
    try:
        for _ in range(600):
            try:
                mysql.ask("SELECT 1")
                break
            except restore.Incomplete:
                time.sleep(0.2)
        yield mysql.ask
    finally:
        process.terminate()
        process.wait()


class Memory:
    """Bucket in memory. `times` maps the start of a key to the time when the bucket received the object."""

    def __init__(self, objects):
        self.objects, self.times, self.asked = objects, {}, []

    def list(self, prefix, after=""):
        for key in sorted(self.objects):
            if key.startswith(prefix):
                time = next((time for start, time in self.times.items() if key.startswith(start)), COME)
                yield Object(key, len(self.objects[key]), "", time)

    def folders(self, prefix):
        yield from sorted({prefix + key.removeprefix(prefix).partition("/")[0] + "/" for key in self.objects if key.startswith(prefix) and "/" in key.removeprefix(prefix)})

    def get(self, key):
        self.asked.append(key)
        if key not in self.objects:
            raise Refused(f"{key} cannot be read: the bucket answers 404")
        if names.digest(self.objects[key]) != key.rpartition(".")[2]:
            raise Refused(f"{key} is damaged: no version matches the hash in its name")
        return self.objects[key]


class Source:
    """
    MySQL server whose base backup and logs are uploaded for each of `members`. `statements` run after the base backup, each in a separate
    transaction.
    """

    def __init__(self, folder, statements, before=(), members=("alpha", "bravo", "charlie")):
        self.folder, self.members, self.objects = folder, members, {}
        self.key, recipient = age_pair(folder, "key")
        self.recipients = [recipient]
        self.data = folder / "data"
        self.data.mkdir()
        for made in (self.data, folder):
            shutil.chown(made, "nobody")
        subprocess.run(["mysqld", "--no-defaults", "--initialize-insecure", "--secure-file-priv=NULL", "--user=nobody", f"--datadir={self.data}", f"--log-error={folder}/init.log"], check=True)
        with serving(self.data, folder) as ask:
            for statement in ("CREATE DATABASE app", "CREATE TABLE app.orders (id INT PRIMARY KEY AUTO_INCREMENT, text TEXT)", *before):
                ask(statement)
            ask("CREATE DATABASE backup; CREATE TABLE backup.heartbeat (id INT PRIMARY KEY, at DATETIME(6) NOT NULL)")
            ask("INSERT INTO app.orders (text) VALUES ('before the base')")
            self.gtids = ask("SELECT @@GLOBAL.gtid_executed")
            self.commit = int(ask("SELECT CAST(1000000 * UNIX_TIMESTAMP(NOW(6)) AS UNSIGNED)"))
            # The GTIDs contain the server's UUID instead of a group name, because the server is in no group.
            self.timeline = ask("SELECT @@server_uuid")
        shutil.copytree(self.data, folder / "copy", ignore=shutil.ignore_patterns("binlog.*", "*.pem", "auto.cnf"))
        self.part = self.pack()
        with serving(self.data, folder) as ask:
            self.answers = [ask(statement) for statement in statements]
            self.counted = {"gtids": ask("SELECT @@GLOBAL.gtid_executed"), "rows": rows_of(ask)}
            ask("INSERT INTO app.orders (text) VALUES ('after the count')")
            ask("REPLACE INTO backup.heartbeat (id, at) VALUES (1, UTC_TIMESTAMP(6))")
        self.logs = [file.read_bytes() for file in sorted(self.data.glob("binlog.0*"))]
        self.manifest()
        for member in members:
            self.ship(member)

    def sealed(self, content):
        return subprocess.run(encrypt(self.recipients), input=subprocess.run(PACK, input=content, check=True, capture_output=True).stdout, check=True, capture_output=True).stdout

    def pack(self):
        packed = subprocess.run(["tar", "--create", "--directory", str(self.folder / "copy"), "."], check=True, capture_output=True).stdout
        return self.sealed(packed)

    def manifest(self, member="alpha", time=TAKEN, counted=None, **more):
        name = names.backup_name(time, 2, [(1, 5)])
        folder = f"{self.timeline}/{member}/base/{name}"
        key = f"{folder}/0000.{names.digest(self.part)}"
        sealed = seal(json.dumps(counted or self.counted).encode(), self.recipients)
        rows = f"{folder}/rows.{names.digest(sealed)}"
        told = {
            "format": 2, "member": member, "branch": BRANCH, "gtids": {"atLeast": self.gtids, "atMost": self.gtids}, "newestCommit": self.commit, "recipients": self.recipients,
            "parts": [{"key": key, "bytes": len(self.part)}], "rows": rows, "mysql": "", **more,
        }
        content = json.dumps(told).encode()
        self.objects |= {key: self.part, rows: sealed, names.manifest_key(self.timeline, member, name, content): content}
        return key

    def ship(self, member, logs=None, branch=BRANCH, closed=False):
        """Uploads logs in the name of a member. @returns the keys of the uploaded objects"""
        keys = []
        for number, data in enumerate(self.logs if logs is None else logs, 1):
            log, start = names.Log(member, branch, number, binlog.identity(data)), 0
            while start < len(data):
                stop, gtids = binlog.cut(data, start, len(data), PIECE_BYTES, self.timeline)
                content = seal(data[start:stop], self.recipients)
                segment = names.Segment("", log, start, stop, tuple(gtids), closed and stop == len(data), closed)
                keys.append(names.segment_key(self.timeline, segment, content))
                self.objects[keys[-1]] = content
                start = stop
        return keys


def rows_of(ask):
    columns = [line.split("\t") for line in ask(comparing.COLUMNS).split("\n")]
    return {table: ask(statement) for table, statement in comparing.statements(columns).items()}


@contextlib.contextmanager
def folder_for_mysql():
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder).chmod(0o755)
        yield pathlib.Path(folder)
