"""What one member says of itself: the body of GET /state and the input of every decision."""

import dataclasses
import json

import gtid

# A primary with less on its data volume stops taking writes. Commits of one without any hang until there is room, and so does a hand-over
# of its role; and two seconds pass before HAProxy has noticed.
FULL_MIB = 64

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
    address: str = ""
    # More than half of the view's members are reachable: the group can commit.
    majority: bool = False
    # And these are more than half of all members: it may serve.
    quorum: bool = False
    # Others are a group without this one, and theirs goes on.
    disowned: bool = False
    # It has not asked the others since it saw a majority again: they may have expelled it, and it would not have noticed yet.
    unsure: bool = False
    # Addresses of the members in the current view; of those that are reachable, and of those that have all the data.
    view: tuple = ()
    reachable: tuple = ()
    online: tuple = ()
    # The list of members (members.py), by address: who counts, who of them was ever ONLINE, who does not count any more.
    remembered: tuple = ()
    seen: tuple = ()
    forgotten: tuple = ()
    executed: str = ""
    purged: str = ""
    # Received from the group, perhaps not applied yet.
    received: str = ""
    # Neither a transaction nor a schema of a user.
    blank: bool = False
    lagSeconds: float = 0.0
    queue: int = 0
    # MiB that MySQL can still write on the data volume; -1: not known.
    roomMib: int = -1
    # Identity of the connection to mysqld: another one after every restart.
    boot: str = ""
    # What the daemon is waiting for, or doing.
    reason: str = ""
    # Folders with received transactions that the group lacked.
    kept: tuple = ()
    # SHA-256 of the release whose code decides here.
    release: str = ""
    # What the accounts would be by this member's settings and code, see grants.digest.
    grants: str = ""

    def to_json(self):
        return json.dumps(dataclasses.asdict(self))

    @staticmethod
    def from_json(text):
        """
        Members of two versions understand each other: a field that this one does not know is left out, one that is not there has its
        default. A member that tells no quorum counts its view alone, and one that tells nobody `seen` remembers views alone.
        @raises ValueError for anything that is no report
        """
        values = json.loads(text)
        if not isinstance(values, dict) or "server" not in values:
            raise ValueError("a report is an object that names its server")
        values = {"quorum": values.get("majority", False), "seen": values.get("remembered", []), **values}
        known = {field.name: field for field in dataclasses.fields(Report) if field.name in values}
        return Report(**{name: _checked(field, values[name]) for name, field in known.items()})

    @property
    def fullness(self):
        """That the data volume is full, in words; None while it is not."""
        said = f"data volume is full, {self.roomMib} MiB left (more: mysql-data release)"
        return said if 0 <= self.roomMib < FULL_MIB else None

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
    if report.unsure:
        return "primary has yet to ask whether the others have expelled it"
    if report.disowned:
        return "the others are a group without this primary"
    return members_problem(report) or report.fullness or (None if report.writable else "primary is still read-only")


def members_problem(report):
    """Why the group must not serve though it can commit: it must not be the smaller part of the members."""
    if report.quorum:
        return None
    return f"the group is no majority of the members: {len(report.reachable)} of {len(report.remembered)}"


def replica_problem(report, maximum_lag_seconds):
    """Why this member must not get reads meant for replicas; None when it may."""
    if report.state != ONLINE:
        return f"member is {report.state}"
    if not report.majority:
        return "member sees no majority of the group"
    if report.role != "SECONDARY":
        return f"member is {report.role}"
    if not report.quorum:
        return members_problem(report)
    if report.lagSeconds > maximum_lag_seconds:
        return f"member is {report.lagSeconds:.1f} s behind, {maximum_lag_seconds} s allowed"
    return None
