"""
Restores the archive into a new data directory: the newest base before the moment, and then what members logged, up to the moment.

Everything is made beside the place of the data and gets its name at the end, so that an interrupted restore begins anew.
"""

import concurrent.futures
import contextlib
import http.client
import json
import os
import pathlib
import shutil
import subprocess
import time
from typing import NamedTuple

import replay
from binlog import MAGIC
from bucket import Refused
from gtid import describe, parse, subtract
from names import moment, number, read_base, read_piece, stamp
from replay import Incomplete
from sealing import UNPACK, decrypt, first_words, unseal

PROGRESS = pathlib.Path("/run/mysql-restore/progress")
AGAIN_SECONDS = 30
AT_A_TIME = 16
BATCH = 64
# A piece may have reached the bucket so much later than the base that was made after it.
EARLIER_SECONDS = 900
# No member ever has it: a server skips its own transactions without a word.
SERVER_ID = 4294967295
START_SECONDS = 120
# Owns the data.
USER = "mysql"


def say(text):
    print(text)
    # The unit makes it; a drill has none.
    if PROGRESS.parent.exists():
        PROGRESS.write_text(text)


def restore_server(restore, bucket, identity, place=pathlib.Path("/var/lib/mysql")):
    """What the unit of the first member does, until there is a data directory. It never touches one that is there."""
    done = place / "mysql-group" / "restored.json"
    wanted = json.dumps([restore.timeline, restore.at])
    while True:
        problem = _try(restore, bucket, identity, place, done, wanted)
        if problem is None:
            PROGRESS.unlink(missing_ok=True)
            return 0
        say(f"restore waits: {problem}; next attempt in {AGAIN_SECONDS} s")
        time.sleep(AGAIN_SECONDS)


def _try(restore, bucket, identity, place, done, wanted):
    """@returns why it is not done, None when it is"""
    data = place / "data"
    if data.exists():
        return None if done.exists() and done.read_text() == wanted else f"{data} holds data, which is not touched; remove `restore`, or use new volumes"
    try:
        made = None if _group_runs(restore) else restore_into(place / "restoring", restore.timeline, restore.at, bucket, identity)
        # Before the data get their name: interrupted in between, this would take them for somebody's. All of it is on the disk by then.
        done.write_text(wanted)
        os.sync()
        if made:
            made.rename(data)
            shutil.rmtree(place / "restoring")
        else:
            say("a group runs: this member copies it and restores nothing")
            subprocess.run(["/usr/local/sbin/mysql-data", "initialize", "blank"], check=True)
    except (Refused, Incomplete, ValueError, OSError, subprocess.SubprocessError) as error:
        return str(error)
    return None


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


class Fetched(NamedTuple):
    """A base, unpacked, and the logs that bring it to the moment."""

    data: pathlib.Path
    manifest: dict
    logs: list
    # What is executed when they have been replayed.
    promised: dict


def restore_into(folder, timeline, at, bucket, identity):
    """@returns a data directory in `folder` @raises Refused, Incomplete, ValueError, OSError"""
    started = time.time()
    fetched = fetch(folder, timeline, at, bucket, identity)
    say(f"restore: {len(fetched.logs)} logs to apply")
    with running(fetched.data) as mysql:
        mysql.replay(fetched.logs)
        mysql.require(fetched.promised)
    shutil.rmtree(folder / "logs")
    say(f"restored {timeline} to {at} in {time.time() - started:.0f} s: {describe(fetched.promised)}")
    return fetched.data


def fetch(folder, timeline, at, bucket, identity):
    """@raises Refused, Incomplete, ValueError, OSError"""
    shutil.rmtree(folder, ignore_errors=True)
    logs_folder = folder / "logs"
    logs_folder.mkdir(parents=True)
    base, manifest = _base_for(bucket, timeline, at)
    say(f"restore: base of {base.time}, {sum(part['bytes'] for part in manifest['parts']) >> 20} MiB")
    data = folder / "data"
    _unpack(bucket, manifest, identity, data)
    logs = list(_fetch_logs(bucket, timeline, base, at, identity, logs_folder))
    replay.require_reached(logs, at)
    chosen, promised = replay.order(logs, parse(manifest["gtids"]))
    return Fetched(data, manifest, [_named(logs_folder, log) for log in chosen], promised)


def _base_for(bucket, timeline, at):
    until = replay.moment_of(at)
    latest = stamp(until // 1_000_000) if until else "9"
    bases = sorted((base for item in bucket.list(f"{timeline}/base/") if (base := read_base(timeline, item.key))), key=lambda base: base.time)
    if not bases:
        raise Incomplete(f"the bucket has no base of {timeline}")
    for base in reversed(bases):
        if base.time <= latest:
            manifest = json.loads(bucket.get(base.key))
            if at.startswith("before ") and not subtract(parse(at.removeprefix("before ")), parse(manifest["gtids"])):
                continue
            if manifest["format"] != 1:
                raise Incomplete(f"{base.key} has format {manifest['format']}, this program reads 1")
            return base, manifest
    raise Incomplete(f"the oldest base is of {bases[0].time}, later than {at}")


def _unpack(bucket, manifest, identity, data):
    data.mkdir()
    untar = subprocess.Popen(["tar", "--extract", "--no-same-owner", "--directory", str(data)], stdin=subprocess.PIPE)
    unzip = subprocess.Popen(UNPACK, stdin=subprocess.PIPE, stdout=untar.stdin)
    unlock = subprocess.Popen(decrypt(identity), stdin=subprocess.PIPE, stdout=unzip.stdin, stderr=subprocess.PIPE)
    untar.stdin.close()
    unzip.stdin.close()
    try:
        for count, part in enumerate(manifest["parts"], 1):
            unlock.stdin.write(bucket.get(part["key"]))
            say(f"restore: part {count} of {len(manifest['parts'])} of the base")
        unlock.stdin.close()
    except BrokenPipeError:
        pass
    except Refused:
        for process in (unlock, unzip, untar):
            process.kill()
            process.wait()
        raise
    words = first_words(unlock.stderr.read())
    if any([unlock.wait(), unzip.wait(), untar.wait()]):
        raise ValueError(f"the base cannot be unpacked: {words or 'zstd or tar failed'}; it is sealed for {', '.join(manifest['recipients'])}")


def _fetch_logs(bucket, timeline, base, at, identity, folder):
    """Logs of all members that hold anything after the base."""
    since = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(moment(base.time) - EARLIER_SECONDS))
    files, news = {}, set()
    for item in bucket.list(f"{timeline}/log/"):
        if piece := read_piece(timeline, item.key):
            files.setdefault((piece.server, piece.file), []).append(piece)
            if item.time >= since:
                news.add((piece.server, piece.file))
    wanted = replay.wanted_until(at)
    for server in sorted({server for server, _ in news}):
        for file in sorted((file for other, file in news if other == server), key=number):
            say(f"restore: fetching {file} of {server}")
            logs = list(_fetch_log(bucket, files[server, file], identity, folder, wanted))
            yield from logs
            if any(log.stopped for log in logs):
                break


def _fetch_log(bucket, pieces, identity, folder, wanted):
    """The log as far as it is wanted, and what there is of it behind holes."""
    server, file = pieces[0].server, pieces[0].file
    path = _named(folder, replay.Log(server, file, {}, {}))
    pieces, end, log = sorted(pieces, key=lambda piece: piece.start), 0, None
    with path.open("w+b") as out, concurrent.futures.ThreadPoolExecutor(AT_A_TIME) as pool:
        for first in range(0, len(pieces), BATCH):
            batch = pieces[first : first + BATCH]
            for piece, content in zip(batch, pool.map(lambda piece: _content(bucket, piece, identity), batch)):
                if content is None:
                    continue
                if piece.start > end:
                    yield _behind(server, file, content, wanted)
                    continue
                out.seek(piece.start)
                out.write(content)
                end = max(end, piece.end)
            out.seek(0)
            # Enough is there when the last transaction so far is not wanted any more.
            if end:
                log = replay.look(server, file, out.read(), wanted)
                if log.stopped:
                    break
        if log:
            out.truncate(log.end)
            yield log


def _behind(server, file, content, wanted):
    return replay.look(server, file, MAGIC + content, wanted, behind=True)


def _content(bucket, piece, identity):
    try:
        return unseal(bucket.get(piece.key), identity)
    except (Refused, ValueError) as problem:
        say(f"restore goes on without {piece.key}: {problem}")
        return None


def _named(folder, log):
    return folder / f"{log.server}.{log.file}"


class Mysql:
    """MySQL on restored data, over its socket."""

    def __init__(self, socket):
        self._command = ["mysql", "--no-defaults", "--user=root", f"--socket={socket}", "--binary-mode", "--batch", "--skip-column-names", "--raw"]

    def ask(self, statement):
        done = subprocess.run([*self._command, f"--execute={statement}"], capture_output=True, text=True)
        if done.returncode:
            raise Incomplete(f"MySQL refuses: {done.stderr.strip()}")
        return done.stdout.strip()

    def replay(self, logs, only=None):
        """Executes what the logs hold, of a set of GTIDs `only`; what is executed already is skipped. @raises Incomplete"""
        if not logs:
            return
        choice = [f"--include-gtids={only}"] if only else []
        events = subprocess.Popen(["mysqlbinlog", "--no-defaults", *choice, *map(str, logs)], stdout=subprocess.PIPE)
        done = subprocess.run(self._command, stdin=events.stdout, capture_output=True, text=True)
        events.stdout.close()
        if events.wait() or done.returncode:
            raise Incomplete(f"the logs cannot be applied: {done.stderr.strip() or 'mysqlbinlog failed'}")

    def require(self, promised):
        """@raises Incomplete when not all of it was executed"""
        lacking = subtract(promised, parse(self.ask("SELECT @@GLOBAL.gtid_executed")))
        if lacking:
            raise Incomplete(f"MySQL did not execute {describe(lacking)}")


@contextlib.contextmanager
def running(data):
    """MySQL on the data, beyond anybody's reach and without logs of its own. @raises Incomplete"""
    socket = f"{data.parent}/mysqld.sock"
    shutil.chown(data.parent, USER)
    subprocess.run(["chown", "-R", f"{USER}:", str(data)], check=True)
    server = subprocess.Popen(
        [
            "mysqld", "--no-defaults", f"--datadir={data}", f"--user={USER}", "--skip-networking", "--mysqlx=OFF", "--secure-file-priv=NULL", f"--socket={socket}", f"--pid-file={data.parent}/mysqld.pid",
            f"--server-id={SERVER_ID}", "--skip-log-bin", "--relay-log=relay", "--skip-replica-start=ON", "--gtid-mode=ON", "--enforce-gtid-consistency=ON", "--max-allowed-packet=1G",
            # Only what is whole at the end counts: an interrupted restore begins anew.
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
            raise Incomplete(f"MySQL does not start on the base: {_end_of(log)}")
        with contextlib.suppress(Incomplete):
            mysql.ask("SELECT 1")
            return
        time.sleep(1)
    raise Incomplete(f"MySQL does not answer: {_end_of(log)}")


def _end_of(log):
    return log.read_text(errors="replace").strip().split("\n")[-1] if log.exists() else "it wrote nothing"
