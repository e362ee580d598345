"""Runs real MySQL servers with Group Replication on the loopback interface as one replication group."""

import contextlib
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time
import uuid

import pymysql

START_SECONDS = 1800
JOIN_SECONDS = 1800
# Options of mysqld. Options that only real servers need, for example TLS, are omitted.
OPTIONS = [
    "--no-defaults", "--user=root", "--mysqlx=OFF", "--bind-address=127.0.0.1", "--skip-name-resolve", "--event-scheduler=OFF",
    "--gtid-mode=ON", "--enforce-gtid-consistency=ON", "--log-bin=binlog", "--log-replica-updates=ON", "--relay-log=relay", "--binlog-expire-logs-auto-purge=OFF",
    "--super-read-only=ON", "--skip-replica-start=ON", "--secure-file-priv=", "--innodb-buffer-pool-size=32M", "--innodb-redo-log-capacity=16M", "--innodb-log-buffer-size=1M",
    "--performance-schema-instrument=memory/%=OFF", "--max-connections=40", "--innodb-flush-log-at-trx-commit=2", "--sync-binlog=0", "--innodb-doublewrite=OFF", "--innodb-use-native-aio=OFF",
    "--plugin-load-add=group_replication.so", "--plugin-load-add=mysql_clone.so",
    "--loose-group-replication-start-on-boot=OFF", "--loose-group-replication-single-primary-mode=ON", "--loose-group-replication-paxos-single-leader=ON",
    "--loose-group-replication-ssl-mode=DISABLED", "--loose-group-replication-recovery-get-public-key=ON", "--loose-group-replication-member-expel-timeout=0",
    "--loose-group-replication-unreachable-majority-timeout=30", "--loose-group-replication-autorejoin-tries=9", "--loose-group-replication-exit-state-action=READ_ONLY",
    "--loose-group-replication-recovery-reconnect-interval=1", "--loose-group-replication-message-cache-size=134217728", "--loose-group-replication-consistency=BEFORE_ON_PRIMARY_FAILOVER",
]
INITIAL_SQL = """
CREATE USER replication@'%' IDENTIFIED BY 'replication';
GRANT REPLICATION SLAVE, BACKUP_ADMIN, GROUP_REPLICATION_STREAM, CONNECTION_ADMIN ON *.* TO replication@'%';
CREATE USER backup@localhost;
GRANT ALL ON *.* TO backup@localhost;
"""


def free_ports(number):
    probes = [socket.socket() for _ in range(number)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def blank_data(folder):
    """Creates the data directory of a new server once, so that it can be copied. @returns its path"""
    template = folder / "template"
    if not template.exists():
        script = folder / "initial.sql"
        # Each line contains one statement. The binary log is off, so the statements create no transactions.
        script.write_text(INITIAL_SQL.strip() + "\n")
        subprocess.run(
            ["mysqld", "--no-defaults", "--user=root", "--initialize-insecure", f"--datadir={folder}/template.new", f"--init-file={script}", "--innodb-redo-log-capacity=16M"],
            check=True, capture_output=True,
        )
        (folder / "template.new" / "auto.cnf").unlink(missing_ok=True)
        (folder / "template.new").rename(template)
    return template


class Server:
    """One member of the group. The data survive a stop, a power failure and a restart."""

    def __init__(self, folder, name, number):
        self.folder, self.name, self.number = folder / name, name, number
        self.data = self.folder / "data"
        self.socket = f"{self.folder}/mysqld.sock"
        self.port, self.group_port = free_ports(2)
        self._process = None
        self.folder.mkdir(parents=True)

    @property
    def runs(self):
        return self._process is not None

    def make_blank(self, template):
        shutil.rmtree(self.data, ignore_errors=True)
        subprocess.run(["cp", "-a", str(template), str(self.data)], check=True)

    def start(self):
        log = open(self.folder / "output.log", "ab")
        # After a clone, mysqld restarts itself only if this variable shows that it has a supervisor. Otherwise mysqld stops.
        environment = {**os.environ, "MYSQLD_PARENT_PID": str(os.getpid())}
        self._process = subprocess.Popen(
            ["mysqld", *OPTIONS, f"--datadir={self.data}", f"--socket={self.socket}", f"--pid-file={self.folder}/pid", f"--port={self.port}", f"--server-id={self.number}",
             f"--report-host=127.0.0.1", f"--report-port={self.port}", f"--log-error={self.folder}/error.log"],
            stdout=log, stderr=log, env=environment, start_new_session=True,
        )
        log.close()
        self._wait()

    def _wait(self):
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                self.ask("SELECT 1")
                return
            except pymysql.Error:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"{self.name}: mysqld does not start: {self.error()}") from None
                time.sleep(0.05)

    def error(self):
        log = self.folder / "error.log"
        return "\n".join(log.read_text(errors="replace").strip().split("\n")[-8:]) if log.exists() else "no log"

    def connect(self, seconds=1800):
        return pymysql.connect(unix_socket=self.socket, user="root", autocommit=True, connect_timeout=600, read_timeout=seconds, write_timeout=seconds)

    def ask(self, *statements):
        """Runs the statements on a new connection and returns all rows of the last statement."""
        with self.connect() as connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            return cursor.fetchall()

    def stop(self):
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def cut(self):
        """Simulates a power failure by killing mysqld. Unlike in a real power failure, the page cache survives."""
        if self._process is not None:
            # mysqld may already have exited after a clone.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def ended_itself(self):
        """Returns True if mysqld has exited. After a clone, mysqld exits to request a restart from its supervisor."""
        return self._process is not None and self._process.poll() is not None


class Group:
    """Servers in one replication group."""

    def __init__(self, folder, template, names):
        self.name = str(uuid.uuid4())
        self.template = template
        self.servers = {name: Server(folder / self.name[:8], name, number) for number, name in enumerate(names, 1)}

    def __getitem__(self, name):
        return self.servers[name]

    def settings(self, server, bootstrap=False, clone=False):
        seeds = ",".join(f"127.0.0.1:{one.group_port}" for one in self.servers.values())
        threshold = 1 if clone else 2**63 - 1
        for name, value in {
            "group_name": self.name, "local_address": f"127.0.0.1:{server.group_port}", "group_seeds": seeds,
            "clone_threshold": threshold, "bootstrap_group": "ON" if bootstrap else "OFF", "ip_allowlist": "127.0.0.1/8",
        }.items():
            server.ask(f"SET GLOBAL group_replication_{name} = {value!r}")

    def form(self, first, blank=True):
        """Starts the group on one server. All other servers join the group."""
        if blank:
            self.servers[first].make_blank(self.template)
        self.bootstrap(first)
        for name in self.servers:
            if name != first:
                self.servers[name].make_blank(self.template)
                self.join(name, clone=False)

    def bootstrap(self, name):
        server = self.servers[name]
        if not server.runs:
            server.start()
        self.settings(server, bootstrap=True)
        server.ask("START GROUP_REPLICATION USER = 'replication', PASSWORD = 'replication'")
        server.ask("SET GLOBAL group_replication_bootstrap_group = OFF")
        self._until(name, "ONLINE")
        self._until_writable(name)

    def join(self, name, clone):
        """
        Makes a member join the group.
        @param clone: True if the member replaces its data with a copy of another member's data
        """
        server = self.servers[name]
        if not server.runs:
            server.start()
        self.settings(server, clone=clone)
        server.ask("START GROUP_REPLICATION USER = 'replication', PASSWORD = 'replication'")
        self._until(name, "ONLINE", restart=clone)

    def _until(self, name, state, restart=False):
        server, deadline = self.servers[name], time.monotonic() + JOIN_SECONDS
        while True:
            if server.ended_itself():
                server.stop()
                server.start()
                self.settings(server)
                server.ask("START GROUP_REPLICATION USER = 'replication', PASSWORD = 'replication'")
            try:
                rows = server.ask("SELECT MEMBER_STATE FROM performance_schema.replication_group_members WHERE MEMBER_ID = @@server_uuid")
            except pymysql.Error:
                rows = ()
            if rows and rows[0][0] == state:
                return
            if time.monotonic() > deadline:
                raise RuntimeError(f"{name} is {rows and rows[0][0]}, not {state}: {server.error()}")
            time.sleep(0.1)

    def _until_writable(self, name):
        deadline = time.monotonic() + JOIN_SECONDS
        while self.servers[name].ask("SELECT @@super_read_only")[0][0]:
            if time.monotonic() > deadline:
                raise RuntimeError(f"{name} stays read only: {self.servers[name].error()}")
            time.sleep(0.05)

    def online(self):
        """Returns the names of all online members according to the first running member. The primary comes first."""
        for server in self.servers.values():
            if not server.runs:
                continue
            try:
                rows = server.ask("SELECT MEMBER_PORT, MEMBER_ROLE FROM performance_schema.replication_group_members WHERE MEMBER_STATE = 'ONLINE' ORDER BY MEMBER_ROLE")
            except pymysql.Error:
                continue
            found = {one.port: name for name, one in self.servers.items()}
            if rows:
                return [found[port] for port, role in sorted(rows, key=lambda row: row[1] != "PRIMARY")]
        return []

    def primary(self):
        """Waits until an online member accepts writes, for example after an election, and returns this member."""
        deadline = time.monotonic() + JOIN_SECONDS
        while True:
            for server in self.servers.values():
                try:
                    if server.runs and server.ask("SELECT @@super_read_only = 0 AND EXISTS (SELECT 1 FROM performance_schema.replication_group_members WHERE MEMBER_ID = @@server_uuid AND MEMBER_STATE = 'ONLINE' AND MEMBER_ROLE = 'PRIMARY')")[0][0]:
                        return server
                except pymysql.Error:
                    pass
            if time.monotonic() > deadline:
                raise RuntimeError("no member accepts writes")
            time.sleep(0.1)

    def end(self):
        for server in self.servers.values():
            server.cut()
