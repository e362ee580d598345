"""Where log lines come from: files and the journal."""
import glob
import json
import os
import selectors
import subprocess

from .report import CRITICAL, OK, WARNING


class FileSource:
    """Lines of the files that a path, with or without wildcards, names; through rotation and truncation."""

    def __init__(self, log, positions):
        self._path = str(log.get("path"))
        self._excluded = log.get("exclude_paths") or []
        self._saved = positions
        self._from_start = log.get("start_position") in ("beginning", "forceBeginning")
        self._open = {}
        self._states = {}

    def read(self):
        """Yields (line, service) of what has been written since the last time."""
        for path in self._paths():
            try:
                yield from self._follow(path)
                self._states[path] = (OK, "")
            except FileNotFoundError:
                self._states[path] = (WARNING, "no such file")
            except OSError as error:
                self._states[path] = (CRITICAL, str(error))
        # a file that appears later is new: everything in it counts
        self._from_start = True

    def states(self):
        return [(path, *state) for path, state in self._states.items()]

    def positions(self):
        return {path: [os.fstat(file.fileno()).st_ino, file.tell()] for path, file in self._open.items()}

    def stop(self):
        for file in self._open.values():
            file.close()

    def _paths(self):
        if not glob.has_magic(self._path):
            return [self._path]
        excluded = {path for pattern in self._excluded for path in glob.glob(pattern)}
        found = [path for path in sorted(glob.glob(self._path)) if path not in excluded]
        return found or [self._path]

    def _follow(self, path):
        file = self._open.get(path)
        if file is None:
            file = self._open[path] = self._opened(path)
        yield from self._lines(file)
        now = os.stat(path)
        if now.st_ino != os.fstat(file.fileno()).st_ino:
            file.close()
            self._open[path] = file = open(path, "rb")
            yield from self._lines(file)
        elif now.st_size < file.tell():
            file.seek(0)
            yield from self._lines(file)

    def _opened(self, path):
        file = open(path, "rb")
        inode, position = self._saved.get(path, [None, 0])
        if inode == os.fstat(file.fileno()).st_ino:
            file.seek(position)
        elif not self._from_start:
            file.seek(0, os.SEEK_END)
        return file

    @staticmethod
    def _lines(file):
        while True:
            line = file.readline()
            if not line.endswith(b"\n"):
                file.seek(-len(line), os.SEEK_CUR)
                return
            if line.strip():
                yield line.decode("utf-8", "replace").rstrip("\r\n"), ""


class JournalSource:
    """Entries of the systemd journal that this user may see, from `journalctl --follow`."""

    def __init__(self, log, positions):
        units, matches = log.get("include_units") or [], log.get("include_matches") or []
        self._name = "journald:" + (log.get("config_id") or ",".join(units + matches) or "all")
        self._cursor = positions.get(self._name)
        command = ["journalctl", "--follow", "--output=json", "--no-pager"]
        command += [f"--after-cursor={self._cursor}"] if self._cursor else ["--since=now"]
        command += [f"--directory={log['path']}"] if log.get("path") else []
        command += [f"--unit={unit}" for unit in units] + matches
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for pipe in (self._process.stdout, self._process.stderr):
            os.set_blocking(pipe.fileno(), False)
        self._rest = b""
        self._complaint = ""

    def read(self):
        *lines, self._rest = (self._rest + self._available(self._process.stdout)).split(b"\n")
        for line in lines:
            entry = json.loads(line)
            self._cursor = entry.pop("__CURSOR", self._cursor)
            message = entry.pop("MESSAGE", "")
            unit = entry.get("_SYSTEMD_UNIT", entry.get("SYSLOG_IDENTIFIER", ""))
            text = message if isinstance(message, str) else bytes(message or []).decode("utf-8", "replace")
            yield json.dumps({"message": text, "journald": entry}), unit.removesuffix(".service")

    def states(self):
        self._complaint = self._available(self._process.stderr).decode().strip() or self._complaint
        ended = self._process.poll() is not None
        status = CRITICAL if ended or "not seeing messages" in self._complaint or "permission" in self._complaint else OK
        return [(self._name, status, self._complaint)]

    def positions(self):
        return {self._name: self._cursor} if self._cursor else {}

    def stop(self):
        self._process.terminate()

    @staticmethod
    def _available(pipe):
        chunks = []
        with selectors.DefaultSelector() as ready:
            ready.register(pipe, selectors.EVENT_READ)
            while ready.select(0):
                chunk = os.read(pipe.fileno(), 65536)
                if not chunk:
                    break
                chunks.append(chunk)
        return b"".join(chunks)
