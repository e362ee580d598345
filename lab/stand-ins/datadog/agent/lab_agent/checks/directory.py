"""Counts files."""
import fnmatch
import os

from .options import tags_of

OPTIONS = {"directory", "name", "pattern", "recursive", "countonly", "ignore_missing", "filegauges", "dirtagname"}


def check(instance, report):
    directory = instance["directory"]
    tags = tags_of(instance) + [f"name:{instance.get('name') or directory}"]
    if not os.path.isdir(directory):
        if instance.get("ignore_missing"):
            return
        raise ValueError(f"{directory} is no directory")
    pattern = instance.get("pattern") or "*"
    count = 0
    for _, folders, files in os.walk(directory, onerror=fail):
        count += sum(fnmatch.fnmatch(file, pattern) for file in files)
        if not instance.get("recursive"):
            folders.clear()
    report.gauge("system.disk.directory.files", count, tags)


def fail(error):
    raise error
