"""What one member says of itself: the body of GET /state and the input of every decision."""

import dataclasses
import json

import gtid

DOWN, OFFLINE, RECOVERING, ONLINE, ERROR = "DOWN", "OFFLINE", "RECOVERING", "ONLINE", "ERROR"


@dataclasses.dataclass(frozen=True)
class Report:
    server: str
    # DOWN: mysqld does not answer; else MEMBER_STATE of Group Replication.
    state: str = DOWN
    # PRIMARY, SECONDARY or "".
    role: str = ""
    # super_read_only is off.
    writable: bool = False
    # More than half of the view's members are reachable.
    majority: bool = False
    # Addresses of the members in the current view.
    view: tuple = ()
    # Addresses of the last view with a majority that this machine saw, kept over restarts.
    remembered: tuple = ()
    executed: str = ""
    purged: str = ""
    # Received from the group, perhaps not applied yet.
    received: str = ""
    # Neither a transaction nor a schema of a user.
    blank: bool = False
    lagSeconds: float = 0.0
    queue: int = 0
    # Identity of the connection to mysqld: another one after every restart.
    boot: str = ""
    # What the daemon is waiting for, or doing.
    reason: str = ""

    def to_json(self):
        return json.dumps(dataclasses.asdict(self))

    @staticmethod
    def from_json(text):
        """Fields that this code does not know are left out. @raises ValueError for anything that is no report"""
        values = json.loads(text)
        if not isinstance(values, dict) or "server" not in values:
            raise ValueError("a report is an object that names its server")
        known = {field.name: field for field in dataclasses.fields(Report) if field.name in values}
        return Report(**{name: _checked(field, values[name]) for name, field in known.items()})

    @property
    def fingerprint(self):
        """What must not change between two looks for a decision to stand."""
        return (self.server, self.boot, self.state, self.executed, self.received, self.blank)


def _checked(field, value):
    """The value as this field's type. GTID sets are read once here, so that no decision meets one that cannot be."""
    if field.type is tuple and isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(value)
    if type(value) is not field.type and not (field.type is float and type(value) is int):
        raise ValueError(f"{field.name} is {field.type.__name__}, got {type(value).__name__}")
    if field.name in ("executed", "purged", "received"):
        gtid.parse(value)
    return value


def primary_problem(report):
    """Why this member must not get writes; None when it may."""
    if report.state != ONLINE:
        return f"member is {report.state}"
    if not report.majority:
        return "member sees no majority of the group"
    if report.role != "PRIMARY":
        return f"member is {report.role}"
    return None if report.writable else "primary is still read-only"


def replica_problem(report, maximum_lag_seconds):
    """Why this member must not get reads meant for replicas; None when it may."""
    if report.state != ONLINE:
        return f"member is {report.state}"
    if not report.majority:
        return "member sees no majority of the group"
    if report.role != "SECONDARY":
        return f"member is {report.role}"
    if report.lagSeconds > maximum_lag_seconds:
        return f"member is {report.lagSeconds:.1f} s behind, {maximum_lag_seconds} s allowed"
    return None
