"""
Prints the state of this server as one JSON object (`Observation` in snapshot.ts). The program is sent over SSH for each report, so it is not
installed on servers. The first argument contains paths and ports. All slow queries run at the same time.
"""

import concurrent.futures
import http.client
import json
import os
import pathlib
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request

settings = json.loads(sys.argv[1])
SECONDS = 4


def output(*command, seconds=SECONDS):
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=seconds).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ""


def text(path):
    try:
        return pathlib.Path(path).read_text()
    except OSError:
        return None


def get(url):
    """Returns the body of a successful response, or None."""
    try:
        return urllib.request.urlopen(url, timeout=SECONDS).read().decode(errors="replace")
    except (OSError, http.client.HTTPException):
        return None


def first_boot():
    if os.path.exists(settings["setupComplete"]):
        return "done"
    result = json.loads(text("/var/lib/cloud/data/result.json") or '{"v1": {}}')
    errors = result["v1"].get("errors", [])
    # The setup repeats failed steps. Its notice contains the condition that it waits for.
    return "; ".join(errors) or " ".join(["running", *(text(settings["setupNotice"]) or "").split()])


def failed_units():
    lines = output("systemctl", "list-units", "--failed", "--plain", "--no-legend").splitlines()
    return [line.split()[0] for line in lines if line]


def in_service():
    return pathlib.Path(settings["inService"]).exists() if is_web() else None


def serves():
    return get(settings["ready"]) is not None if is_web() else None


def is_web():
    return pathlib.Path(settings["deploy"]).exists()


def releases():
    """Returns the installed releases. The current release comes first, then the releases from the newest to the oldest activation."""
    folder = pathlib.Path(settings["releases"])
    current = os.path.realpath(settings["current"])
    kept = sorted(folder.iterdir(), key=lambda one: (str(one) != current, -one.stat().st_mtime)) if folder.exists() else []
    found = [(text(one / "RELEASE") or "").split() for one in kept]
    return [{"url": words[0], "sha256": words[1]} for words in found if len(words) == 2]


def member():
    try:
        group = json.loads(text(settings["group"]) or "null")
        return group and json.loads(get(f"http://{group['address']}:{group['rolePort']}/state") or "null")
    except ValueError:
        return None


def upgradable():
    """Returns the possible upgrades, or None if apt does not answer in time. The result is stored until package lists or packages change."""
    changed = [os.stat(path).st_mtime_ns for path in settings["aptFollows"] if os.path.exists(path)]
    kept = json.loads(text(settings["aptTold"]) or "{}")
    if kept.get("changed") != changed:
        kept = {"changed": changed, "found": ask_apt()}
        if kept["found"] is not None:
            unfinished = pathlib.Path(f"{settings['aptTold']}.{os.getpid()}")
            unfinished.write_text(json.dumps(kept))
            unfinished.replace(settings["aptTold"])
    return kept["found"]


def ask_apt():
    """Asks apt for the possible upgrades, which takes half a second of processor time."""
    simulate = "apt-get --simulate --quiet=2 -o Debug::NoLocking=true dist-upgrade && echo told"
    lines = output("sh", "-c", simulate, seconds=15).splitlines()
    if lines[-1:] != ["told"]:
        return None
    # A line is "Inst NAME [OLD] (NEW ARCHIVE [ARCHITECTURE])". OLD is missing if another package requires a new package.
    found = [re.match(r"Inst (\S+) (?:\[(\S+)\] )?\((\S+)", line) for line in lines]
    return [{"name": match[1], "from": match[2] or "", "to": match[3]} for match in found if match]


def reboot_for():
    waiting = sorted(set((text("/run/reboot-required.pkgs") or "").split()))
    return waiting or (["the system"] if os.path.exists("/run/reboot-required") else [])


def certificate_days():
    days = {}
    for what, path in settings["certificates"].items():
        end = re.match("notAfter=(.*)", output("openssl", "x509", "-noout", "-enddate", "-in", path)) if os.path.exists(path) else None
        if end:
            until = time.mktime(time.strptime(end[1], "%b %d %H:%M:%S %Y %Z"))
            days[what] = int((until - time.mktime(time.gmtime())) // 86400)
    return days


def disk_percent():
    used = {}
    for path in settings["disks"]:
        if os.path.exists(path):
            space = os.statvfs(path)
            used[path] = round(100 * (1 - space.f_bavail / space.f_blocks))
    return used


looks = {
    "bootId": lambda: (text("/proc/sys/kernel/random/boot_id") or "").strip() + (text("/proc/1/stat") or "").split()[21],
    "firstBoot": first_boot,
    "failedUnits": failed_units,
    "inService": in_service,
    "serves": serves,
    "releases": releases,
    "member": member,
    "rebootFor": reboot_for,
    "certificateDays": certificate_days,
    "diskPercent": disk_percent,
}
if settings.get("withUpgradable"):
    looks["upgradable"] = upgradable
with concurrent.futures.ThreadPoolExecutor(max_workers=len(looks)) as pool:
    answers = {name: pool.submit(look) for name, look in looks.items()}
    print(json.dumps({name: answer.result() for name, answer in answers.items()}))
