"""One member's report about itself: the body of GET /state and the input of every decision."""

import dataclasses
import json

import gtid

# A primary with less free space on its data volume stops accepting writes. With none left, its commits and a hand-over of its role would
# hang until space is freed, and HAProxy needs two seconds to notice.
FULL_MIB = 64

DOWN, OFFLINE, RECOVERING, ONLINE, ERROR = "DOWN", "OFFLINE", "RECOVERING", "ONLINE", "ERROR"


@dataclasses.dataclass(frozen=True)
class Report:
    server: str
    # DOWN: mysqld does not answer; otherwise MEMBER_STATE of Group Replication.
    state: str = DOWN
    # PRIMARY, SECONDARY or "".
    role: str = ""
    # super_read_only is off.
    writable: bool = False
    address: str = ""
    # More than half of the view's members are reachable: the group can commit.
    majority: bool = False
    # The reachable members are also more than half of all members: the group may serve.
    quorum: bool = False
    # Other members form a group without this member, and theirs continues.
    disowned: bool = False
    # This member has not asked the others since it saw a majority again, so it may not have noticed yet that they expelled it.
    unsure: bool = False
    # Addresses in the current view: all members, the reachable ones, and the ones with all data.
    view: tuple = ()
    reachable: tuple = ()
    online: tuple = ()
    # Addresses in the list of members (members.py): counted members, those of them ever ONLINE, and forgotten members.
    remembered: tuple = ()
    seen: tuple = ()
    forgotten: tuple = ()
    executed: str = ""
    purged: str = ""
    # Received from the group, perhaps not applied yet.
    received: str = ""
    # The member has no transaction and no user schema.
    blank: bool = False
    lagSeconds: float = 0.0
    queue: int = 0
    # MiB that MySQL can still write on the data volume; -1 if unknown.
    roomMib: int = -1
    # Identity of the connection to mysqld; changes with every restart.
    boot: str = ""
    # The daemon's current activity, or the condition it waits for.
    reason: str = ""
    # Folders with quarantined transactions.
    kept: tuple = ()
    # SHA-256 of the release that runs mysql-group on this member.
    release: str = ""
    # Digest of the accounts by this member's settings and code, see grants.digest.
    grants: str = ""

    def to_json(self):
        return json.dumps(dataclasses.asdict(self))

    @staticmethod
    def from_json(text):
        """
        Accepts reports of other versions: unknown fields are ignored, missing ones get their default. If `quorum` is missing, the member's
        view alone counts; if `seen` is missing, all remembered members count as seen. @raises ValueError if the text is not a report
        """
        values = json.loads(text)
        if not isinstance(values, dict) or "server" not in values:
            raise ValueError("a report must be an object with a server")
        values = {"quorum": values.get("majority", False), "seen": values.get("remembered", []), **values}
        known = {field.name: field for field in dataclasses.fields(Report) if field.name in values}
        return Report(**{name: _checked(field, values[name]) for name, field in known.items()})

    @property
    def fullness(self):
        """Message that the data volume is full; None if it is not."""
        said = f"data volume is full, {self.roomMib} MiB left (more: mysql-data release)"
        return said if 0 <= self.roomMib < FULL_MIB else None

    @property
    def fingerprint(self):
        """The facts that must be equal in two looks before a decision is carried out."""
        return (self.server, self.boot, self.state, self.executed, self.received, self.blank)


def _checked(field, value):
    """The value as this field's type. Also checks that GTID sets can be parsed, so that no decision fails on one."""
    if field.type is tuple and isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(value)
    if type(value) is not field.type and not (field.type is float and type(value) is int):
        raise ValueError(f"{field.name} must be {field.type.__name__}, got {type(value).__name__}")
    if field.name in ("executed", "purged", "received"):
        gtid.parse(value)
    return value


def primary_problem(report):
    """Why this member must not get writes; None if it may."""
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
    """Why the group must not serve: it is a minority of the members. None if it is a majority."""
    if report.quorum:
        return None
    return f"the group has no majority of the members: {len(report.reachable)} of {len(report.remembered)}"


def replica_problem(report, maximum_lag_seconds):
    """Why this member must not get reads meant for replicas; None if it may."""
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
