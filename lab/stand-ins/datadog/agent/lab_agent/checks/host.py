"""CPU, load, memory, network and uptime, which the vendor's agent reports unasked."""
import os

# Fields of a line of /proc/stat.
CPU_FIELDS = ("user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal")

_previous_cpu = {}


def check(report):
    cpu(report, read("/proc/stat"))
    load(report, read("/proc/loadavg"), os.cpu_count() or 1)
    memory(report, read("/proc/meminfo"))
    network(report, read("/proc/net/dev"))
    report.gauge("system.uptime", read("/proc/uptime").split()[0])


def cpu(report, text, previous=_previous_cpu):
    """Shares of time in per cent since the last call."""
    times = dict(zip(CPU_FIELDS, map(int, text.split("\n", 1)[0].split()[1:])))
    changes = {field: times[field] - previous.get(field, times[field]) for field in CPU_FIELDS}
    previous.update(times)
    total = sum(changes.values())
    if total <= 0:
        return
    share = {field: 100 * change / total for field, change in changes.items()}
    report.gauge("system.cpu.user", share["user"] + share["nice"])
    report.gauge("system.cpu.system", share["system"] + share["irq"] + share["softirq"])
    report.gauge("system.cpu.idle", share["idle"])
    report.gauge("system.cpu.iowait", share["iowait"])
    report.gauge("system.cpu.stolen", share["steal"])


def load(report, text, processors):
    for minutes, value in zip((1, 5, 15), text.split()):
        report.gauge(f"system.load.{minutes}", value)
        report.gauge(f"system.load.norm.{minutes}", float(value) / processors)


def memory(report, text):
    """In MiB, as the vendor's agent; `pct_usable` is a share of 1."""
    kib = {line.split(":")[0]: int(line.split()[1]) for line in text.splitlines()}
    for name, field in (("total", "MemTotal"), ("free", "MemFree"), ("usable", "MemAvailable"), ("cached", "Cached")):
        report.gauge(f"system.mem.{name}", kib[field] / 1024)
    report.gauge("system.mem.used", (kib["MemTotal"] - kib["MemFree"]) / 1024)
    report.gauge("system.mem.pct_usable", kib["MemAvailable"] / kib["MemTotal"])
    report.gauge("system.swap.total", kib["SwapTotal"] / 1024)
    report.gauge("system.swap.used", (kib["SwapTotal"] - kib["SwapFree"]) / 1024)


def network(report, text):
    for line in text.splitlines()[2:]:
        device, values = line.split(":", 1)
        numbers = values.split()
        if device.strip() != "lo":
            report.rate("system.net.bytes_rcvd", numbers[0], [f"device:{device.strip()}"])
            report.rate("system.net.bytes_sent", numbers[8], [f"device:{device.strip()}"])


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()
