"""Executes the statements of mysql-group on the local mysqld."""

import branch
import pymysql
import received
from observer import connect
from settings import secret

# Time limit of a statement. START GROUP_REPLICATION may wait for the group. A clone runs after START GROUP_REPLICATION has returned.
TIMEOUT_SECONDS = 300
# An empty member clones the data if it lacks more than CLONE_BLANK_FROM transactions. A new group starts with about 20 transactions. A
# member with data clones only if no binary log has the missing transactions (NEVER). Otherwise the member applies the missing transactions.
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
    Starts a new group with this member alone. `lost`: members that an operator declared lost. If `lost` is not empty, a new branch of the
    history begins. `forget_received`: True if received but unapplied transactions were never acknowledged. MySQL then drops them. Otherwise
    MySQL applies these transactions before the member is online, because they may be the only copy of an acknowledged write.
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
            # If the attempt stopped at an incomplete record and applied no transaction, all complete records are already applied. Later
            # records were never on this disk. Without this relay log, the next attempt succeeds.
            if _is_torn(cursor) and _executed(cursor) == executed:
                _forget_received(cursor, "unreadable")
            raise
        finally:
            cursor.execute("SET GLOBAL group_replication_bootstrap_group = OFF")


def join(settings, blank, unapplied):
    """Joins the running group. First switches the bootstrap option off, because an interrupted bootstrap may have left the option on."""
    with connect(settings, TIMEOUT_SECONDS) as connection, connection.cursor() as cursor:
        cursor.execute("SET GLOBAL group_replication_bootstrap_group = OFF")
        cursor.execute("SET GLOBAL group_replication_clone_threshold = %s", [CLONE_BLANK_FROM if blank else NEVER])
        _forget_received(cursor, unapplied)
        _start(cursor, settings)


def settle(settings):
    """Restores the settings that a join switched off. The daemon calls this function when the member is online."""
    with connect(settings, TIMEOUT_SECONDS) as connection, connection.cursor() as cursor:
        cursor.execute("SET GLOBAL slow_query_log = ON")


def leave(settings, timeout_seconds=TIMEOUT_SECONDS):
    """
    Leaves the group. The other members detect the leave at once. The statement waits for hanging commits. If this call times out, the
    statement continues in mysqld.
    """
    with connect(settings, timeout_seconds) as connection, connection.cursor() as cursor:
        cursor.execute("STOP GROUP_REPLICATION")


def look_again(settings):
    """
    Makes every member check its view again and expel unreachable members. MySQL itself tries to expel a member only once. If this attempt
    is lost, MySQL does not retry until a connection changes. A change of any group-wide setting triggers the check, so this statement sets
    a setting to its current value.
    """
    with connect(settings, LOOK_SECONDS) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT group_replication_set_write_concurrency(group_replication_get_write_concurrency())")


def step_down(settings, among=None):
    """
    Makes the member with the shortest applier queue the primary, and waits until this member is the primary. Prefers near members.
    `among`: addresses of the members that may become the primary. None allows all members.
    @returns the address of the new primary; "" if this member is not the primary; None if no other member can become the primary
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
        # MySQL aborts transactions that still run after STEP_DOWN_SECONDS.
        cursor.execute("SELECT group_replication_set_as_primary(%s, %s)", [uuid, STEP_DOWN_SECONDS])
        return address


def protect(settings):
    """Makes this member read-only, because it is outside a group or its group must not serve."""
    with connect(settings, TIMEOUT_SECONDS) as connection, connection.cursor() as cursor:
        cursor.execute("SET GLOBAL super_read_only = ON")


def allow_writes(settings):
    """
    Makes a primary writable that protect() made read-only. A new primary must stay read-only until MySQL has applied its queue, so this
    function must not be called for a new primary.
    """
    with connect(settings, TIMEOUT_SECONDS) as connection, connection.cursor() as cursor:
        cursor.execute("SET GLOBAL read_only = OFF")


def _forget_received(cursor, unapplied):
    """
    Drops received but unapplied transactions. After a power cut, the relay log may be incomplete, and the member could not start with it.
    The caller must know that no acknowledged write is lost. `unapplied`: dropped transactions that no member is known to have executed.
    These transactions are quarantined first.
    """
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
    # Otherwise mysqld would write its internal clone statement, including the password, to the slow log.
    cursor.execute("SET GLOBAL slow_query_log = OFF")
    # mysqld keeps these credentials only in memory and omits the password of this statement from its logs.
    cursor.execute(
        "START GROUP_REPLICATION USER = 'replication', PASSWORD = %s", [secret(settings, "replication")]
    )
