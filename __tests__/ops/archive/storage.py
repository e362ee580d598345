"""Runs the lab's object storage, which is based on moto, for all tests of this folder."""

import json
import pathlib
import socket
import subprocess
import tempfile
import time

from bucket import Bucket, Refused

SERVER = pathlib.Path(__file__).parents[3] / "lab/stand-ins/archive/archive.py"
PYTHON = "/opt/moto/bin/python"
REGION = "fsn1"
SERVERS = ("alpha", "bravo", "charlie")
KEYS = {name: f"KEYOF{name.upper()}:SECRET{name}" for name in ("owner", "reader")}
WRITERS = {name: f"KEYOF{name.upper()}:SECRET{name}" for name in SERVERS}


class Storage:
    """Object storage without buckets. The start takes seconds, so all tests share the storage, and each test creates a bucket."""

    def __init__(self):
        self._folder = tempfile.TemporaryDirectory()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        settings = {"keys": KEYS, "writers": WRITERS, "bucket": None, "region": REGION, "port": port}
        file = pathlib.Path(self._folder.name, "settings.json")
        file.write_text(json.dumps(settings))
        self._log = pathlib.Path(self._folder.name, "log").open("w")
        self._process = subprocess.Popen([PYTHON, str(SERVER), "serve", str(file)], stdout=self._log, stderr=self._log)
        self.endpoint = f"http://127.0.0.1:{port}"
        self._wait()

    def _wait(self):
        for _ in range(600):
            try:
                self.as_("owner", "none").ask("GET")
                return
            except Refused:
                time.sleep(0.1)
        raise TimeoutError("the object storage does not answer")

    def as_(self, name, bucket):
        return Bucket(self.endpoint, REGION, bucket, {**KEYS, **WRITERS}[name])

    def close(self):
        self._process.terminate()
        self._process.wait()
        self._log.close()
        self._folder.cleanup()
