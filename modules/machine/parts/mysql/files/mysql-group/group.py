"""What the joiner does to the local mysqld."""

import branch
import pymysql
import received
from observer import connect
from settings import secret

# START GROUP_REPLICATION may wait for a view; a clone runs after it has returned.
TIMEOUT_SECONDS = 300
# Forming a group takes some 20 transactions. A blank member that lacks more copies the data instead of replaying its history;
# one with data replays what it missed (and clones only if that is in no binary log any more).
CLONE_BLANK_FROM = 50
NEVER = 2**63 - 1
APPLIER = "group_replication_applier"
STEP_DOWN_SECONDS = 10
LOOK_SECONDS = 10
ONLINE_MEMBERS = (
    "SELECT member_id, member_host, member_role, count_transactions_remote_in_applier_queue AS queue"
    " FROM performance_schema.replication_group_members JOIN performance_schema.replication_group_member_stats USING (member_id)"
    " WHERE member_state = 'ONLINE'"
)


def bootstrap(settings, forget_received, unapplied, lost=()):
    """
    Starts a new group with this member alone. `lost`: members that an operator has declared lost: then a new branch of the history begins.
    `forget_received`: every member's data is there and this one has executed all that any has, so that whatever it received besides
    was never acknowledged to anybody. Else it is applied before the member is online: it may be the only copy of what a lost member
    acknowledged.
    """
    with connect(settings, TIMEOUT_SECONDS) as connection, connection.cursor() as cursor:
        if forget_received:
            _forget_received(cursor, unapplied)
        if lost:
            branch.fork(cursor, settings, lost)
        executed = _executed(cursor)
        cursor.execute("SET GLOBAL group_replication_bootstrap_group = ON")
        try:
            _start(cursor, settings)
        except pymysql.Error:
            # An attempt that ended at a tear and applied nothing more has shown that nothing before the tear is left to apply.
            # What lies behind it was never on this disk; without it the next attempt succeeds.
            if _is_torn(cursor) and _executed(cursor) == executed:
                _forget_received(cursor, "unreadable")
            raise
        finally:
            cursor.execute("SET GLOBAL group_replication_bootstrap_group = OFF")


def join(settings, blank, unapplied):
    """Joins the running group, and never starts one: a bootstrap that was cut off may have left its switch on."""
    with connect(settings, TIMEOUT_SECONDS) as connection, connection.cursor() as cursor:
        cursor.execute("SET GLOBAL group_replication_bootstrap_group = OFF")
        cursor.execute("SET GLOBAL group_replication_clone_threshold = %s", [CLONE_BLANK_FROM if blank else NEVER])
        _forget_received(cursor, unapplied)
        _start(cursor, settings)


def settle(settings):
    """The member is online: what a join had to switch off is on again."""
    with connect(settings, TIMEOUT_SECONDS) as connection, connection.cursor() as cursor:
        cursor.execute("SET GLOBAL slow_query_log = ON")


def leave(settings, timeout_seconds=TIMEOUT_SECONDS):
    """The others see it go at once; the statement waits for commits that hang, and goes on when nobody waits for it any more."""
    with connect(settings, timeout_seconds) as connection, connection.cursor() as cursor:
        cursor.execute("STOP GROUP_REPLICATION")


def look_again(settings):
    """
    Makes every member go through its view again, and expel whom it cannot reach: MySQL tries that once, and if the attempt is lost, not
    again before the connections change. Any setting that the members agree on does it; this one is set to what it is.
    """
    with connect(settings, LOOK_SECONDS) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT group_replication_set_write_concurrency(group_replication_get_write_concurrency())")


def step_down(settings, among=None):
    """
    Hands the primary's role to the member that has least to apply, and waits until it has it.
    `among`: addresses of the members that may have it; None: all.
    @returns its address; "" when this member is not the primary, None when there is nobody to hand it to
    """
    with connect(settings, STEP_DOWN_SECONDS + 20) as connection, connection.cursor() as cursor:
        if not cursor.execute(f"{ONLINE_MEMBERS} AND member_id = @@server_uuid AND member_role = 'PRIMARY'"):
            return ""
        cursor.execute(f"{ONLINE_MEMBERS} AND member_role = 'SECONDARY' ORDER BY queue, member_host")
        successor = next((member for member in cursor.fetchall() if among is None or member[1] in among), None)
        if successor is None:
            return None
        uuid, address, *_ = successor
        # Transactions that still run after so many seconds are ended.
        cursor.execute("SELECT group_replication_set_as_primary(%s, %s)", [uuid, STEP_DOWN_SECONDS])
        return address


def protect(settings):
    """Outside a group, and in one that must not serve, nobody writes."""
    with connect(settings, TIMEOUT_SECONDS) as connection, connection.cursor() as cursor:
        cursor.execute("SET GLOBAL super_read_only = ON")


def allow_writes(settings):
    """Only on a primary that was protected as such: one that MySQL keeps read-only has something to apply first."""
    with connect(settings, TIMEOUT_SECONDS) as connection, connection.cursor() as cursor:
        cursor.execute("SET GLOBAL read_only = OFF")


def _forget_received(cursor, unapplied):
    """
    Drops what was received and not applied: after a power cut the relay log may be torn, and the member could never start again.
    Only where that loses nothing acknowledged: a running group has all of it, and a bootstrap tells by `forget_received`.
    `unapplied`: what of it nobody is known to have executed; it is kept aside.
    """
    known = "SELECT 1 FROM performance_schema.replication_applier_configuration WHERE channel_name = %s"
    if cursor.execute(known, [APPLIER]):
        if unapplied:
            cursor.execute("SELECT @@datadir")
            folder = received.keep(cursor.fetchone()[0], unapplied)
            print(f"received and in no group: {unapplied}; kept in {folder}")
        cursor.execute("RESET REPLICA FOR CHANNEL %s", [APPLIER])


def _is_torn(cursor):
    """Whether the last attempt to apply what was received ended at something unreadable (ER_RELAY_LOG_READ_FAILURE)."""
    status = "SELECT 1 FROM performance_schema.replication_applier_status_by_coordinator WHERE channel_name = %s AND last_error_number = 13121"
    return bool(cursor.execute(status, [APPLIER]))


def _executed(cursor):
    cursor.execute("SELECT @@GLOBAL.gtid_executed")
    return cursor.fetchone()


def _start(cursor, settings):
    # The server clones by a statement of its own, which it would write into the slow log together with the password.
    cursor.execute("SET GLOBAL slow_query_log = OFF")
    # Given here, the credentials are kept in memory only; the server leaves the password of this statement out of its logs.
    cursor.execute(
        "START GROUP_REPLICATION USER = 'replication', PASSWORD = %s", [secret(settings, "replication")]
    )
