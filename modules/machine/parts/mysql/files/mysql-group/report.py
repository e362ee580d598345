"""Defines the report of a member about itself. GET /state returns the report, and all decisions are based on
reports."""

import dataclasses
import json

import gtid

# A primary stops accepting writes if its data volume has less than this many MiB of free space. On a full volume,
# commits and a change of the primary would hang until an operator frees space.
FULL_MIB = 64

DOWN, OFFLINE, RECOVERING, ONLINE, ERROR = "DOWN", "OFFLINE", "RECOVERING", "ONLINE", "ERROR"


@dataclasses.dataclass(frozen=True)
class Report:
    server: str
    # State of the member: DOWN if mysqld does not answer, otherwise MEMBER_STATE of Group Replication.
    state: str = DOWN
    # Role of the member in the group: PRIMARY, SECONDARY or "".
    role: str = ""
    # True if mysqld accepts writes because super_read_only is off.
    writable: bool = False
    address: str = ""
    # True if more than half of the members in the view are reachable, so the group can commit.
    majority: bool = False
    # True if the reachable members are more than half of all known members, so the group may serve.
    quorum: bool = False
    # True if other members continue as a group without this member.
    disowned: bool = False
    # True if this member may have been expelled without detecting the expulsion. After it sees a majority again, the
    # member must first ask the other members.
    unsure: bool = False
    # Addresses of all members in the current view, of the reachable members, and of the members in the state ONLINE.
    view: tuple = ()
    reachable: tuple = ()
    online: tuple = ()
    # Addresses in the list of members (members.py): counted members, counted members that were ever ONLINE, and
    # forgotten members.
    remembered: tuple = ()
    seen: tuple = ()
    forgotten: tuple = ()
    executed: str = ""
    purged: str = ""
    # GTIDs that the member received from the group but may not have applied yet.
    received: str = ""
    # True if the member is empty: it has no transactions and no user schema.
    blank: bool = False
    lagSeconds: float = 0.0
    queue: int = 0
    # Free space in MiB for MySQL on the data volume; -1 if unknown.
    roomMib: int = -1
    # Current activity of the daemon, or the condition that the daemon waits for.
    boot: str = ""
    # What the daemon is doing, or the condition that it waits for.
    reason: str = ""
    # Paths of folders with quarantined transactions.
    kept: tuple = ()
    # SHA-256 of the release that contains the running mysql-group.
    release: str = ""
    # Digest of the accounts that this member would create; see grants.digest.
    grants: str = ""

    def to_json(self):
        return json.dumps(dataclasses.asdict(self))

    @staticmethod
    def from_json(text):
        """Parses a report, even if the member runs another version of mysql-group. Unknown fields are ignored.
        Missing fields get their default, but `majority` replaces a missing `quorum`, and `remembered`
        replaces a missing `seen`.
        @raises ValueError if the text is not a report
        """
        values = json.loads(text)
        if not isinstance(values, dict) or "server" not in values:
            raise ValueError("a report must be an object with a server")
        values = {"quorum": values.get("majority", False), "seen": values.get("remembered", []), **values}
        known = {field.name: field for field in dataclasses.fields(Report) if field.name in values}
        return Report(**{name: _checked(field, values[name]) for name, field in known.items()})

    @property
    def fullness(self):
        """Returns a message if the data volume is full, otherwise None."""
        said = f"data volume is full, {self.roomMib} MiB left (more: mysql-data release)"
        return said if 0 <= self.roomMib < FULL_MIB else None

    @property
    def fingerprint(self):
        """Returns the values of a report that must be equal in two observations before a decision is executed."""
        return (self.server, self.boot, self.state, self.executed, self.received, self.blank)


def _checked(field, value):
    """Converts the value to the type of the report's field. Also checks that GTID sets can be parsed, because
    decisions use them.
    @raises ValueError if the type is wrong
    """
    if field.type is tuple and isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(value)
    if type(value) is not field.type and not (field.type is float and type(value) is int):
        raise ValueError(f"{field.name} must be {field.type.__name__}, got {type(value).__name__}")
    if field.name in ("executed", "purged", "received"):
        gtid.parse(value)
    return value


def primary_problem(report):
    """Returns the reason why HAProxy must not send writes to this member, or None if HAProxy may send writes."""
    if report.state != ONLINE:
        return f"member is {report.state}"
    if not report.majority:
        return "member sees no majority of the group"
    if report.role != "PRIMARY":
        return f"member is {report.role}"
    if report.unsure:
        return "primary has not checked yet whether the others have expelled it"
    if report.disowned:
        return "the other members form a group without this primary"
    return members_problem(report) or report.fullness or (None if report.writable else "primary is still read-only")


def members_problem(report):
    """Returns a message if the group must not serve because it has no majority of all members; otherwise None."""
    if report.quorum:
        return None
    return f"the group has no majority of the members: {len(report.reachable)} of {len(report.remembered)}"


def replica_problem(report, maximum_lag_seconds):
    """Returns the reason why HAProxy must not send reads to this replica, or None if HAProxy may send reads."""
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
