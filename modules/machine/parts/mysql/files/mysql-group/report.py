"""What one member says of itself: the body of GET /state and the input of every decision."""

import dataclasses
import json

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
        known = {field.name for field in dataclasses.fields(Report)}
        values = {key: value for key, value in json.loads(text).items() if key in known}
        return Report(**{**values, "view": tuple(values.get("view", ())), "remembered": tuple(values.get("remembered", ()))})

    @property
    def fingerprint(self):
        """What must not change between two looks for a decision to stand."""
        return (self.server, self.boot, self.state, self.executed, self.received, self.blank)


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
