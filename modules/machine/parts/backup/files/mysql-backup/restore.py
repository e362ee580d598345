"""Restores the archive into a new data directory. A restore unpacks the newest base backup before the requested
time and then applies the members' binary logs up to this time.
The restore writes the data to a temporary folder and renames the folder at the end. An interrupted restore
starts again from the beginning. Logs need no disk space, because the restore applies logs while it downloads
them.
"""

import contextlib
import http.client
import itertools
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import time
from typing import NamedTuple

from binlog import MAGIC
from bucket import Away, Refused
from contents import Contents
from gtid import branch_source, describe, parse, subtract
from replay import Executed, Incomplete, Merge, Wanted, chain, text_of
from sealing import UNPACK, decrypt, first_words
from settings import FOLDER, Choice

PROGRESS = pathlib.Path("/run/mysql-restore/progress")
AGAIN_SECONDS = 30
# Free space in bytes that MySQL's own logs need in addition to the data.
LEFT_BYTES = 512 << 20
# Compression ratio that is assumed if the manifest does not contain the size of the data.
UNPACKED = 6
PROGRESS_SECONDS = 10
# Server id of the MySQL server during a restore. The id must differ from the ids of all members, because MySQL silently
# skips transactions with its own server id.
SERVER_ID = 4294967295
START_SECONDS = 120
# Maximum number of later transactions that are kept in memory until the rows are compared.
HELD = 100_000
# Operating system user that owns the data.
USER = "mysql"


class Unusable(Exception):
    """Signals that a base backup cannot be used. An older base backup may be usable."""


def say(text):
    print(text)
    # Skips the progress file in a restore drill, because only the systemd unit creates the folder of the file.
    if PROGRESS.parent.exists():
        PROGRESS.write_text(text)


def restore_server(restore, bucket, identity, place=pathlib.Path("/var/lib/mysql")):
    """Restores the data on the first member, and retries until the data directory exists. Never changes an
    existing data directory. A systemd unit calls this function."""
    # mysql-data compares the files restored.json and restore.json on every member. On a member that clones the data,
    # mysql-data writes restored.json itself.
    done, wanted = place / "mysql-group" / "restored.json", (FOLDER / "restore.json").read_text()
    while True:
        problem = _try(restore, bucket, identity, place, done, wanted)
        if problem is None:
            PROGRESS.unlink(missing_ok=True)
            return 0
        say(f"restore waits: {problem}; next attempt in {AGAIN_SECONDS} s")
        time.sleep(AGAIN_SECONDS)


def _try(restore, bucket, identity, place, done, wanted):
    """Tries the restore once. Returns the description of a problem, or None if the restore is complete."""
    data = place / "data"
    if data.exists():
        return None if done.exists() and done.read_text() == wanted else f"{data} {_held(done)}; MySQL does not start on it; remove `restore`, or use new volumes"
    try:
        made = None if _group_runs(restore) else restore_into(place / "restoring", restore.timeline, restore.at, bucket, identity, restore.choice)
        # restored.json is written before the data directory is renamed. Otherwise, after an interruption, the data
        # would look like data of another origin. Before the rename, sync writes all data to the disk.
        done.write_text(wanted)
        os.sync()
        if made:
            made.rename(data)
            shutil.rmtree(place / "restoring")
        else:
            say("a group is running: this member clones it and restores nothing")
            subprocess.run(["/usr/local/sbin/mysql-data", "initialize", "blank"], check=True)
    except (Refused, Incomplete, ValueError, OSError, subprocess.SubprocessError) as error:
        return str(error)
    return None


def _held(done):
    try:
        return "was restored from {timeline} to {at}, but another restore is configured".format(**json.loads(done.read_text()))
    except (OSError, ValueError, TypeError, KeyError):
        return "has data that was not restored"


def _group_runs(restore):
    for address in restore.others:
        connection = http.client.HTTPConnection(address, restore.rolePort, timeout=3)
        try:
            connection.request("GET", "/state")
            if json.loads(connection.getresponse().read(2**20)).get("majority"):
                return True
        except (OSError, http.client.HTTPException, ValueError):
            pass
        finally:
            connection.close()
    return False


class Restored(NamedTuple):
    """Result of a restore."""

    manifest: dict
    gtids: dict
    # Commit time of the last applied transaction in microseconds since 1970, or 0 if no log was applied.
    last: int
    # Texts about data that the restore excluded, with reasons.
    notes: list
    # Return value of the function `inspect`.
    found: object


def restore_into(folder, timeline, at, bucket, identity, choice=Choice()):
    """Restores the data into `folder` and returns the data directory. @raises Refused, Incomplete, ValueError,
    OSError"""
    started = time.time()
    done = run(folder, timeline, at, bucket, identity, choice)
    say(f"restored {timeline} to {at} in {time.time() - started:.0f} s: {describe(done.gtids)}")
    return folder / "data"


def run(folder, timeline, at, bucket, identity, choice=Choice(), compare=None, inspect=None):
    """Restores the data into `folder` and returns a Restored.
    `compare(mysql, manifest)`: returns a GTID set and a function that compares rows. The restore calls the
    returned function when exactly the transactions of the set are executed. With `compare`, the restore
    starts from another member's base backup if possible, and compares the data with the row counts of the
    newest base backup. The comparison detects a compromised member that falsified rows in its base backups,
    which votes about transactions cannot detect. `inspect(mysql)`: function that the restore calls at its
    end.
    @raises Refused, Incomplete, ValueError, OSError
    """
    contents = Contents(bucket, timeline, choice, say)
    try:
        wanted = Wanted(at)
        line = chain(contents.branches, at, choice.branch)
        bases, newest = contents.bases(wanted, line), None
        if compare:
            newest, bases = _another_first(bases)
        for backup, manifest in bases:
            try:
                say(f"restore: base backup of {backup.member} at {backup.time}, {sum(part['bytes'] for part in manifest['parts']) >> 20} MiB")
                _unpack(bucket, manifest, identity, _new(folder, manifest))
                return _replay(folder, timeline, wanted, line, contents, manifest, identity, compare, newest, inspect)
            except Unusable as problem:
                contents.notes.append(f"base backup of {backup.member} at {backup.time}: {problem}")
                say(f"restore continues with an older base backup: {contents.notes[-1]}")
        raise Incomplete("; ".join([f"there is no base backup of {timeline} that can be restored to {at}", *contents.notes]))
    finally:
        contents.close()


def _another_first(bases):
    """Returns the newest manifest, and all base backups in the order in which the restore tries them. The order
    starts with the newest base backup of another member."""
    passed, bases = [], iter(bases)
    for pair in bases:
        if passed and pair[0].member != passed[0][0].member:
            passed.insert(0, pair)
            return passed[1][1], itertools.chain(passed, bases)
        passed.append(pair)
    return passed[0][1] if passed else None, passed


def _new(folder, manifest):
    """Creates an empty data directory and returns it. @raises OSError if the free disk space is not sufficient"""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    needed = manifest.get("dataBytes", UNPACKED * sum(part["bytes"] for part in manifest["parts"])) + LEFT_BYTES
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise OSError(f"{folder} needs {needed >> 20} MiB, but {free >> 20} MiB are free: use a larger volume (volumeGb)")
    data = folder / "data"
    data.mkdir()
    return data


def _unpack(bucket, manifest, identity, data):
    untar = subprocess.Popen(["tar", "--extract", "--no-same-owner", "--directory", str(data)], stdin=subprocess.PIPE)
    unzip = subprocess.Popen(UNPACK, stdin=subprocess.PIPE, stdout=untar.stdin)
    unlock = subprocess.Popen(decrypt(identity), stdin=subprocess.PIPE, stdout=unzip.stdin, stderr=subprocess.PIPE)
    untar.stdin.close()
    unzip.stdin.close()
    try:
        for count, part in enumerate(manifest["parts"], 1):
            unlock.stdin.write(bucket.get(part["key"]))
            say(f"restore: part {count} of {len(manifest['parts'])} of the base backup")
        unlock.stdin.close()
    except BrokenPipeError:
        pass
    except Refused as problem:
        for process in (unlock, unzip, untar):
            process.kill()
            process.wait()
        if isinstance(problem, Away):
            raise
        raise Unusable(str(problem)) from None
    with unlock.stderr:
        words = first_words(unlock.stderr.read())
    if any([unlock.wait(), unzip.wait(), untar.wait()]):
        raise Unusable(f"cannot be unpacked: {words or 'zstd or tar failed'}; it is encrypted for {', '.join(manifest['recipients'])}")


def _replay(folder, timeline, wanted, line, contents, manifest, identity, compare, newest, inspect):
    with running(folder / "data") as mysql:
        executed = parse(mysql.ask("SELECT @@GLOBAL.gtid_executed"))
        sources = {timeline, *(branch_source(branch.id) for branch, _ in line)}
        # Ignores newestCommit if no time was requested, because a compromised member can forge newestCommit in its
        # manifest. With a requested time, is_usable has checked that newestCommit is not later.
        newest_commit = max(0, manifest["newestCommit"]) if wanted.moment else 0
        merge = Merge(contents.streams(line, executed, identity), executed, wanted, sources, newest_commit)
        try:
            changes = _progress(merge, time.monotonic)
            for counted in (newest, manifest) if compare else ():
                # Skips the comparison if the base backup contains transactions that were executed after the rows were
                # counted.
                if (told := compare(mysql, counted)) and not subtract(executed, told[0]):
                    changes = _apply_exactly(mysql, changes, *told, executed)
                    break
            _apply(mysql, changes)
            merge.require_reached()
            if not merge.is_past_end():
                contents.require_end(line, merge.executed.gtids(), merge.until())
        finally:
            for note in merge.notes:
                say(f"restore: {note}")
        mysql.require(merge.executed.gtids())
        return Restored(manifest, merge.executed.gtids(), merge.last, [*contents.notes, *merge.notes], inspect(mysql) if inspect else None)


def _progress(merge, clock):
    told = clock()
    for change in merge:
        if clock() - told > PROGRESS_SECONDS:
            told = clock()
            say(f"restore: {merge.applied} transactions applied, up to {text_of(merge.last)}")
        yield change


def _apply(mysql, changes):
    with mysql.feed() as feed:
        for change in changes:
            feed.write(change)


def _apply_exactly(mysql, changes, gtids, then, executed):
    """Applies exactly the transactions of the set `gtids`, calls `then`, and returns the remaining transactions."""
    wanted, held = Executed(gtids), []
    left = sum(last - first + 1 for intervals in subtract(gtids, executed).values() for first, last in intervals)

    def first():
        nonlocal left
        while left and (change := next(changes, None)) is not None:
            if wanted.has(*change.gtid):
                left -= 1
                yield change
            elif len(held) < HELD:
                held.append(change)
            else:
                raise Incomplete(f"{left} transactions are missing that a member had executed before it counted rows")

    _apply(mysql, first())
    if left:
        raise Incomplete(f"{left} transactions are missing that a member had executed before it counted rows")
    then()
    return itertools.chain(held, changes)


class Feed:
    """Sends transactions to MySQL as one binary log."""

    def __init__(self, command):
        self._format = None
        self._words = [tempfile.TemporaryFile(), tempfile.TemporaryFile()]
        self._events = subprocess.Popen(["mysqlbinlog", "--no-defaults", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._words[0])
        self._mysql = subprocess.Popen(command, stdin=self._events.stdout, stdout=subprocess.DEVNULL, stderr=self._words[1])
        self._events.stdout.close()

    def write(self, change):
        format = change.content.format
        if format is None:
            raise Incomplete(f"the start of every log is unreadable; {change.log} is the first log")
        try:
            if format != self._format:
                self._events.stdin.write(format if self._format else MAGIC + format)
                self._format = format
            self._events.stdin.write(change.content.bytes)
        except BrokenPipeError:
            self.close()
            raise Incomplete("the logs cannot be applied: MySQL ended") from None

    def close(self):
        """Ends the input and waits for MySQL. @raises Incomplete if MySQL did not execute a transaction"""
        with contextlib.suppress(BrokenPipeError):
            self._events.stdin.close()
        failed = any([self._events.wait(), self._mysql.wait()])
        for file in self._words:
            file.seek(0)
        binlog, mysql = (file.read().decode(errors="replace").strip() for file in self._words)
        for file in self._words:
            file.close()
        # Ignores this failure if no transaction was sent, because mysqlbinlog fails on empty input.
        if failed and self._format:
            raise Incomplete(f"the logs cannot be applied: {mysql or binlog or 'mysqlbinlog failed'}")

    def end(self):
        for process in (self._events, self._mysql):
            process.kill()
            process.wait()
        with contextlib.suppress(BrokenPipeError):
            self._events.stdin.close()
        for file in self._words:
            file.close()


class Mysql:
    """A MySQL server with the restored data. The server accepts connections only over its socket."""

    def __init__(self, socket):
        self._command = ["mysql", "--no-defaults", "--user=root", f"--socket={socket}", "--binary-mode", "--batch", "--skip-column-names", "--raw", "--max-allowed-packet=1G"]

    def ask(self, statement):
        done = subprocess.run([*self._command, f"--execute={statement}"], capture_output=True, text=True)
        if done.returncode:
            raise Incomplete(f"MySQL rejected the statement: {done.stderr.strip()}")
        return done.stdout.strip()

    @contextlib.contextmanager
    def feed(self):
        """Opens a Feed to this server and closes it afterwards. @raises Incomplete if a transaction cannot be applied"""
        feed = Feed(self._command)
        try:
            yield feed
            feed.close()
        finally:
            feed.end()

    def require(self, promised):
        """Checks that MySQL has executed all transactions in `promised`. @raises Incomplete if a transaction is missing"""
        lacking = subtract(promised, parse(self.ask("SELECT @@GLOBAL.gtid_executed")))
        if lacking:
            raise Incomplete(f"MySQL did not execute {describe(lacking)}")


@contextlib.contextmanager
def running(data):
    """Starts MySQL on the restored data without network, binary log and event scheduler. @raises Incomplete,
    Unusable"""
    socket = f"{data.parent}/mysqld.sock"
    shutil.chown(data.parent, USER)
    subprocess.run(["chown", "-R", f"{USER}:", str(data)], check=True)
    server = subprocess.Popen(
        [
            "mysqld", "--no-defaults", f"--datadir={data}", f"--user={USER}", "--skip-networking", "--mysqlx=OFF", "--secure-file-priv=NULL", f"--socket={socket}", f"--pid-file={data.parent}/mysqld.pid",
            f"--server-id={SERVER_ID}", "--skip-log-bin", "--relay-log=relay", "--skip-replica-start=ON", "--gtid-mode=ON", "--enforce-gtid-consistency=ON", "--max-allowed-packet=1G",
            # Scheduled events must not change the restored data, because the events would run at the current time on
            # older data.
            "--event-scheduler=OFF",
            # Disables durability, because an interrupted restore starts again from the beginning.
            "--innodb-flush-log-at-trx-commit=0", "--innodb-doublewrite=OFF", "--performance-schema=OFF", f"--log-error={data.parent}/error.log",
        ]
    )
    mysql = Mysql(socket)
    try:
        _wait_for(server, mysql, data.parent / "error.log")
        yield mysql
    finally:
        server.terminate()
        server.wait()
    if server.returncode:
        raise Incomplete(f"MySQL ended with status {server.returncode}: {_end_of(data.parent / 'error.log')}")


def _wait_for(server, mysql, log):
    for _ in range(START_SECONDS):
        if server.poll() is not None:
            raise Unusable(f"MySQL does not start with it: {_end_of(log)}")
        with contextlib.suppress(Incomplete):
            mysql.ask("SELECT 1")
            return
        time.sleep(1)
    raise Incomplete(f"MySQL does not answer: {_end_of(log)}")


def _end_of(log):
    lines = log.read_text(errors="replace").strip().split("\n") if log.exists() else ["its log is empty"]
    return next((line for line in reversed(lines) if "[ERROR]" in line and "Aborting" not in line), lines[-1])
