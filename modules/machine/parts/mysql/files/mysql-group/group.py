"""The joiner's statements on the local mysqld."""

import branch
import pymysql
import received
from observer import connect
from settings import secret

# START GROUP_REPLICATION may wait for a view; a clone runs after the statement has returned.
TIMEOUT_SECONDS = 300
# Forming a group takes about 20 transactions. An empty member that lacks more copies the data instead of replaying its history. A member
# with data replays what it missed; it clones only if no binary log has those transactions any more.
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
    Starts a new group with this member alone. `lost`: members declared lost by an operator; if any, a new branch of the history begins.
    `forget_received`: drops received transactions that this member has not executed. True if all members' data is available and this member
    has executed every transaction, so that the rest was never acknowledged. Otherwise they are applied before the member is online, because
    they may be the only copy of an acknowledged write.
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
            # The attempt stopped at a torn record and applied nothing, so nothing before that record is left to apply. Data after it was
            # never on this disk. Without the torn log, the next attempt succeeds.
            if _is_torn(cursor) and _executed(cursor) == executed:
                _forget_received(cursor, "unreadable")
            raise
        finally:
            cursor.execute("SET GLOBAL group_replication_bootstrap_group = OFF")


def join(settings, blank, unapplied):
    """Joins the running group but never bootstraps one: an interrupted bootstrap may have left the bootstrap option on."""
    with connect(settings, TIMEOUT_SECONDS) as connection, connection.cursor() as cursor:
        cursor.execute("SET GLOBAL group_replication_bootstrap_group = OFF")
        cursor.execute("SET GLOBAL group_replication_clone_threshold = %s", [CLONE_BLANK_FROM if blank else NEVER])
        _forget_received(cursor, unapplied)
        _start(cursor, settings)


def settle(settings):
    """Restores the settings that a join switched off; called once the member is online."""
    with connect(settings, TIMEOUT_SECONDS) as connection, connection.cursor() as cursor:
        cursor.execute("SET GLOBAL slow_query_log = ON")


def leave(settings, timeout_seconds=TIMEOUT_SECONDS):
    """Leaves the group. The others see it at once; the statement waits for hanging commits and continues after this call times out."""
    with connect(settings, timeout_seconds) as connection, connection.cursor() as cursor:
        cursor.execute("STOP GROUP_REPLICATION")


def look_again(settings):
    """
    Makes every member check its view again and expel unreachable members: MySQL tries that only once, and if the attempt is lost, not again
    before the connections change. Changing any group-wide setting triggers the check; this statement sets one to its current value.
    """
    with connect(settings, LOOK_SECONDS) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT group_replication_set_write_concurrency(group_replication_get_write_concurrency())")


def step_down(settings, among=None):
    """
    Makes the member with the shortest applier queue the primary and waits until it is. Near members come first.
    `among`: addresses of the members that may become the primary; None: all.
    @returns the new primary's address; "" if this member is not the primary, None if no other member can be
    """
    with connect(settings, STEP_DOWN_SECONDS + 20) as connection, connection.cursor() as cursor:
        if not cursor.execute(f"{ONLINE_MEMBERS} AND member_id = @@server_uuid AND member_role = 'PRIMARY'"):
            return ""
        cursor.execute(f"{ONLINE_MEMBERS} AND member_role = 'SECONDARY' ORDER BY queue, member_host")
        near_first = sorted(cursor.fetchall(), key=lambda member: member[1] in settings.far)
        successor = next((member for member in near_first if among is None or member[1] in among), None)
        if successor is None:
            return None
        uuid, address, *_ = successor
        # Transactions still running after this many seconds are aborted.
        cursor.execute("SELECT group_replication_set_as_primary(%s, %s)", [uuid, STEP_DOWN_SECONDS])
        return address


def protect(settings):
    """Makes a member read-only that is outside a group, or in a group that must not serve."""
    with connect(settings, TIMEOUT_SECONDS) as connection, connection.cursor() as cursor:
        cursor.execute("SET GLOBAL super_read_only = ON")


def allow_writes(settings):
    """Call it only for a primary that protect() made read-only; MySQL keeps a new primary read-only until it has applied its queue."""
    with connect(settings, TIMEOUT_SECONDS) as connection, connection.cursor() as cursor:
        cursor.execute("SET GLOBAL read_only = OFF")


def _forget_received(cursor, unapplied):
    """
    Drops received, unapplied transactions: after a power cut the relay log may be torn, and the member could never start again. Safe only
    if no acknowledged write is lost: a running group has them all, and for a bootstrap `forget_received` says so. `unapplied`: the
    transactions among them that no member is known to have executed; they are quarantined.
    """
    known = "SELECT 1 FROM performance_schema.replication_applier_configuration WHERE channel_name = %s"
    if cursor.execute(known, [APPLIER]):
        if unapplied:
            cursor.execute("SELECT @@datadir")
            folder = received.keep(cursor.fetchone()[0], unapplied)
            print(f"quarantined transactions that no group has: {unapplied}; kept in {folder}")
        cursor.execute("RESET REPLICA FOR CHANNEL %s", [APPLIER])


def _is_torn(cursor):
    """Whether the last attempt to apply received transactions failed with ER_RELAY_LOG_READ_FAILURE."""
    status = "SELECT 1 FROM performance_schema.replication_applier_status_by_coordinator WHERE channel_name = %s AND last_error_number = 13121"
    return bool(cursor.execute(status, [APPLIER]))


def _executed(cursor):
    cursor.execute("SELECT @@GLOBAL.gtid_executed")
    return cursor.fetchone()


def _start(cursor, settings):
    # The server would log its internal clone statement, including the password, in the slow log.
    cursor.execute("SET GLOBAL slow_query_log = OFF")
    # Credentials given here are kept in memory only; the server omits this statement's password from its logs.
    cursor.execute(
        "START GROUP_REPLICATION USER = 'replication', PASSWORD = %s", [secret(settings, "replication")]
    )
