"""The loop: look, decide, act; one line in the journal whenever the reason changes."""

import threading
import time

import accounts
import endpoint
import group
import members
import pymysql
from decision import BOOTSTRAP, JOIN, LEAVE, decide, running
from observer import Observer
from peers import gather
from report import OFFLINE, ONLINE, members_problem

TICK_SECONDS = 1
LONGEST_BACKOFF_SECONDS = 30


class Daemon:
    def __init__(self, settings):
        self._settings = settings
        self._observer = Observer(settings)
        self._accounts_ready = False
        self._settled = False

    def run(self):
        self._observer.start()
        server = endpoint.bind(self._settings, self._observer)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        # In the main thread: a fault nobody thought of ends the process, and systemd starts it again.
        self._work()

    def _work(self):
        failures = 0
        while True:
            try:
                self._step()
                failures = 0
            except (pymysql.Error, OSError) as problem:
                failures += 1
                pause = min(2**failures, LONGEST_BACKOFF_SECONDS)
                self._say(f"{_plain(problem)}; next attempt in {pause} s")
                time.sleep(pause)
            time.sleep(TICK_SECONDS)

    def _step(self):
        mine = self._observer.fresh()
        if mine.state == ONLINE and mine.majority:
            self._say(f"online as {mine.role}" + (f"; {members_problem(mine)}" if members_problem(mine) else ""))
            self._forget_lost(mine)
            if not self._settled:
                group.settle(self._settings)
                self._settled = True
            return self._ensure_accounts(mine)
        self._accounts_ready = self._settled = False
        if mine.state == OFFLINE and mine.writable:
            group.protect(self._settings)
        reports, decision = self._decide()
        self._say(decision.reason)
        if decision.action == BOOTSTRAP:
            self._bootstrap(reports)
        elif decision.action == JOIN:
            self._observer.change_members(lambda known: members.agreed(known, running(reports)))
            group.join(self._settings, mine.blank, decision.unapplied)
        elif decision.action == LEAVE:
            group.leave(self._settings)

    def _decide(self):
        lost = members.lost()
        reports = gather(self._settings, self._observer.fresh(), lost)
        return reports, decide(self._settings.server, reports, lost)

    def _bootstrap(self, reports):
        """Only if everybody says the same a second time: nobody restarted, joined or wrote in between."""
        time.sleep(TICK_SECONDS)
        again, decision = self._decide()
        steady = [r.fingerprint for r in reports.values()] == [r and r.fingerprint for r in again.values()]
        if decision.action == BOOTSTRAP and steady:
            group.bootstrap(self._settings, decision.forget_received, decision.unapplied)

    def _forget_lost(self, mine):
        """The group runs without those that an operator has declared lost: from here on they do not count, until they are seen again."""
        lost = {self._settings.address_of(name) for name in members.lost()}
        if lost and not lost & set(mine.view):
            self._observer.change_members(lambda known: members.without(known, lost))
            members.LOST.unlink(missing_ok=True)

    def _ensure_accounts(self, mine):
        """Before the group may serve: without its account nobody joins the member that has started it."""
        if self._accounts_ready or mine.role != "PRIMARY" or not mine.writable:
            self._accounts_ready &= mine.role == "PRIMARY"
            return
        changed = accounts.ensure(self._settings)
        self._accounts_ready = True
        if changed:
            print("accounts applied: " + ", ".join(changed), flush=True)

    def _say(self, reason):
        if reason != self._observer.reason:
            print(reason, flush=True)
            self._observer.reason = reason


def _plain(problem):
    """The server's words without the statement, which may hold a password."""
    if isinstance(problem, pymysql.Error) and len(problem.args) > 1 and problem.args[0] != 1064:
        return f"mysqld refused ({problem.args[0]}): {problem.args[1]}"
    if isinstance(problem, OSError) and problem.strerror:
        return f"{type(problem).__name__}: {problem.strerror}"
    return type(problem).__name__
