"""Puts mistakes into a program in Python, one at a time, and shows those that its unit tests do not notice.

    npm run mutate mysql-group                 # all of it
    npm run mutate mysql-group liveness room   # these modules

Some 2000 mistakes in mysql-group, a few minutes on an idle machine. mutmut makes them (at first use it is installed below node_modules/.cache): other
operators, conditions, numbers, words, left out arguments. Ends with 1 when fewer than the goal are noticed.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

GOAL = 0.9
PACKAGES = ["mutmut==3.8.1", "pytest==9.2.0"]
PROJECT = pathlib.Path(__file__).resolve().parents[2]
PARTS = "modules/machine/parts"
# The part of the payload that each belongs to.
PROGRAMS = {"mysql-group": "mysql", "mysql-backup": "backup", "app-runs": "application"}
# Of mysql-group, and travels with mysql-backup too.
SHARED = f"{PARTS}/mysql/files/mysql-group/gtid.py"
TOOLS = PROJECT / "node_modules/.cache/mutate-python"
# The words of --help, which no test repeats.
WORDS = "cli.x__parser__"
EQUIVALENT = pathlib.Path(__file__).parent / "equivalent.json"

SETTINGS = """
[mutmut]
source_paths=src
pytest_add_cli_args_test_selection=tests
timeout_constant=4
"""
# Run by mutmut's own Python, in its folder: name and outcome of each mistake, on standard input, become [name, outcome, difference].
DESCRIBE = """
import json, sys
from mutmut.__main__ import get_diff_for_mutant
print(json.dumps([[*each, get_diff_for_mutant(each[0])] for each in json.load(sys.stdin)]))
"""


def main(program, modules):
    with tempfile.TemporaryDirectory() as folder:
        results = mistakes(pathlib.Path(folder), program, modules)
        got_past = [each for each in results if each[1] not in ("killed", "timeout")]
        unnoticed = [difference for _, _, difference in described(folder, got_past) if not is_equivalent(program, difference)]
    for difference in unnoticed:
        print(difference, end="\n\n")
    for name, outcome in results:
        if outcome == "timeout":
            # On a busy machine this may be chance.
            print(f"counted as noticed, since the tests did not come to their end: {name}")
    equivalent, noticed = len(got_past) - len(unnoticed), len(results) - len(got_past)
    share = noticed / (len(results) - equivalent)
    print(f"{program}: {len(results)} mistakes, {noticed} noticed ({share:.1%}), {equivalent} equivalent, {len(unnoticed)} left; goal {GOAL:.0%}")
    return 0 if share >= GOAL else 1


def is_equivalent(program, difference):
    """Whether equivalent.json names the changed line, and what has become of it."""
    lines = difference.splitlines()[2:]
    gone, new = (" ".join(line[1:].strip() for line in lines if line.startswith(sign)) for sign in "-+")
    known = json.loads(EQUIVALENT.read_text())
    return any(one["program"] == program and re.fullmatch(one["line"], gone) and re.fullmatch(one["becomes"], new) for one in known)


def mistakes(folder, program, modules):
    """[name, outcome] of each in these modules, or in all."""
    part = PROGRAMS[program]
    known = sorted(file.stem for file in (PROJECT / PARTS / part / "files" / program).glob("[!_]*.py"))
    if unknown := [module for module in modules if module not in known]:
        sys.exit(f"mutate: {program} has no module {', '.join(unknown)}; it has {', '.join(known)}")
    shutil.copytree(PROJECT / PARTS / part / "files" / program, folder / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(PROJECT / "__tests__" / PARTS / part, folder / "tests", ignore=lambda _, names: [name for name in names if not name.endswith(".py")])
    if program == "mysql-backup":
        shutil.copy(PROJECT / SHARED, folder / "tests")
    (folder / "setup.cfg").write_text(SETTINGS)
    run = tool(folder, "mutmut", "run", *(f"{module}.*" for module in modules), check=False)
    listed = tool(folder, "mutmut", "results", "--all", "true").stdout
    results = [line.strip().split(": ") for line in listed.splitlines() if "__mutmut_" in line]
    results = [each for each in results if not modules or each[0].split(".")[0] in modules]
    if not results or any(outcome == "not checked" for _, outcome in results):
        sys.exit(f"mutmut did not come to an end:\n{run.stdout[-2000:]}{run.stderr}")
    return [[name, outcome] for name, outcome in results if not name.startswith(WORDS)]


def described(folder, results):
    return json.loads(tool(folder, "python", "-c", DESCRIBE, input=json.dumps(results)).stdout)


def tool(folder, name, *arguments, check=True, **options):
    if not (TOOLS / "bin/mutmut").exists():
        subprocess.run([sys.executable, "-m", "venv", TOOLS], check=True)
        subprocess.run([TOOLS / "bin/pip", "install", "--quiet", *PACKAGES], check=True)
    environment = {**os.environ, "PYTHONPATH": "src"}
    return subprocess.run(
        [TOOLS / "bin" / name, *arguments], cwd=folder, env=environment, check=check, text=True, capture_output=True, **options
    )


sys.exit(main(sys.argv[1], sys.argv[2:]))
