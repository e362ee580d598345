"""Claims: at most one server at a time, also when one dies or cannot reach the primary. Run by app-runs.test.ts."""

import sys
import threading
import time
import types
import unittest
from unittest import mock

sys.modules.setdefault("pymysql", types.SimpleNamespace(connect=None))

import calendar_times
import claims
import cli
import hold


class Table:
    """The rows on the primary, with a clock that tests move. What `broken` says, no server can ask."""

    def __init__(self):
        self.rows, self.clock, self.broken = {}, 0.0, False

    def claim(self, server, name="schedule mail", due="2026-11-25 03:00:00"):
        return Claim(self, server, name, due)


class Claim:
    """As claims.Claim, on the table above."""

    def __init__(self, table, server, name, due):
        self.table, self.holder, self.name, self.due = table, f"{server} 1", name, due

    def _row(self):
        if self.table.broken:
            raise ConnectionError
        return self.table.rows.get((self.name, self.due))

    def take(self, expired=False):
        row = self._row()
        until = self.table.clock + claims.LEASE
        if row is None or (expired and row["outcome"] is None and row["until"] < self.table.clock):
            row = self.table.rows[self.name, self.due] = {"holder": self.holder, "until": until, "outcome": None}
        return claims.Row(row["holder"], row["outcome"], row["until"] < self.table.clock)

    def renew(self):
        row = self._row()
        if row["holder"] != self.holder:
            return False
        row["until"] = self.table.clock + claims.LEASE
        return True

    def release(self):
        self._row()["until"] = self.table.clock - 1

    def finish(self, outcome):
        self._row()["outcome"] = outcome

    def interrupted(self):
        self._row()["outcome"] = "interrupted"
        return 1

    def earlier_interrupted(self):
        return 0


class Runs(unittest.TestCase):
    def setUp(self):
        self.table, self.said = Table(), []
        self.stop = types.SimpleNamespace(event=threading.Event())
        self.enterContext(mock.patch.object(cli, "say", lambda level, message: self.said.append((level, message))))
        self.enterContext(mock.patch.object(cli, "POLL_SECONDS", 0))

    def schedule(self, server, repeatable=False, command=("true",)):
        return cli.schedule_run(self.table.claim(server), list(command), repeatable, self.stop)

    def errors(self):
        return [message for level, message in self.said if level == "error"]


class Schedule(Runs):
    def test_runs_once_for_a_time_whoever_asks(self):
        with mock.patch.object(hold, "run", return_value=(0, True)) as run:
            for server in ("alpha", "bravo", "charlie", "alpha"):
                self.assertEqual(self.schedule(server), 0)
        self.assertEqual(run.call_count, 1)

    def test_tells_how_it_ended(self):
        self.assertEqual(self.schedule("alpha", command=("sh", "-c", "exit 3")), 3)
        self.assertEqual(self.errors(), ["schedule mail: the run of 2026-11-25 03:00:00 UTC failed with 3"])
        self.assertEqual(self.schedule("bravo"), 0)

    def interrupt(self):
        """A run that alpha began before its power was cut."""
        self.table.claim("alpha").take()
        self.table.clock += claims.LEASE + 1

    def test_reports_an_interrupted_run_once_and_does_not_repeat_it(self):
        self.interrupt()
        with mock.patch.object(hold, "run") as run:
            self.assertEqual(self.schedule("bravo"), 1)
            self.assertEqual(self.schedule("charlie"), 0)
        run.assert_not_called()
        self.assertEqual(
            self.errors(), ["schedule mail: the run of 2026-11-25 03:00:00 UTC on alpha was interrupted, and is not repeated"]
        )

    def test_repeats_one_that_may_be_repeated_once(self):
        self.interrupt()
        with mock.patch.object(hold, "run", return_value=(0, True)) as run:
            self.assertEqual([self.schedule(server, repeatable=True) for server in ("bravo", "charlie")], [0, 0])
        self.assertEqual(run.call_count, 1)
        self.assertEqual(
            self.errors(), ["schedule mail: the run of 2026-11-25 03:00:00 UTC on alpha was interrupted; it is repeated here"]
        )

    def test_waits_while_another_server_runs_it(self):
        other = self.table.claim("alpha")
        other.take()
        watching = threading.Thread(target=self.schedule, args=("bravo",))
        watching.start()
        time.sleep(0.1)
        self.assertTrue(watching.is_alive())
        other.finish("succeeded")
        watching.join(5)
        self.assertFalse(watching.is_alive())
        self.assertEqual(self.errors(), [])


class Held(Runs):
    """hold.run with a primary that goes away; its times are a hundredth."""

    def setUp(self):
        super().setUp()
        for name, seconds in (("RENEW_SECONDS", 0.05), ("TERM_SECONDS", 0.4), ("KILL_SECONDS", 0.8)):
            self.enterContext(mock.patch.object(hold, name, seconds))

    def breaks(self):
        self.table.broken = True

    def run_command(self, *command, later=()):
        """@param later: what happens so many seconds after the claim is taken"""
        claim = self.table.claim("alpha")
        begun = hold.now()
        claim.take()
        for seconds, happens in later:
            threading.Timer(seconds, happens).start()
        status, held = hold.run(claim, list(command), self.stop, begun, cli.say)
        return status, held, hold.now() - begun

    def test_ends_what_runs_when_the_primary_is_away_for_long(self):
        status, _, seconds = self.run_command("sleep", "20", later=[(0.1, self.breaks)])
        self.assertEqual(status, -15)
        self.assertLess(seconds, 3)

    def test_kills_what_does_not_listen_and_what_it_has_started(self):
        command = ["sh", "-c", "trap '' TERM; sleep 20; sleep 20; sleep 20; :"]
        status, held, seconds = self.run_command(*command, later=[(0.1, self.breaks)])
        self.assertEqual((status, held), (-9, False))
        self.assertLess(seconds, 5)

    def test_survives_a_primary_that_is_away_for_a_moment(self):
        mends = lambda: setattr(self.table, "broken", False)
        self.assertEqual(self.run_command("sleep", "0.6", later=[(0.05, self.breaks), (0.2, mends)])[:2], (0, True))

    def test_ends_what_runs_when_another_has_the_claim(self):
        def steal():
            self.table.rows["schedule mail", "2026-11-25 03:00:00"]["holder"] = "bravo 1"

        status, held, _ = self.run_command("sleep", "20", later=[(0.1, steal)])
        self.assertEqual((status, held), (-15, False))


class Worker(Runs):
    def test_takes_over_what_nobody_holds_any_more_and_not_before(self):
        self.table.claim("alpha", "worker mail", claims.ALWAYS).take()
        mine = self.table.claim("bravo", "worker mail", claims.ALWAYS)
        self.assertEqual(mine.take(expired=True).holder, "alpha 1")
        self.table.clock += claims.LEASE + 1
        with mock.patch.object(hold, "run", return_value=(0, True)) as run:
            self.assertEqual(cli.exclusive(mine, ["true"], self.stop), 0)
        run.assert_called_once()
        self.assertEqual(self.table.claim("charlie", "worker mail", claims.ALWAYS).take(expired=True).holder, "charlie 1")

    def test_gives_up_a_claim_long_before_others_may_have_it(self):
        self.assertGreater(hold.TERM_SECONDS, 8 + hold.RENEW_SECONDS)
        self.assertGreaterEqual(claims.LEASE - hold.KILL_SECONDS, 8)

    def test_waits_for_a_primary_that_is_away(self):
        self.table.broken = True
        threading.Timer(0.1, setattr, (self.table, "broken", False)).start()
        with mock.patch.object(hold, "run", return_value=(0, True)):
            self.assertEqual(cli.exclusive(self.table.claim("alpha"), ["true"], self.stop), 0)


class Times(unittest.TestCase):
    def latest(self, expression, now):
        return calendar_times.latest(expression, calendar_times.time.mktime(time.strptime(now, "%Y-%m-%d %H:%M:%S")) - time.timezone)

    def setUp(self):
        try:
            calendar_times.times("daily", 0, 1)
        except (OSError, ValueError):
            self.skipTest("no systemd-analyze")

    def test_are_the_same_whenever_a_timer_fires(self):
        for now in ("2026-11-25 20:05:00", "2026-11-25 20:05:02", "2026-11-25 20:05:59"):
            self.assertEqual(self.latest("*:0/5", now), "2026-11-25 20:05:00")
        self.assertEqual(self.latest("*:0/5", "2026-11-25 20:10:00"), "2026-11-25 20:10:00")

    def test_are_in_utc_whatever_the_zone_of_the_expression(self):
        self.assertEqual(self.latest("Wed 03:15 Europe/Berlin", "2026-11-25 02:15:01"), "2026-11-25 02:15:00")

    def test_are_none_where_there_was_none_for_a_week(self):
        self.assertIsNone(self.latest("2020-01-01", "2026-11-25 20:05:00"))


if __name__ == "__main__":
    unittest.main()
