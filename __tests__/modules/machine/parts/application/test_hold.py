"""Tests that a command runs only while its claim is held. Run by app-runs.programs.test.ts."""

import os
import pathlib
import select
import signal
import subprocess
import tempfile
import threading
import time
import types
import unittest
from unittest import mock

from support import Primary

import claims
import hold

# Maximum wait in seconds, which is sufficient on a busy test machine.
PATIENCE_SECONDS = 60
POPEN = subprocess.Popen


class Held(unittest.TestCase):
    """Runs real commands with a clock that tests set. One step of `then` runs between two checks of the command."""

    def setUp(self):
        self.primary, self.said = Primary(), []
        self.stop = types.SimpleNamespace(event=threading.Event())
        self.clock, self.steps = 1000.0, iter(())
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.enterContext(mock.patch.object(hold, "now", lambda: self.clock))
        self.enterContext(mock.patch.object(hold, "RENEW_SECONDS", 0.001))
        self.enterContext(mock.patch.object(hold.subprocess, "Popen", self.started))
        self.pause = time.sleep
        self.enterContext(mock.patch.object(hold, "time", types.SimpleNamespace(sleep=self.next_step)))

    def started(self, *how, **more):
        process = POPEN(*how, **more)
        # Kills the process if the test fails before the process ends.
        self.addCleanup(process.kill)
        return process

    def next_step(self, seconds):
        self.assertLess(seconds, 1)
        step = next(self.steps, lambda: self.pause(0.01))
        step()

    def run_command(self, *command, then=()):
        """Claims the run and runs the command. Returns the exit status, and True if the claim was held until the end."""
        self.claim, self.steps = self.primary.claim("alpha"), iter(then)
        self.claim.take()
        return hold.run(self.claim, list(command), self.stop, self.clock, lambda level, message: self.said.append((level, message)))

    def goes_away(self):
        self.primary.away = True

    def comes_back(self):
        self.primary.away = False
        self.renewed()

    def later(self, seconds):
        def step():
            self.clock += seconds

        return step

    def until(self, condition):
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not condition():
            self.assertLess(time.monotonic(), deadline)
            self.pause(0.001)

    def renewed(self):
        """Waits until a renewal of the claim has started and ended."""
        asked = self.primary.asked
        self.until(lambda: self.primary.asked >= asked + 2)

    def taken_by_bravo(self):
        bravo = self.primary.claim("bravo")

        def taken():
            # alpha may renew the claim before the time changes.
            self.primary.now += claims.LEASE + 1
            return bravo.take(expired=True).holder == bravo.holder

        self.until(taken)
        self.renewals_end()

    def renewals_end(self):
        self.until(lambda: not any(isinstance(thread, hold._Renewals) for thread in threading.enumerate()))

    def ends(self):
        (self.folder / "end").touch()

    def until_it_ends(self):
        return ["sh", "-c", f"until [ -e {self.folder}/end ]; do sleep 0.01; done"]

    def test_app_runs_returns_the_exit_status_of_the_command(self):
        self.assertEqual(self.run_command("sh", "-c", "exit 3"), (3, True))
        self.renewals_end()

    def test_app_runs_lets_the_command_continue_during_a_short_absence_of_the_primary(self):
        away = [self.goes_away, self.later(hold.TERM_SECONDS)]
        self.assertEqual(self.run_command(*self.until_it_ends(), then=[*away, self.comes_back, *away, self.ends]), (0, True))
        self.assertEqual(self.said, [])

    def test_app_runs_sends_sigterm_once_and_later_sigkill_if_the_primary_is_absent_for_long(self):
        count = self.folder / "told"
        command = ["sh", "-c", f"exec 2>/dev/null; trap 'echo told >>{count}' TERM; touch {self.folder}/begun; while :; do sleep 0.01; done"]
        begun = lambda: self.until((self.folder / "begun").exists)
        told = lambda: self.until(count.exists)
        look = lambda: self.pause(0.1)
        steps = [begun, self.goes_away, self.later(hold.TERM_SECONDS + 1), told, look, look, self.later(hold.KILL_SECONDS - hold.TERM_SECONDS)]
        self.assertEqual(self.run_command(*command, then=steps), (-9, False))
        self.assertEqual(count.read_text(), "told\n")
        self.assertEqual(self.said, [("error", "schedule mail: the primary cannot be reached; stopping it here")])

    def test_app_runs_kills_the_command_well_before_the_lease_expires(self):
        self.assertGreater(hold.TERM_SECONDS, 8 + 3)
        self.assertGreaterEqual(claims.LEASE - hold.KILL_SECONDS, 8)
        begun = self.folder / "begun"
        command = ["sh", "-c", f"trap '' TERM; touch {begun}; {self.until_it_ends()[2]}"]
        steps = [lambda: self.until(begun.exists), self.goes_away, self.later(hold.KILL_SECONDS), self.ends]
        # The command ended before it was killed, but the claim may have expired.
        self.assertEqual(self.run_command(*command, then=steps), (0, False))

    def test_app_runs_counts_a_renewal_from_the_start_of_the_request_because_the_primary_may_execute_it_at_once(self):
        def renew():
            self.clock += 100
            renewals.ended.set()
            return True

        renewals = hold._Renewals(types.SimpleNamespace(renew=renew), 0.0)
        renewals.run()
        self.assertEqual(renewals.last, 1000.0)

    def test_app_runs_stops_the_command_if_another_server_has_the_lease(self):
        self.assertEqual(self.run_command("sleep", "600", then=[self.taken_by_bravo]), (-15, False))
        self.assertEqual(self.said, [("error", "schedule mail: another server has the claim; stopping it here")])

    def test_app_runs_stops_the_command_when_systemd_stops_the_unit(self):
        self.assertEqual(self.run_command("sleep", "600", then=[self.stop.event.set]), (-15, True))
        self.assertEqual(self.said, [])

    def test_app_runs_stops_the_child_processes_of_the_command(self):
        pipe = self.folder / "pipe"
        os.mkfifo(pipe)
        reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
        self.addCleanup(os.close, reader)
        self.assertEqual(self.run_command("sh", "-c", f"exec >{pipe}; sleep 600 & echo begun"), (0, True))
        self.assertEqual(os.read(reader, 100), b"begun\n")
        # The pipe is at its end, because no process has its other end open.
        self.assertEqual(select.select([reader], [], [], PATIENCE_SECONDS)[0], [reader])
        self.assertEqual(os.read(reader, 100), b"")


class Told(unittest.TestCase):
    def test_sigterm_makes_app_runs_stop(self):
        self.addCleanup(signal.signal, signal.SIGTERM, signal.getsignal(signal.SIGTERM))
        stop = hold.Stop()
        self.assertFalse(stop.event.is_set())
        signal.raise_signal(signal.SIGTERM)
        self.assertTrue(stop.event.is_set())


class Limits(unittest.TestCase):
    def test_app_runs_stops_the_command_only_after_more_than_four_failed_renewals_of_the_lease(self):
        self.assertGreaterEqual(hold.TERM_SECONDS, 5 * hold.RENEW_SECONDS)
        self.assertGreater(hold.RENEW_SECONDS, 0)


class Now(unittest.TestCase):
    def test_the_clock_of_app_runs_includes_the_time_that_the_machine_sleeps(self):
        before = time.clock_gettime(time.CLOCK_BOOTTIME)
        now = hold.now()
        self.assertLessEqual(before, now)
        self.assertLessEqual(now, time.clock_gettime(time.CLOCK_BOOTTIME))
        # If a machine was never suspended, both clocks have the same time.
        with mock.patch.object(hold.time, "clock_gettime", {time.CLOCK_BOOTTIME: 9.0}.get):
            self.assertEqual(hold.now(), 9.0)


if __name__ == "__main__":
    unittest.main()
