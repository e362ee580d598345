"""A command runs while its claim is held, and no longer. Run by app-runs.programs.test.ts."""

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

# However busy the machine is that tests.
PATIENCE_SECONDS = 60
POPEN = subprocess.Popen


class Held(unittest.TestCase):
    """Real commands, and a clock that tests move. Between two looks at the command happens one thing of `then`."""

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
        # Where a test fails in between.
        self.addCleanup(process.kill)
        return process

    def next_step(self, seconds):
        self.assertLess(seconds, 1)
        step = next(self.steps, lambda: self.pause(0.01))
        step()

    def run_command(self, *command, then=()):
        """Its exit status, and whether the claim was held."""
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
        """One renewal has begun and ended."""
        asked = self.primary.asked
        self.until(lambda: self.primary.asked >= asked + 2)

    def taken_by_bravo(self):
        bravo = self.primary.claim("bravo")

        def taken():
            # Alpha may be faster.
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

    def test_tells_how_the_command_ended(self):
        self.assertEqual(self.run_command("sh", "-c", "exit 3"), (3, True))
        self.renewals_end()

    def test_goes_on_while_the_primary_is_away_for_a_moment(self):
        away = [self.goes_away, self.later(hold.TERM_SECONDS)]
        self.assertEqual(self.run_command(*self.until_it_ends(), then=[*away, self.comes_back, *away, self.ends]), (0, True))
        self.assertEqual(self.said, [])

    def test_is_told_to_end_once_when_the_primary_is_away_for_long(self):
        count = self.folder / "told"
        command = ["sh", "-c", f"exec 2>/dev/null; trap 'echo told >>{count}' TERM; touch {self.folder}/begun; while :; do sleep 0.01; done"]
        begun = lambda: self.until((self.folder / "begun").exists)
        told = lambda: self.until(count.exists)
        look = lambda: self.pause(0.1)
        steps = [begun, self.goes_away, self.later(hold.TERM_SECONDS + 1), told, look, look, self.later(hold.KILL_SECONDS - hold.TERM_SECONDS)]
        self.assertEqual(self.run_command(*command, then=steps), (-9, False))
        self.assertEqual(count.read_text(), "told\n")
        self.assertEqual(self.said, [("error", "schedule mail: the primary cannot be reached; stopping it here")])

    def test_is_killed_long_before_others_may_have_the_claim(self):
        self.assertGreater(hold.TERM_SECONDS, 8 + 3)
        self.assertGreaterEqual(claims.LEASE - hold.KILL_SECONDS, 8)
        begun = self.folder / "begun"
        command = ["sh", "-c", f"trap '' TERM; touch {begun}; {self.until_it_ends()[2]}"]
        steps = [lambda: self.until(begun.exists), self.goes_away, self.later(hold.KILL_SECONDS), self.ends]
        # Not yet killed, but no longer sure either.
        self.assertEqual(self.run_command(*command, then=steps), (0, False))

    def test_ends_when_another_has_the_claim(self):
        self.assertEqual(self.run_command("sleep", "600", then=[self.taken_by_bravo]), (-15, False))
        self.assertEqual(self.said, [("error", "schedule mail: another server has the claim; stopping it here")])

    def test_ends_when_the_unit_is_stopped(self):
        self.assertEqual(self.run_command("sleep", "600", then=[self.stop.event.set]), (-15, True))
        self.assertEqual(self.said, [])

    def test_leaves_nothing_behind_that_it_has_started(self):
        pipe = self.folder / "pipe"
        os.mkfifo(pipe)
        reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
        self.addCleanup(os.close, reader)
        self.assertEqual(self.run_command("sh", "-c", f"exec >{pipe}; sleep 600 & echo begun"), (0, True))
        self.assertEqual(os.read(reader, 100), b"begun\n")
        # Nobody holds the other end any more.
        self.assertEqual(select.select([reader], [], [], PATIENCE_SECONDS)[0], [reader])
        self.assertEqual(os.read(reader, 100), b"")


class Told(unittest.TestCase):
    def test_to_end_is_who_gets_the_signal(self):
        self.addCleanup(signal.signal, signal.SIGTERM, signal.getsignal(signal.SIGTERM))
        stop = hold.Stop()
        self.assertFalse(stop.event.is_set())
        signal.raise_signal(signal.SIGTERM)
        self.assertTrue(stop.event.is_set())


class Now(unittest.TestCase):
    def test_goes_on_while_the_machine_sleeps(self):
        before = time.clock_gettime(time.CLOCK_BOOTTIME)
        now = hold.now()
        self.assertLessEqual(before, now)
        self.assertLessEqual(now, time.clock_gettime(time.CLOCK_BOOTTIME))
        # A machine that has never slept does not tell the clocks apart.
        with mock.patch.object(hold.time, "clock_gettime", {time.CLOCK_BOOTTIME: 9.0}.get):
            self.assertEqual(hold.now(), 9.0)


if __name__ == "__main__":
    unittest.main()
