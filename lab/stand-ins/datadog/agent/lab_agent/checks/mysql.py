"""MySQL: status, variables and the state of the replication group."""
from ..report import CRITICAL, OK
from .mysql_client import Connection
from .options import tags_of

OPTIONS = {
    "host", "port", "sock", "user", "username", "pass", "password", "defaults_file", "ssl", "options", "connect_timeout", "dbm",
    "reported_hostname",
}  # fmt: skip
# Of `options`, only replication has an effect: of the extra metrics those below are sent in any case.

# SHOW GLOBAL STATUS
GAUGES = {
    "Prepared_stmt_count": "mysql.performance.prepared_stmt_count",
    "Max_used_connections": "mysql.net.max_connections",
    "Open_files": "mysql.performance.open_files",
    "Open_tables": "mysql.performance.open_tables",
    "Threads_connected": "mysql.performance.threads_connected",
    "Threads_running": "mysql.performance.threads_running",
    "Innodb_row_lock_current_waits": "mysql.innodb.row_lock_current_waits",
}
RATES = {
    "Slow_queries": "mysql.performance.slow_queries",
    "Questions": "mysql.performance.questions",
    "Queries": "mysql.performance.queries",
    "Com_select": "mysql.performance.com_select",
    "Com_insert": "mysql.performance.com_insert",
    "Com_update": "mysql.performance.com_update",
    "Com_delete": "mysql.performance.com_delete",
    "Connections": "mysql.net.connections",
    "Aborted_clients": "mysql.net.aborted_clients",
    "Aborted_connects": "mysql.net.aborted_connects",
    "Bytes_sent": "mysql.performance.bytes_sent",
    "Bytes_received": "mysql.performance.bytes_received",
    "Created_tmp_disk_tables": "mysql.performance.created_tmp_disk_tables",
    "Innodb_data_reads": "mysql.innodb.data_reads",
    "Innodb_data_writes": "mysql.innodb.data_writes",
    "Innodb_row_lock_waits": "mysql.innodb.row_lock_waits",
    "Innodb_row_lock_time": "mysql.innodb.row_lock_time",
    "Innodb_buffer_pool_reads": "mysql.innodb.buffer_pool_reads",
    "Innodb_buffer_pool_read_requests": "mysql.innodb.buffer_pool_read_requests",
}
# SHOW GLOBAL VARIABLES
VARIABLES = {
    "max_connections": "mysql.net.max_connections_available",
    "table_open_cache": "mysql.performance.table_open_cache",
    "thread_cache_size": "mysql.performance.thread_cache_size",
}
GROUP = (
    ("count_transactions_in_queue", "transactions"),
    ("count_transactions_checked", "transactions_check"),
    ("count_conflicts_detected", "conflicts_detected"),
    ("count_transactions_rows_validating", "transactions_validating"),
    ("count_transactions_remote_in_applier_queue", "transactions_in_applier_queue"),
    ("count_transactions_remote_applied", "transactions_applied"),
    ("count_transactions_local_proposed", "transactions_proposed"),
    ("count_transactions_local_rollback", "transactions_rollback"),
)
GROUP_CHANNELS = "('group_replication_applier', 'group_replication_recovery')"


def check(instance, report):
    features = instance.get("options") or {}
    connection = Connection(instance)
    tags = tags_of(instance)
    where = tags + place(instance, connection)
    try:
        status = dict(connection.query("SHOW GLOBAL STATUS"))
        variables = dict(connection.query("SHOW GLOBAL VARIABLES"))
    except OSError as error:
        report.service_check("mysql.can_connect", CRITICAL, where, str(error))
        raise
    report.service_check("mysql.can_connect", OK, where)
    submit(report, status, variables, tags)
    if features.get("replication"):
        group(connection, report, tags, where)


def place(instance, connection):
    """Tags that name the server that was asked. Like the vendor's check, from the instance's options alone, whatever the defaults file says."""
    port = f"port:{connection.port or 'unix_socket'}"
    return [port] if instance.get("disable_generic_tags") else [f"server:{connection.socket or connection.host}", port]


def submit(report, status, variables, tags):
    for values, names, add in ((status, GAUGES, report.gauge), (status, RATES, report.rate), (variables, VARIABLES, report.gauge)):
        for variable, name in names.items():
            if variable in values:
                add(name, values[variable], tags)
    total, free = (int(status[f"Innodb_buffer_pool_pages_{kind}"]) for kind in ("total", "free"))
    report.gauge("mysql.innodb.buffer_pool_utilization", (total - free) / total, tags)


def group(connection, report, tags, where):
    """Like the vendor's check, silent about the classic kind of replication when the plugin is active."""
    plugin = connection.query("SELECT plugin_status FROM information_schema.plugins WHERE plugin_name = 'group_replication'")
    if plugin != [["ACTIVE"]]:
        raise ValueError("mysql: group replication is not active, and the lab's agent has no other kind")
    own = "member_id = @@server_uuid"
    member = connection.query(
        f"SELECT channel_name, member_state, member_role FROM performance_schema.replication_group_members WHERE {own}"
    )
    channel, state, role = member[0] if member else ("", "", "")
    labels = [f"channel_name:{channel}", f"member_state:{state}", f"member_role:{role}"] if member else []
    report.service_check("mysql.replication.group.status", OK if state == "ONLINE" else CRITICAL, where + labels)
    if member:
        report.gauge("mysql.replication.group.member_status", 1, tags + labels)
    rows = connection.query(
        f"SELECT channel_name, {', '.join(column for column, _ in GROUP)} FROM performance_schema.replication_group_member_stats"
        f" WHERE channel_name IN {GROUP_CHANNELS} AND {own}"
    )
    for name, *values in rows[:1]:
        for (_, metric), value in zip(GROUP, values):
            report.gauge(f"mysql.replication.group.{metric}", value, tags + [f"channel_name:{name}"])
