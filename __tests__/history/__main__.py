"""
Simulates lives of the archive and restores to random moments of them.

usage: npm run proof:history -- [--lives N] [--seed N] [--steps N] [--single | --group] [--keep]

Requires root, mysqld, age, zstd and pymysql. Prints a line for each life. If a restore returned wrong data, it prints seed and steps and exits with 1.
"""

import argparse
import collections
import contextlib
import os
import pathlib
import random
import shutil
import sys
import tempfile
import time
import traceback

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Both programs have a module `settings`; the last path comes first.
for part in ("mysql/files/mysql-group", "backup/files/mysql-backup"):
    sys.path.insert(0, str(ROOT / "modules/machine/parts" / part))

from life import Life  # noqa: E402  (after its paths)

GROUP_STEPS = (
    "write", "write", "write", "ship", "ship", "make_base", "fail_base", "pass_days", "fail_over", "cut_power", "be_absent", "become_blank", "lose_power",
    "force_bootstrap", "skew_clock", "lose_answers", "damage", "forge", "change_schema", "create_event", "rotate_passwords", "restore_for_good",
)
SINGLE_STEPS = (
    "write", "write", "write", "ship", "ship", "make_base", "fail_base", "pass_days", "lose_power", "skew_clock", "lose_answers", "change_schema", "create_event",
    "rotate_passwords", "restore_for_good",
)


def live(seed, single, number, keep):
    """@returns (restores, refusals, steps, problem or None)"""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="life-"))
    life = Life(seed, folder, members=1 if single else 3)
    problem = None
    try:
        with open(os.devnull if not keep else folder / "output.log", "w") as out, contextlib.redirect_stdout(out):
            life.begin()
            for count in range(1, number + 1):
                step = life.random.choice(SINGLE_STEPS if single else GROUP_STEPS)
                getattr(life, step)()
                if count % 4 == 0:
                    life.ship()
                    life.check()
            life.check()
    except Exception:
        problem = traceback.format_exc()
    finally:
        life.end()
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)
    return life.restores, life.refusals, life.steps, problem


def main():
    parser = argparse.ArgumentParser(prog="proof:history", description="Simulates lives of the archive and compares restores with what clients were told.")
    parser.add_argument("--lives", type=int, default=10)
    parser.add_argument("--seed", type=int, help="of the first life; the next lives use the next numbers")
    parser.add_argument("--steps", type=int, default=12, help="of each life")
    parser.add_argument("--single", action="store_true", help="one server in each life; without it one life in three has one")
    parser.add_argument("--group", action="store_true", help="three servers in each life")
    parser.add_argument("--keep", action="store_true", help="keeps the folder of each life, and what the programs print")
    options = parser.parse_args()
    first = options.seed if options.seed is not None else random.randrange(1_000_000)
    total = collections.Counter()
    for seed in range(first, first + options.lives):
        single = options.single or (not options.group and seed % 3 == 0)
        started = time.monotonic()
        restores, refusals, steps, problem = live(seed, single, options.steps, options.keep)
        total.update(lives=1, restores=restores, refused=refusals, wrong=int(bool(problem)))
        print(f"life {seed}: {'one server' if single else 'three servers'}, {len(steps)} steps, {restores} restores, {refusals} refused, {time.monotonic() - started:.0f} s{': WRONG' if problem else ''}", flush=True)
        if problem:
            print("  " + "\n  ".join(steps) + "\n" + problem, flush=True)
    print(f"{total['lives']} lives, {total['restores']} restores compared, {total['refused']} refused, {total['wrong']} wrong; seeds from {first}")
    return 1 if total["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
