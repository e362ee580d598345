"""Queries by the mysql command, connecting as the vendor's library (PyMySQL) would."""
import configparser
import os
import subprocess


class Connection:
    """How to connect, from the options of an instance."""

    def __init__(self, instance):
        self.port = int(instance.get("port") or 0)
        self.socket = instance.get("sock") or ""
        self.host = instance.get("host") or ""
        self._environment = {}
        ssl = instance.get("ssl") or {}
        if instance.get("defaults_file"):
            # the library takes everything from the file then, and a file without a socket means TCP to localhost
            defaults = read_defaults(instance["defaults_file"])
            self._start = [f"--defaults-file={instance['defaults_file']}"]
            self._reach(defaults.get("socket"), defaults.get("host", "localhost"), int(defaults.get("port", 3306)))
            ssl = {"ca": defaults["ssl-ca"]} if "ssl-ca" in defaults else ssl
        else:
            self._start = ["--no-defaults", f"--user={instance.get('username') or instance.get('user')}"]
            self._environment = {"MYSQL_PWD": str(instance.get("password") or instance.get("pass") or "")}
            self._reach(self.socket, self.host, self.port or 3306)
        if "--protocol=tcp" in self._start:
            self._start += [f"--ssl-ca={ssl['ca']}", "--ssl-mode=VERIFY_CA"] if ssl.get("ca") else ["--ssl-mode=DISABLED"]
        self._timeout = int(instance.get("connect_timeout") or 10)

    def query(self, statement):
        """Rows of a statement as lists of text; NULL is None."""
        options = [f"--connect-timeout={self._timeout}", "--batch", "--skip-column-names", f"--execute={statement}"]
        result = subprocess.run(
            ["mysql", *self._start, *options],
            capture_output=True,
            text=True,
            timeout=self._timeout + 20,
            env={**os.environ, **self._environment},
            check=False,
        )
        if result.returncode != 0:
            raise ConnectionError(result.stderr.strip())
        return rows(result.stdout)

    def _reach(self, socket, host, port):
        self._start += ["--protocol=socket", f"--socket={socket}"] if socket else ["--protocol=tcp", f"--host={host}", f"--port={port}"]


def rows(output):
    """Rows of what `mysql --batch` prints: one a line, as line breaks and tabs in values are escaped."""
    return [[None if field == "NULL" else field for field in line.split("\t")] for line in output.split("\n")[:-1]]


def read_defaults(path):
    """Group [client] of an option file; fails when this user cannot read it."""
    parser = configparser.RawConfigParser(allow_no_value=True, strict=False)
    with open(path, encoding="utf-8") as file:
        parser.read_file(file)
    return dict(parser["client"]) if parser.has_section("client") else {}
