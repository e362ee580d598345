"""Tests which server executes a run, and the messages about the run. Run by app-runs.programs.test.ts."""

import contextlib
import io
import json
import os
import threading
import time
import types
import unittest
from unittest import mock

from support import DUE, NAME, Primary

import calendar_times
import claims
import cli
import hold

RUN = f"{NAME}: the run of {DUE} UTC"


class Runs(unittest.TestCase):
    """
    Provides commands that succeed at once and pauses that take no time. One step of `meanwhile` runs after each pause. After the last step,
    the wait ends.
    """

    def setUp(self):
        self.primary, self.said, self.clock, self.pauses, self.meanwhile = Primary(), [], 1000.0, [], []
        self.rounds = 0
        self.stop = types.SimpleNamespace(event=threading.Event())
        self.stop.event.wait = self.pause
        self.enterContext(mock.patch.object(cli, "say", lambda level, message: self.said.append((level, message))))
        self.enterContext(mock.patch.object(cli, "Claim", lambda name, due=claims.ALWAYS: self.primary.claim("alpha", name, due)))
        self.enterContext(mock.patch.object(cli.time, "sleep", self.pause))
        self.enterContext(mock.patch.object(hold, "now", self.now))
        self.enterContext(mock.patch.object(hold, "Stop", lambda: self.stop))
        self.command = self.enterContext(mock.patch.object(hold, "run", return_value=(0, True)))

    def now(self):
        # app-runs reads the clock in each round. The limit ends a loop without pauses.
        self.rounds += 1
        if self.rounds > 5000:
            raise SystemExit("goes round without a pause")
        return self.clock

    def pause(self, seconds):
        self.pauses.append(seconds)
        self.clock += seconds
        self.primary.now += seconds
        if self.meanwhile:
            self.meanwhile.pop(0)()
        else:
            self.stop.event.set()

    def away(self, is_away=True):
        return lambda: setattr(self.primary, "away", is_away)

    def schedule(self, server, repeatable=False):
        return cli.schedule_run(self.primary.claim(server), ["mail"], repeatable, self.stop)

    def errors(self):
        return [message for level, message in self.said if level == "error"]


class Schedule(Runs):
    def test_a_schedule_runs_once_for_each_scheduled_time_on_any_server(self):
        for server in ("alpha", "bravo", "charlie", "alpha"):
            self.assertEqual(self.schedule(server), 0)
        claim, *how = self.command.call_args.args
        self.assertEqual((claim.name, how), (NAME, [["mail"], self.stop, self.clock, cli.say]))
        self.command.assert_called_once()
        self.assertEqual((self.said, self.pauses), ([("info", f"{RUN} succeeded")], []))

    def test_a_failed_run_of_a_schedule_is_reported_and_recorded(self):
        self.command.return_value = (3, True)
        self.assertEqual(self.schedule("alpha"), 3)
        self.assertEqual(self.errors(), [f"{RUN} failed with 3"])
        self.assertEqual(self.schedule("bravo"), 0)
        self.assertEqual(self.primary.outcomes(), {DUE: "failed with 3"})

    def test_the_exit_status_of_a_command_killed_by_a_signal_is_the_status_that_a_shell_returns(self):
        self.command.return_value = (-9, True)
        self.assertEqual(self.schedule("alpha"), 137)

    def interrupt(self):
        """Simulates a run on alpha that was interrupted by a power failure."""
        self.primary.claim("alpha").take()
        self.primary.now += claims.LEASE + 1

    def test_an_interrupted_run_of_a_schedule_is_reported_once_and_not_repeated(self):
        self.interrupt()
        self.assertEqual(self.schedule("bravo"), 1)
        self.assertEqual(self.schedule("charlie"), 0)
        self.command.assert_not_called()
        self.assertEqual(self.errors(), [f"{RUN} on alpha was interrupted and is not repeated"])

    def test_an_interrupted_run_of_a_schedule_is_reported_once_the_primary_is_reachable(self):
        self.interrupt()
        bravo = self.primary.claim("bravo")
        with mock.patch.object(bravo, "interrupted", side_effect=[ConnectionError("away"), 1]):
            self.assertEqual(cli.schedule_run(bravo, ["mail"], False, self.stop), 1)
        self.assertEqual(self.errors(), [f"{RUN} on alpha was interrupted and is not repeated"])

    def test_an_interrupted_run_of_a_repeatable_schedule_is_repeated_once(self):
        self.interrupt()
        self.assertEqual([self.schedule(server, repeatable=True) for server in ("bravo", "charlie")], [0, 0])
        self.command.assert_called_once()
        self.assertEqual(self.errors(), [f"{RUN} on alpha was interrupted; it is repeated here"])

    def test_an_interrupted_run_of_a_repeatable_schedule_is_repeated_when_the_primary_is_reachable(self):
        self.interrupt()
        bravo = self.primary.claim("bravo")
        first, row = bravo.take(), bravo.take
        with mock.patch.object(bravo, "take", side_effect=[first, ConnectionError("away"), first, row(expired=True)]):
            self.assertEqual(cli.schedule_run(bravo, ["mail"], True, self.stop), 0)
        self.command.assert_called_once()

    def test_only_the_fastest_server_reports_or_repeats_an_interrupted_run_of_a_schedule(self):
        for repeatable, faster in ((False, claims.Claim.interrupted), (True, lambda claim: claim.take(expired=True))):
            self.primary = Primary()
            self.interrupt()
            bravo, charlie = self.primary.claim("bravo"), self.primary.claim("charlie")
            take = charlie.take

            def overtaken(*how):
                row = take(*how)
                faster(bravo)
                return row

            with mock.patch.object(charlie, "take", overtaken):
                self.assertEqual(cli.schedule_run(charlie, ["mail"], repeatable, self.stop), 0)
        self.command.assert_not_called()
        self.assertEqual(self.errors(), [])

    def test_a_schedule_waits_while_another_server_executes_the_scheduled_run(self):
        other = self.primary.claim("alpha")
        other.take()
        self.meanwhile = [lambda: None, lambda: other.finish("succeeded")]
        self.assertEqual(self.schedule("bravo"), 0)
        self.assertEqual((self.pauses, self.said), ([3, 3], []))

    def test_a_schedule_waits_until_an_unreachable_primary_is_reachable(self):
        self.primary.away = True
        self.meanwhile = [lambda: None, self.away(False)]
        self.assertEqual(self.schedule("alpha"), 0)
        self.command.assert_called_once()
        self.assertEqual(self.pauses, [3, 3])
        self.assertEqual(self.said[0], ("warn", f"{NAME}: cannot ask the primary: away"))

    def test_a_stopped_unit_of_a_schedule_does_not_start_the_run(self):
        self.primary.away = True
        self.assertEqual(self.schedule("alpha"), 0)
        self.command.assert_not_called()

    def test_interruptions_of_earlier_runs_are_reported_before_the_next_run_of_the_schedule(self):
        for due in ("2026-11-25 01:00:00", "2026-11-25 02:00:00"):
            self.primary.claim("alpha", due=due).take()
        self.primary.now += claims.LEASE + 1
        self.command.side_effect = lambda *_: (self.assertEqual(self.errors(), [f"{NAME}: 2 earlier runs were interrupted and are not repeated"]), (0, True))[1]
        self.assertEqual(self.schedule("bravo"), 0)
        self.command.assert_called_once()

    def test_a_schedule_runs_even_if_interruptions_of_its_earlier_runs_cannot_be_queried(self):
        claim = self.primary.claim("alpha")
        with mock.patch.object(claim, "earlier_interrupted", side_effect=ConnectionError("away")):
            self.assertEqual(cli.schedule_run(claim, ["mail"], False, self.stop), 0)
        self.assertEqual(self.said[0], ("warn", "cannot write to the primary: away"))
        self.command.assert_called_once()

    def test_a_run_of_a_schedule_that_was_interrupted_on_this_server_is_reported_without_an_outcome(self):
        self.command.return_value = (-15, False)
        self.assertEqual(self.schedule("alpha"), 1)
        self.command.side_effect = lambda *_: (self.stop.event.set(), (-15, True))[1]
        self.assertEqual(cli.schedule_run(self.primary.claim("alpha", due="2026-11-25 04:00:00"), ["mail"], False, self.stop), 1)
        self.assertEqual(self.errors(), [f"{RUN} was interrupted here", f"{RUN.replace('03:00', '04:00')} was interrupted here"])
        self.assertEqual(set(self.primary.outcomes().values()), {None})

    def test_the_outcome_of_a_schedule_is_recorded_when_the_primary_is_reachable_again(self):
        self.command.side_effect = lambda *_: (self.away()(), (0, True))[1]
        self.meanwhile = [lambda: None, self.away(False)]
        self.assertEqual(self.schedule("alpha"), 0)
        self.assertEqual((self.pauses, self.primary.outcomes()), ([1, 1], {DUE: "succeeded"}))
        self.assertEqual(self.said[0], ("warn", f"{NAME}: cannot record that it succeeded: away"))

    def test_a_schedule_stops_its_attempts_to_record_the_outcome_before_the_lease_expires(self):
        self.command.side_effect = lambda *_: (self.away()(), (0, True))[1]
        self.meanwhile = [lambda: None] * 100
        self.assertEqual(self.schedule("alpha"), 0)
        self.assertEqual(sum(self.pauses), hold.TERM_SECONDS)


class Exclusive(Runs):
    def of(self, server):
        return self.primary.claim(server, "worker mail", claims.ALWAYS)

    def test_app_runs_starts_a_worker_only_after_the_lease_of_the_other_server_has_expired(self):
        self.of("alpha").take()
        self.meanwhile = [lambda: None] * 20
        self.assertEqual(cli.exclusive(self.of("bravo"), ["mail"], self.stop), 0)
        self.assertEqual(self.pauses, [3] * 11)
        claim, *how = self.command.call_args.args
        self.assertEqual((claim.name, how), ("worker mail", [["mail"], self.stop, self.clock, cli.say]))
        self.assertEqual(self.said, [("info", "worker mail runs here")])

    def test_app_runs_releases_the_lease_when_the_worker_ends(self):
        self.command.return_value = (-15, True)
        self.assertEqual(cli.exclusive(self.of("alpha"), ["mail"], self.stop), 143)
        self.assertTrue(self.of("bravo").take(expired=True).holder.startswith("bravo"))

    def test_app_runs_does_not_wait_for_an_unreachable_primary_to_release_the_lease(self):
        self.command.side_effect = lambda *_: (self.away()(), (0, True))[1]
        self.assertEqual(cli.exclusive(self.of("alpha"), ["mail"], self.stop), 0)
        self.assertEqual(self.pauses, [])

    def test_a_worker_waits_until_an_unreachable_primary_is_reachable_again(self):
        self.primary.away = True
        self.meanwhile = [lambda: None, self.away(False)]
        self.assertEqual(cli.exclusive(self.of("alpha"), ["mail"], self.stop), 0)
        self.assertEqual(self.pauses, [3, 3])

    def test_app_runs_stops_waiting_for_the_lease_after_the_given_time_limit(self):
        other = self.of("alpha")
        other.take()
        self.meanwhile = [other.renew] * 100
        self.assertEqual(cli.exclusive(self.of("bravo"), ["mail"], self.stop, 12), 1)
        self.assertEqual(sum(self.pauses), 15)


class Main(Runs):
    """Tests the commands that the systemd units call."""

    def called(self, *words):
        status = cli.main([*words, "--", "/app/mail", "--now"])
        return status, [(call.args[0].name, call.args[0].due, call.args[1]) for call in self.command.call_args_list]

    def latest(self, due):
        return self.enterContext(mock.patch.object(calendar_times, "latest", return_value=due))

    def test_app_runs_starts_a_schedule_for_its_latest_scheduled_time(self):
        latest = self.latest(DUE)
        self.assertEqual(self.called("schedule", "mail", "--at", "hourly"), (0, [(NAME, DUE, ["/app/mail", "--now"])]))
        latest.assert_called_once_with("hourly")

    def test_app_runs_rejects_a_schedule_without_a_scheduled_time_in_the_last_week(self):
        self.latest(None)
        self.assertEqual(self.called("schedule", "mail", "--at", "2020-01-01"), (1, []))
        self.assertEqual(self.errors(), ["schedule mail: no run was due within the last week"])

    def test_app_runs_repeats_an_interrupted_schedule_only_if_it_is_declared_repeatable(self):
        self.latest(DUE)
        for words, runs in (((), 0), (("--repeatable",), 1)):
            self.primary = Primary()
            self.primary.claim("bravo").take()
            self.primary.now += claims.LEASE + 1
            self.called("schedule", "mail", "--at", "hourly", *words)
            self.assertEqual(self.command.call_count, runs)

    def test_app_runs_waits_without_a_time_limit_to_start_a_worker(self):
        self.primary.away = True
        self.meanwhile = [*[lambda: None] * 1000, self.away(False)]
        self.assertEqual(self.called("worker", "mail"), (0, [("worker mail", claims.ALWAYS, ["/app/mail", "--now"])]))

    def test_a_worker_that_exits_counts_as_failed_unless_systemd_stopped_it(self):
        self.command.return_value = (1, True)
        self.assertEqual(self.called("worker", "mail")[0], 1)
        self.command.side_effect = lambda *_: (self.stop.event.set(), (-15, True))[1]
        self.assertEqual(self.called("worker", "mail")[0], 0)

    def test_app_runs_fails_if_migrations_cannot_start_within_ten_minutes(self):
        self.assertEqual(self.called("migrations"), (0, [("migrations", claims.ALWAYS, ["/app/mail", "--now"])]))
        self.primary.away = True
        self.meanwhile = [lambda: None] * 1000
        self.assertEqual(self.called("migrations")[0], 1)
        self.assertEqual(sum(self.pauses), 603)
        self.assertEqual(self.errors(), ["migrations: did not start within 600 s: the primary is unreachable, or another server runs it"])

    def test_migrations_that_were_stopped_count_as_failed(self):
        self.command.side_effect = lambda *_: (self.stop.event.set(), (-15, True))[1]
        self.assertEqual(self.called("migrations")[0], 143)
        self.assertEqual(self.called("migrations")[0], 1)


class Said(unittest.TestCase):
    def test_a_message_of_app_runs_is_a_json_line_and_written_at_once(self):
        output = io.TextIOWrapper(io.BytesIO())
        with contextlib.redirect_stdout(output), mock.patch.object(time, "gmtime", return_value=time.gmtime(1_795_575_601)):
            cli.say("warn", "mail")
        self.assertEqual(json.loads(output.buffer.getvalue()), {"timestamp": "2026-11-25T03:00:01Z", "level": "warn", "message": "mail"})


class Times(unittest.TestCase):
    def latest(self, expression, now):
        return calendar_times.latest(expression, calendar_times.time.mktime(time.strptime(now, "%Y-%m-%d %H:%M:%S")) - time.timezone)

    def setUp(self):
        try:
            calendar_times.times("daily", "1970-01-01", 1)
        except (OSError, ValueError):
            self.skipTest("no systemd-analyze")

    def test_the_latest_scheduled_time_does_not_depend_on_the_delay_of_the_timer(self):
        for now in ("2026-11-25 20:05:00", "2026-11-25 20:05:02", "2026-11-25 20:05:59"):
            self.assertEqual(self.latest("*:0/5", now), "2026-11-25 20:05:00")
        self.assertEqual(self.latest("*:0/5", "2026-11-25 20:10:00"), "2026-11-25 20:10:00")

    def test_scheduled_times_are_in_utc_regardless_of_the_time_zone_of_the_expression(self):
        self.assertEqual(self.latest("Wed 03:15 Europe/Berlin", "2026-11-25 02:15:01"), "2026-11-25 02:15:00")

    def test_scheduled_times_are_in_utc_regardless_of_the_time_zone_of_the_process(self):
        with mock.patch.dict(os.environ, TZ="America/New_York"):
            self.assertEqual(self.latest("03:15", "2026-11-25 20:05:00"), "2026-11-25 03:15:00")

    def test_the_search_for_a_scheduled_time_returns_none_without_a_time_in_the_last_week(self):
        self.assertIsNone(self.latest("2020-01-01", "2026-11-25 20:05:00"))

    def test_the_search_for_a_scheduled_time_finds_times_up_to_a_week_ago(self):
        self.assertEqual(self.latest("Wed 20:00", "2026-12-02 19:59:59"), "2026-11-25 20:00:00")

    def test_the_search_for_a_scheduled_time_finds_the_last_of_many_times(self):
        with mock.patch.object(calendar_times, "AT_ONCE", 2):
            self.assertEqual(self.latest("Wed 03:00:0/10", "2026-11-25 20:05:00"), "2026-11-25 03:00:50")

    def test_the_search_for_a_scheduled_time_finds_the_last_time_until_now(self):
        with mock.patch.object(calendar_times.time, "time", return_value=1_795_575_601.5):
            self.assertEqual(calendar_times.latest("*:*:*"), "2026-11-25 03:00:01")

    def test_the_search_for_a_scheduled_time_rejects_an_invalid_expression(self):
        with self.assertRaises(calendar_times.subprocess.CalledProcessError):
            self.latest("now and then", "2026-11-25 20:05:00")


if __name__ == "__main__":
    unittest.main()
