"""Observes the local mysqld and creates a Report every 0.25 s, even if mysqld hangs or is stopped."""

import dataclasses
import math
import os
import pathlib
import threading
import time

import grants
import pymysql
import members
import settings as config
from liveness import tell_systemd
from received import kept
from report import DOWN, ONLINE, Report
from room import room_mib

INTERVAL_SECONDS = 0.25
# Maximum age of a report in seconds. If mysqld hangs or is stopped, the last report becomes older than this limit.
STALE_SECONDS = 1.5
# Time in seconds within which an expelled member detects its expulsion after a pause or a disconnection. If a member
# pauses for less than SLEPT_SECONDS, the group does not expel it.
CALM_SECONDS = 2.0
SLEPT_SECONDS = 4.0

# Text file with the progress of mysql-restore. The file exists only while mysql-restore creates the data directory.
RESTORE_PROGRESS = pathlib.Path("/run/mysql-restore/progress")

GROUP_CHANNEL = "group_replication_applier"
SERVER = "SELECT @@server_uuid, @@super_read_only, @@gtid_executed, @@gtid_purged"
VIEW = "SELECT MEMBER_ID, MEMBER_HOST, MEMBER_STATE, MEMBER_ROLE FROM performance_schema.replication_group_members"
QUEUE = (
    "SELECT COUNT_TRANSACTIONS_REMOTE_IN_APPLIER_QUEUE"
    " FROM performance_schema.replication_group_member_stats WHERE MEMBER_ID = @@server_uuid"
)
LAG = (
    "SELECT MAX(TIMESTAMPDIFF(MICROSECOND, APPLYING_TRANSACTION_ORIGINAL_COMMIT_TIMESTAMP, NOW(6))) / 1e6"
    " FROM performance_schema.replication_applier_status_by_worker"
    f" WHERE CHANNEL_NAME = '{GROUP_CHANNEL}' AND APPLYING_TRANSACTION <> ''"
)
RECEIVED = (
    "SELECT RECEIVED_TRANSACTION_SET FROM performance_schema.replication_connection_status"
    f" WHERE CHANNEL_NAME = '{GROUP_CHANNEL}'"
)
SCHEMAS = (
    "SELECT COUNT(*) FROM information_schema.SCHEMATA"
    " WHERE SCHEMA_NAME NOT IN ('mysql', 'sys', 'performance_schema', 'information_schema')"
)


def connect(settings, timeout_seconds):
    """Connects to mysqld as root over the socket. auth_socket authenticates root."""
    return pymysql.connect(
        unix_socket=settings.socket,
        user="root",
        autocommit=True,
        connect_timeout=2,
        read_timeout=timeout_seconds,
        write_timeout=timeout_seconds,
    )


def observe(connection, server, boot):
    """Queries mysqld and returns a Report."""

    def rows(statement):
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall()

    def value(statement):
        found = rows(statement)
        return found[0][0] if found else None

    uuid, read_only, executed, purged = rows(SERVER)[0]
    view = rows(VIEW)
    state, role = next(((state, role) for id_, _, state, role in view if id_ == uuid), ("OFFLINE", ""))
    in_view = state in ("ONLINE", "RECOVERING")
    online = tuple(host for _, host, state, _ in view if state == "ONLINE")
    reachable = tuple(host for _, host, state, _ in view if state in ("ONLINE", "RECOVERING"))
    executed = executed.replace("\n", "")
    return Report(
        server=server,
        state=state,
        role=role,
        writable=not read_only,
        majority=in_view and 2 * len(reachable) > len(view),
        view=tuple(host for _, host, _, _ in view) if in_view else (),
        reachable=reachable if in_view else (),
        online=online if in_view else (),
        executed=executed,
        purged=purged.replace("\n", ""),
        received=(value(RECEIVED) or "").replace("\n", ""),
        blank=not executed and value(SCHEMAS) == 0,
        lagSeconds=float(value(LAG) or 0),
        queue=int(value(QUEUE) or 0),
        boot=boot,
    )


class Observer:
    def __init__(self, settings):
        self._settings = settings
        self._grants = grants.digest(settings)
        self._changed = threading.Condition()
        self._latest = Report(settings.server)
        self._read_at = self._answered_at = 0.0
        # `_asked_at`: time at which this member last asked the other members about its own membership. `_disowned`:
        # True if the other members continue without this member. `_ask_from`: answers to earlier questions are
        # outdated.
        self._asked_at, self._disowned, self._ask_from = -math.inf, False, 0.0
        self.reason = "starting"
        # If the list of members cannot be read, this call raises an exception and the daemon exits.
        self._members = members.load()
        self.change_members(self._grow(self._latest))

    def start(self):
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self):
        connection = boot = None
        while True:
            started = time.monotonic()
            try:
                if connection is None:
                    connection, boot = connect(self._settings, 2), os.urandom(8).hex()
                report = observe(connection, self._settings.server, boot)
                self.change_members(self._grow(report))
            except Exception:  # After any failure, such as a lost connection, the state is unknown.
                connection, report = None, Report(self._settings.server)
            with self._changed:
                self._keep(report, started)
                self._changed.notify_all()
            tell_systemd()
            time.sleep(INTERVAL_SECONDS)

    def _keep(self, report, read_at):
        self._latest, self._read_at = report, read_at
        if report.state == DOWN:
            return
        slept = self._answered_at and read_at - self._answered_at > SLEPT_SECONDS
        if slept or report.state == ONLINE and not report.majority:
            self._ask_from = read_at + CALM_SECONDS
        elif not report.majority:
            self._ask_from = read_at
        self._answered_at = read_at

    def heard(self, asked_at, disowned):
        """Records whether the other members continue without this member. `asked_at`: time at which this member
        asked them."""
        with self._changed:
            self._asked_at, self._disowned = asked_at, disowned

    def _grow(self, report):
        """Returns a function that adds members to the list of members. Members of the group's view are added
        only if this member is online with a majority."""
        configured = self._settings.members.values()
        if report.state == "ONLINE" and report.majority:
            return lambda known: members.grown(known, configured, report.view, report.online)
        return lambda known: members.grown(known, configured)

    def change_members(self, how):
        try:
            self._members = members.change(how)
        except OSError:  # If the volume is full, the list of members stays in memory until it can be written.
            self._members = how(self._members)

    def latest(self):
        """Returns the last report if the report is recent, otherwise a report with the state DOWN."""
        with self._changed:
            return self._complete(time.monotonic() - self._read_at <= STALE_SECONDS)

    def fresh(self):
        """Waits for a report whose data were read after this call. Returns a report with the state DOWN if none
        arrives in time."""
        asked = time.monotonic()
        with self._changed:
            return self._complete(self._changed.wait_for(lambda: self._read_at >= asked, timeout=STALE_SECONDS))

    def _complete(self, recent):
        report = self._latest if recent else Report(self._settings.server)
        told = members.told(self._members)
        return dataclasses.replace(
            report,
            **told,
            address=self._settings.address,
            disowned=self._disowned,
            unsure=self._asked_at < self._ask_from,
            quorum=report.majority and 2 * len(report.reachable) > len(told["remembered"]),
            kept=kept(),
            release=config.RELEASE,
            grants=self._grants,
            roomMib=room_mib(config.DATA),
            reason=_restore_progress() or self.reason,
        )


def _restore_progress():
    try:
        return RESTORE_PROGRESS.read_text()
    except OSError:
        return ""
