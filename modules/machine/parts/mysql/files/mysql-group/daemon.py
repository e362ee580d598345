"""Runs the main loop of mysql-group: the loop observes the members, decides on an action and executes it. Logs
one line whenever the reason for waiting changes."""

import threading
import time

import accounts
import endpoint
import group
import members
import pymysql
from decision import BOOTSTRAP, HAND_OVER, JOIN, LEAVE, decide, running
from liveness import Reason, Unreachable
from observer import Observer
from peers import gather
from report import OFFLINE, ONLINE

TICK_SECONDS = 1
LONGEST_BACKOFF_SECONDS = 30
# Time limit in seconds for the statement that leaves the group on a full volume, because hanging commits block this
# statement. The other members detect at once that this member has left.
LEAVE_SECONDS = 5


class Daemon:
    def __init__(self, settings):
        self._settings = settings
        self._observer = Observer(settings)
        self._accounts_ready = False
        # True if all members agreed on the accounts when the accounts were applied.
        self._agreed = False
        self._settled = False
        # True if this daemon or its previous run may have made the primary read-only.
        self._withheld = True
        self._unreachable = Unreachable()
        self._waiting = Reason()

    def run(self):
        self._observer.start()
        server = endpoint.bind(self._settings, self._observer)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        # The loop runs in the main thread, so that an unexpected exception ends the process. systemd then restarts the daemon.
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
        serving = mine.state == ONLINE and mine.majority
        if serving:
            self._withhold(mine)
            self._let_go(mine)
            self._forget_lost(mine)
        elif mine.state == OFFLINE and mine.writable and not mine.fullness:
            # On a full volume, this statement would wait for hanging commits, so it is skipped.
            group.protect(self._settings)
        reports, decision = self._decide()
        self._say(decision.reason)
        if self._waiting.seconds(decision.reason) < decision.after_seconds:
            return
        if decision.action == BOOTSTRAP:
            self._bootstrap(reports)
        elif decision.action == JOIN:
            self._observer.change_members(lambda known: members.agreed(known, running(reports)))
            group.join(self._settings, mine.blank, decision.unapplied)
        elif decision.action == LEAVE:
            group.leave(self._settings)
        elif decision.action == HAND_OVER:
            self._hand_over(decision.successors)
        elif serving:
            return self._look_after(mine, accounts.all_agree(self._settings, reports))
        self._accounts_ready = self._settled = self._withheld = False

    def _hand_over(self, successors):
        if successors:
            group.step_down(self._settings, [self._settings.address_of(name) for name in successors])
        else:
            group.leave(self._settings, LEAVE_SECONDS)

    def _decide(self):
        lost, asked_at = members.lost(), time.monotonic()
        reports = gather(self._settings, self._observer.fresh(), lost)
        decision = decide(self._settings.server, reports, lost)
        self._observer.heard(asked_at, disowned=decision.action == LEAVE)
        return reports, decision

    def _bootstrap(self, reports):
        """Reads the reports of all members again, and starts the group only if the reports are unchanged.
        Unchanged reports show that no member has restarted, joined a group or written data in between."""
        time.sleep(TICK_SECONDS)
        again, decision = self._decide()
        steady = [r.fingerprint for r in reports.values()] == [r and r.fingerprint for r in again.values()]
        if decision.action == BOOTSTRAP and steady:
            group.bootstrap(self._settings, decision.forget_received, decision.unapplied, members.lost())

    def _forget_lost(self, mine):
        """Marks the lost members as forgotten if the group runs without them. A forgotten member is not counted
        until it appears in the group again."""
        lost = {self._settings.address_of(name) for name in members.lost()}
        if lost and not lost & set(mine.view):
            self._observer.change_members(lambda known: members.without(known, lost))
            members.LOST.unlink(missing_ok=True)

    def _withhold(self, mine):
        """While the group is a minority of all members, makes the primary read-only, also for open sessions.
        MySQL counts only the members in the group's view, so without this rule the last remaining member
        could acknowledge writes alone."""
        if mine.role != "PRIMARY" or mine.writable and mine.quorum:
            self._withheld = False
        elif mine.writable and self._accounts_ready:
            group.protect(self._settings)
            self._withheld = True
        elif self._withheld and mine.quorum:
            group.allow_writes(self._settings)

    def _let_go(self, mine):
        due = self._unreachable.due([address for address in mine.view if address not in mine.reachable])
        if due:
            print("asking the group to let go of " + ", ".join(due))
            group.look_again(self._settings)

    def _look_after(self, mine, agreed):
        """Creates the accounts before the group may serve, because members cannot join without the replication
        account. Checks the accounts again as soon as all members would create the same accounts, for example
        after a rollout that changes accounts."""
        if not self._settled:
            group.settle(self._settings)
            self._settled = True
        ready = self._accounts_ready and (self._agreed or not agreed)
        if ready or mine.role != "PRIMARY" or not mine.writable:
            self._accounts_ready &= mine.role == "PRIMARY"
            return
        changed = accounts.ensure(self._settings, agreed)
        self._accounts_ready, self._agreed = True, agreed
        if changed:
            print("accounts applied: " + ", ".join(changed))

    def _say(self, reason):
        if reason != self._observer.reason:
            print(reason)
            self._observer.reason = reason


def _plain(problem):
    """Returns mysqld's error message without the failed statement, because the statement may contain a password."""
    if isinstance(problem, pymysql.Error) and len(problem.args) > 1 and problem.args[0] != 1064:
        return f"mysqld refused ({problem.args[0]}): {problem.args[1]}"
    if isinstance(problem, OSError) and problem.strerror:
        return f"{type(problem).__name__}: {problem.strerror}"
    return type(problem).__name__
