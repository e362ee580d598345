"""What clients of a simulated site were told: every acknowledged write, in order, by history."""

import re
from typing import NamedTuple


class Write(NamedTuple):
    # Seconds since 1970 before and after the commit, by the clock of the machine.
    begun: float
    ended: float
    # "put" or "delete", the row, its value.
    kind: str
    row: int
    value: str


class Named(NamedTuple):
    """A write with its GTID."""

    gtid: str
    # Place among all writes, and when it was acknowledged.
    place: int
    moment: float


class History:
    """The writes of one group since it was started; those before it belong to its parent, as far as they survived."""

    def __init__(self, parent=None, survived=0, begun=0.0):
        self.parent, self.survived, self.begun = parent, survived, begun
        self.writes = []
        self.named = []

    def name_last(self, gtid):
        """Remembers the GTID of the last write, unless the server executed more than that write."""
        if re.fullmatch(r"[0-9a-f-]{36}:\d+", gtid):
            self.named.append(Named(gtid, len(self.all()) - 1, self.writes[-1].ended))

    def rows_before(self, named):
        return rows_after(self.all()[: named.place])

    def all(self):
        """Every write that this history contains, its parent's included."""
        inherited = self.parent.all()[: self.survived] if self.parent else []
        return inherited + self.writes

    def current_at(self, moment):
        """The history that a client saw at a moment."""
        return self if self.parent is None or moment >= self.begun else self.parent.current_at(moment)

    def rows_at(self, moment):
        """The rows after every write that was acknowledged before the moment."""
        return rows_after([write for write in self.current_at(moment).all() if write.ended <= moment])

    def quiet(self, moment):
        """Whether no commit was under way at this moment, so that it is clear what had been committed."""
        return not any(write.begun <= moment <= write.ended for write in self.current_at(moment).all())


def rows_after(writes):
    rows = {}
    for write in writes:
        if write.kind == "delete":
            rows.pop(write.row, None)
        else:
            rows[write.row] = write.value
    return rows


def prefix_of(rows, writes):
    """How many of the writes give exactly these rows, the most if several do; None if none does."""
    state, found = {}, 0 if not rows else None
    for number, write in enumerate(writes, 1):
        if write.kind == "delete":
            state.pop(write.row, None)
        else:
            state[write.row] = write.value
        if state == rows:
            found = number
    return found
