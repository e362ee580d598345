"""
Simulates archives of a site and compares restores with the data that clients wrote.

usage: npm run proof:history -- [--lives N] [--seed N] [--steps N] [--jobs N] [--single | --group] [--keep]
       npm run proof:history -- --year [--days N] [--seed N]      restores to twenty random seconds of a simulated year

One simulation is called a life. The program requires root, mysqld, age, zstd and pymysql. The program prints a line for each life and, at
the end, the number of occurrences of each event. If a restore returned wrong data, the program prints the seed and the steps and exits with
1. If the host interrupted a life, for example because a member did not start in time, the life proves nothing and is counted separately.
"""

import argparse
import collections
import contextlib
import functools
import multiprocessing
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import time
import traceback
from typing import NamedTuple

ROOT = pathlib.Path(__file__).resolve().parents[2]
# mysql-group and mysql-backup both have a module `settings`. Python uses the module of mysql-backup, because its path is inserted last.
for part in ("mysql/files/mysql-group", "backup/files/mysql-backup"):
    sys.path.insert(0, str(ROOT / "modules/machine/parts" / part))

import pymysql  # noqa: E402  (imported after the paths above are set)
from restore import Unusable  # noqa: E402
from life import Life  # noqa: E402
from servers import blank_data  # noqa: E402
from year import Year  # noqa: E402

# Relative frequency of each random step in a life.
SINGLE_STEPS = {
    "write": 4, "ship": 2, "make_base": 1, "fail_base": 1, "pass_days": 1, "lose_power": 1, "skew_clock": 1, "lose_answers": 1, "damage": 1,
    "change_schema": 1, "create_event": 1, "rotate_passwords": 1, "change_recipients": 1, "restore_for_good": 1,
}
GROUP_STEPS = {
    **SINGLE_STEPS, "fail_over": 1, "cut_power": 1, "be_absent": 1, "become_blank": 1, "fall_behind": 1, "lose_logs": 1, "force_bootstrap": 2, "forge": 3,
}
STEPS_BETWEEN_RESTORES = 3
# Number of restores in a simulated year.
TIMES = 20
# The databases are stored in memory, because databases on a disk would wait for the disk.
MEMORY = pathlib.Path("/dev/shm")


class Result(NamedTuple):
    seed: int
    members: int
    steps: list
    reached: collections.Counter
    refusals: list
    seconds: float
    # Result of a life: "" (success), "interrupted" or "WRONG".
    verdict: str
    problem: str


def live(seed, options, template, parent):
    folder = pathlib.Path(tempfile.mkdtemp(prefix=f"life-{seed}-", dir=parent))
    single = options.single or (not options.group and seed % 5 < 3)
    life, started = Life(seed, folder, template, members=1 if single else 3), time.monotonic()
    verdict, problem = "", ""
    try:
        with open(folder / "output.log", "w") as out, contextlib.redirect_stdout(out):
            life.begin()
            for count in range(1, options.steps + 1):
                life.step(SINGLE_STEPS if single else GROUP_STEPS)
                if count % STEPS_BETWEEN_RESTORES == 0 or count == options.steps:
                    life.check()
    except Exception as error:
        problem = traceback.format_exc()
        verdict = "interrupted" if isinstance(error, (RuntimeError, pymysql.Error, subprocess.SubprocessError, Unusable)) else "WRONG"
    finally:
        life.end()
        if not options.keep and not problem:
            shutil.rmtree(folder, ignore_errors=True)
        for data in () if options.keep else folder.glob("**/data"):
            shutil.rmtree(data, ignore_errors=True)
    return Result(seed, len(life.names), life.steps, life.reached, life.refusals, time.monotonic() - started, verdict, problem)


def main():
    parser = argparse.ArgumentParser(prog="proof:history", description="Simulates lives of the archive and compares restores with what clients were told.")
    parser.add_argument("--lives", type=int, default=10)
    parser.add_argument("--seed", type=int, help="of the first life; the next lives use the next numbers")
    parser.add_argument("--steps", type=int, default=12, help="of each life")
    parser.add_argument("--jobs", type=int, default=1, help="lives at the same time")
    parser.add_argument("--single", action="store_true", help="one server in each life; without it three lives in five have one")
    parser.add_argument("--group", action="store_true", help="three servers in each life")
    parser.add_argument("--keep", action="store_true", help="keeps the folder of each life")
    parser.add_argument("--year", action="store_true", help="restores to twenty random seconds of a simulated year instead")
    parser.add_argument("--days", type=int, default=365, help="of the simulated year")
    options = parser.parse_args()
    first = options.seed if options.seed is not None else random.randrange(1_000_000)
    parent = pathlib.Path(tempfile.mkdtemp(prefix="history-", dir=None if "TMPDIR" in os.environ or not MEMORY.is_dir() else MEMORY))
    if options.year:
        return live_year(first, options.days, parent)
    total, reached = collections.Counter(), collections.Counter()
    with multiprocessing.get_context("fork").Pool(options.jobs, maxtasksperchild=1) as pool:
        work = functools.partial(live, options=options, template=blank_data(parent), parent=parent)
        for one in pool.imap_unordered(work, range(first, first + options.lives)):
            total.update({"lives": 1, "restores": one.reached["restore"], "refused": len(one.refusals), one.verdict: 1})
            reached.update(one.reached)
            report(one)
    for event, count in reached.most_common():
        print(f"{count:6} {event}")
    print(
        f"{total['lives']} lives, {total['restores']} restores compared, {total['refused']} refused, {total['WRONG']} wrong,"
        f" {total['interrupted']} interrupted; seeds from {first}"
    )
    if not options.keep and not total["WRONG"]:
        shutil.rmtree(parent, ignore_errors=True)
    return 1 if total["WRONG"] else 0


def live_year(seed, days, parent):
    """
    Simulates a year and prints the result. If a restore is wrong, raises an exception with the difference.
    @returns exit code 0
    """
    started = time.monotonic()
    year = Year(seed, parent, blank_data(parent))
    try:
        with open(parent / "output.log", "w") as out, contextlib.redirect_stdout(out):
            exact = year.live(days, TIMES)
    finally:
        year.end()
        shutil.rmtree(parent, ignore_errors=True)
    print(f"{days} days, {len(year.history.all())} writes, {len(year.store.keys())} objects: {exact} of {TIMES} random seconds restored exactly; {time.monotonic() - started:.0f} s; seed {seed}")
    return 0


def report(one):
    servers = "one server" if one.members == 1 else "three servers"
    events = ", ".join(f"{event} {count}" for event, count in sorted(one.reached.items()))
    print(f"life {one.seed}: {servers}, {one.seconds:.0f} s, {len(one.refusals)} refused; {events}{f': {one.verdict}' if one.verdict else ''}", flush=True)
    for refusal in one.refusals:
        print(f"  refused: {refusal}", flush=True)
    if one.problem:
        print("  " + "\n  ".join(one.steps) + "\n" + one.problem, flush=True)


if __name__ == "__main__":
    sys.exit(main())
