"""Runs mutmut on a Python program of the payload, and prints the mutants that its unit tests do not detect.

    npm run mutate mysql-group                 # all modules
    npm run mutate mysql-group liveness room   # these modules

Exits with 1 if the tests detect less than 90 % of the mutants. mutmut is installed below node_modules/.cache at first use.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

GOAL = 0.9
PACKAGES = ["mutmut==3.8.1", "pytest==9.2.0"]
PROJECT = pathlib.Path(__file__).resolve().parents[2]
PARTS = "modules/machine/parts"
# Component of the payload that contains each program.
PROGRAMS = {"mysql-group": "mysql", "mysql-backup": "backup", "app-runs": "application"}
# Module of mysql-group of which mysql-backup contains a copy.
SHARED = f"{PARTS}/mysql/files/mysql-group/gtid.py"
TOOLS = PROJECT / "node_modules/.cache/mutate-python"
# Function with the texts of --help. Tests do not check these texts.
HELP = "cli.x__parser__"

SETTINGS = """
[mutmut]
source_paths=src
pytest_add_cli_args_test_selection=tests
timeout_constant=4
"""


def main(program, modules):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        copy(folder, program)
        run = tool(folder, "run", *(f"{module}.*" for module in modules))
        lines = [line.strip().split(": ") for line in tool(folder, "results", "--all", "true").splitlines() if "__mutmut_" in line]
        results = {mutant: outcome for mutant, outcome in lines if not mutant.startswith(HELP)}
        results = {mutant: outcome for mutant, outcome in results.items() if not modules or mutant.split(".")[0] in modules}
        if not results or "not checked" in results.values():
            sys.exit(f"mutate: mutmut did not finish:\n{run[-2000:]}")
        undetected = [mutant for mutant, outcome in results.items() if outcome not in ("killed", "timeout")]
        for mutant in undetected:
            print(tool(folder, "show", mutant))
    # Time-outs are reported separately, because a time-out may be caused by a busy machine.
    timeouts = list(results.values()).count("timeout")
    share = 1 - len(undetected) / len(results)
    print(f"{program}: {len(results)} mutants, {share:.1%} detected ({timeouts} by a time-out); goal {GOAL:.0%}")
    return 0 if share >= GOAL else 1


def copy(folder, program):
    part = PROGRAMS[program]
    shutil.copytree(PROJECT / PARTS / part / "files" / program, folder / "src", ignore=shutil.ignore_patterns("__pycache__"))
    tests = PROJECT / "__tests__" / PARTS / part
    shutil.copytree(tests, folder / "tests", ignore=lambda _, names: [name for name in names if not name.endswith(".py")])
    if program == "mysql-backup":
        shutil.copy(PROJECT / SHARED, folder / "tests")
    (folder / "setup.cfg").write_text(SETTINGS)


def tool(folder, *arguments):
    if not (TOOLS / "bin/mutmut").exists():
        subprocess.run([sys.executable, "-m", "venv", TOOLS], check=True)
        subprocess.run([TOOLS / "bin/pip", "install", "--quiet", *PACKAGES], check=True)
    environment = {**os.environ, "PYTHONPATH": "src"}
    command = [TOOLS / "bin/mutmut", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout


sys.exit(main(sys.argv[1], sys.argv[2:]))
