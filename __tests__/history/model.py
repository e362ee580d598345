"""Records every acknowledged write of a simulated site in order, separately for each group."""

import re
from typing import NamedTuple


class Write(NamedTuple):
    # Times immediately before and after the commit, in seconds since 1970 by the machine's clock.
    begun: float
    ended: float
    # Kind of the write: "put" or "delete".
    kind: str
    row: int
    value: str


class Named(NamedTuple):
    """A write whose GTID is known."""

    gtid: str
    # Number of earlier writes, and the time of the acknowledgement.
    place: int
    moment: float


class History:
    """
    Writes of one group since its start. Earlier writes are in the history of the previous group (`parent`). The first `survived` writes of
    the previous group still exist.
    """

    def __init__(self, parent=None, survived=0, begun=0.0):
        self.parent, self.survived, self.begun = parent, survived, begun
        self.writes = []
        self.named = []

    def name_last(self, gtid):
        """Stores the GTID of the last write, unless the server executed other transactions at the same time."""
        if re.fullmatch(r"[0-9a-f-]{36}:\d+", gtid):
            self.named.append(Named(gtid, len(self.all()) - 1, self.writes[-1].ended))

    def rows_before(self, named):
        return rows_after(self.all()[: named.place])

    def all(self):
        """Returns all writes of this history, including the surviving writes of its parent."""
        inherited = self.parent.all()[: self.survived] if self.parent else []
        return inherited + self.writes

    def current_at(self, moment):
        """Returns the history of the group that ran at the time `moment`."""
        return self if self.parent is None or moment >= self.begun else self.parent.current_at(moment)

    def rows_at(self, moment):
        """Returns the rows after all writes that were acknowledged before the time `moment`."""
        return rows_after([write for write in self.current_at(moment).all() if write.ended <= moment])

    def quiet(self, moment):
        """Returns True if no commit was in progress at the time `moment`. The expected rows are then certain."""
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
    """
    Returns the number of writes after which a table would have exactly the given rows. If several numbers match, returns the largest. If no
    number matches, returns None.
    """
    state, found = {}, 0 if not rows else None
    for number, write in enumerate(writes, 1):
        if write.kind == "delete":
            state.pop(write.row, None)
        else:
            state[write.row] = write.value
        if state == rows:
            found = number
    return found
