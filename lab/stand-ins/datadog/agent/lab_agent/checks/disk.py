"""Space and inodes of the mounted file systems."""
import os
import re

from .options import tags_of

# File systems of the kernel, with nothing on a disk.
VIRTUAL = {
    "autofs", "binfmt_misc", "bpf", "cgroup", "cgroup2", "configfs", "debugfs", "devpts", "devtmpfs", "efivarfs", "fusectl", "hugetlbfs",
    "mqueue", "nsfs", "proc", "pstore", "ramfs", "securityfs", "sysfs", "tmpfs", "tracefs",
}  # fmt: skip
OPTIONS = {"use_mount", "file_system_exclude", "mount_point_exclude", "device_exclude", "mount_point_include"}


def check(instance, report):
    with open("/proc/mounts", encoding="utf-8") as file:
        mounts = [line.split()[:3] for line in file]
    seen = set()
    for device, point, kind in mounts:
        if kind in VIRTUAL or device in seen or not wanted(instance, device, point, kind):
            continue
        seen.add(device)
        measure(report, device, point, instance.get("use_mount"), tags_of(instance))


def wanted(instance, device, point, kind):
    for option, value in (("file_system_exclude", kind), ("mount_point_exclude", point), ("device_exclude", device)):
        if any(re.search(pattern, value) for pattern in instance.get(option) or []):
            return False
    included = instance.get("mount_point_include")
    return not included or any(re.search(pattern, point) for pattern in included)


def measure(report, device, point, by_mount, tags):
    try:
        state = os.statvfs(point)
    except PermissionError:
        return
    name = point if by_mount else device
    tags = tags + [f"device:{name}", f"device_name:{os.path.basename(name)}"]
    used, usable = state.f_blocks - state.f_bfree, state.f_blocks - state.f_bfree + state.f_bavail
    report.gauge("system.disk.total", state.f_blocks * state.f_frsize / 1024, tags)
    report.gauge("system.disk.used", used * state.f_frsize / 1024, tags)
    report.gauge("system.disk.free", state.f_bavail * state.f_frsize / 1024, tags)
    report.gauge("system.disk.in_use", used / usable if usable else 0, tags)
    if state.f_files:
        report.gauge("system.fs.inodes.total", state.f_files, tags)
        report.gauge("system.fs.inodes.in_use", (state.f_files - state.f_ffree) / state.f_files, tags)
