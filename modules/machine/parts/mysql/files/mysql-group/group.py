"""Executes SQL statements on the local mysqld, for example to start, join or leave the group."""

import branch
import pymysql
import received
from observer import connect
from settings import secret

# Time limit of a statement in seconds. START GROUP_REPLICATION may wait for the group. A clone is not limited, because
# it runs after this statement has returned.
TIMEOUT_SECONDS = 300
# Clone thresholds in transactions. An empty member clones the data if it lacks more than CLONE_BLANK_FROM transactions;
# a new group starts with about 20. With NEVER, a member with data applies the missing transactions, and clones the data
# only if no binary log contains them.
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
    Starts a new group with this member alone.
    `lost`: members that an operator declared lost. If `lost` is not empty, a new branch of the history begins.
    `forget_received`: True if received but unapplied transactions were never acknowledged, so MySQL drops them. If False, MySQL applies the
    received transactions before the member is online, because they may be the only copy of an acknowledged write.
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
            # If this attempt stopped at an incomplete record and applied no transaction, all complete records were
            # applied before. Later records were never written to this disk. The next attempt to start the group
            # succeeds without the relay log.
            if _is_torn(cursor) and _executed(cursor) == executed:
                _forget_received(cursor, "unreadable")
            raise
        finally:
            cursor.execute("SET GLOBAL group_replication_bootstrap_group = OFF")


def join(settings, blank, unapplied):
    """Joins the running group. First turns off the bootstrap option, because an interrupted bootstrap may have
    left the option on."""
    with connect(settings, TIMEOUT_SECONDS) as connection, connection.cursor() as cursor:
        cursor.execute("SET GLOBAL group_replication_bootstrap_group = OFF")
        cursor.execute("SET GLOBAL group_replication_clone_threshold = %s", [CLONE_BLANK_FROM if blank else NEVER])
        _forget_received(cursor, unapplied)
        _start(cursor, settings)


def settle(settings):
    """Restores the settings that join() has changed. The daemon calls this function when the member is online."""
    with connect(settings, TIMEOUT_SECONDS) as connection, connection.cursor() as cursor:
        cursor.execute("SET GLOBAL slow_query_log = ON")


def leave(settings, timeout_seconds=TIMEOUT_SECONDS):
    """
    Leaves the group. The other members detect at once that this member has left. The statement waits for hanging commits. If this call
    times out, mysqld continues to execute the statement.
    """
    with connect(settings, timeout_seconds) as connection, connection.cursor() as cursor:
        cursor.execute("STOP GROUP_REPLICATION")


def look_again(settings):
    """Makes every member check its view again and expel unreachable members. MySQL tries only once to expel a
    member. If this attempt fails, MySQL does not retry until a connection changes. Any change of a group-wide
    setting triggers the check, so this statement sets a setting to its current value."""
    with connect(settings, LOOK_SECONDS) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT group_replication_set_write_concurrency(group_replication_get_write_concurrency())")


def step_down(settings, among=None):
    """Makes the member with the shortest applier queue the primary, with a preference for near members. Waits
    until this member is the primary. `among`: addresses of the members that may become the primary; None
    allows all members.
    @returns the address of the new primary; "" if the local member is not the primary; None if no other
    member can become the primary
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
        # MySQL aborts transactions that are still running after STEP_DOWN_SECONDS.
        cursor.execute("SELECT group_replication_set_as_primary(%s, %s)", [uuid, STEP_DOWN_SECONDS])
        return address


def protect(settings):
    """Makes this member read-only. The daemon calls this function if the member is outside a group or if its
    group must not serve."""
    with connect(settings, TIMEOUT_SECONDS) as connection, connection.cursor() as cursor:
        cursor.execute("SET GLOBAL super_read_only = ON")


def allow_writes(settings):
    """
    Makes a primary writable again after protect() has made it read-only. Do not call this function for a new primary, which must stay
    read-only until MySQL has applied its queue.
    """
    with connect(settings, TIMEOUT_SECONDS) as connection, connection.cursor() as cursor:
        cursor.execute("SET GLOBAL read_only = OFF")


def _forget_received(cursor, unapplied):
    """Drops received but unapplied transactions, after it has quarantined them. After a power failure, the relay
    log may be incomplete, and the member could not start with it. The caller must ensure that no acknowledged
    write is lost. `unapplied`: dropped transactions that, as far as known, no member has executed."""
    known = "SELECT 1 FROM performance_schema.replication_applier_configuration WHERE channel_name = %s"
    if cursor.execute(known, [APPLIER]):
        if unapplied:
            cursor.execute("SELECT @@datadir")
            folder = received.keep(cursor.fetchone()[0], unapplied)
            print(f"quarantined transactions that no group has: {unapplied}; kept in {folder}")
        cursor.execute("RESET REPLICA FOR CHANNEL %s", [APPLIER])


def _is_torn(cursor):
    """Returns True if the last attempt to apply received transactions failed with ER_RELAY_LOG_READ_FAILURE."""
    status = "SELECT 1 FROM performance_schema.replication_applier_status_by_coordinator WHERE channel_name = %s AND last_error_number = 13121"
    return bool(cursor.execute(status, [APPLIER]))


def _executed(cursor):
    cursor.execute("SELECT @@GLOBAL.gtid_executed")
    return cursor.fetchone()


def _start(cursor, settings):
    # Turns off the slow log, because mysqld would write its internal clone statement with the password to this log.
    cursor.execute("SET GLOBAL slow_query_log = OFF")
    # mysqld keeps the credentials of START GROUP_REPLICATION only in memory, and omits the password from its logs.
    cursor.execute(
        "START GROUP_REPLICATION USER = 'replication', PASSWORD = %s", [secret(settings, "replication")]
    )
