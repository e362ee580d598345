"""Creates the schema and the accounts on the primary. MySQL replicates them to all members."""

import hashlib
import json
import os

import branch
from grants import definitions, digest
from observer import connect
from settings import accepted

CLAIMED = "SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'platform' AND TABLE_NAME = 'claims'"
CLAIMS = (
    "CREATE TABLE IF NOT EXISTS platform.claims (name VARCHAR(100) CHARACTER SET ascii, due DATETIME, holder VARCHAR(200) NOT NULL,"
    " until DATETIME(6) NOT NULL, outcome VARCHAR(40), PRIMARY KEY (name, due))"
)
HEARTBEAT = "SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'backup' AND TABLE_NAME = 'heartbeat'"
MARK = (
    "SELECT ATTRIBUTE ->> '$.definition', ATTRIBUTE -> '$.generation', ATTRIBUTE -> '$.oldest', ATTRIBUTE ->> '$.group'"
    " FROM information_schema.USER_ATTRIBUTES WHERE USER = %s AND HOST = %s"
)
# Text in the mark (the ATTRIBUTE comment) of an account. The account may have additional privileges, which a member
# with other settings granted.
MORE = "and what it had"


def identity(settings, account):
    """Returns the account's authentication plugin and its accepted passwords, starting with the newest
    generation. Returns None if this member has no password for the account."""
    if account == "backup":
        return "auth_socket AS", [(1, "mysql-backup")]
    return ("caching_sha2_password BY", accepted(settings, account)) if account in settings.passwords else None


def all_agree(settings, reports):
    """Returns True if all members respond and would create the same accounts. During a rollout that changes
    accounts, returns False."""
    return all(report and report.grants == digest(settings) for report in reports.values())


def ensure(settings, agreed):
    """Creates missing schemas, tables and accounts, and updates changed accounts. If nothing has changed,
    executes no transaction. Returns the changed accounts. While `agreed` is false, grants missing privileges
    but revokes none, because a primary with newer settings may have granted them."""
    changed = []
    with connect(settings, 30) as connection, connection.cursor() as cursor:
        cursor.execute("SHOW DATABASES LIKE %s", [settings.database])
        if not cursor.fetchone():
            cursor.execute(f"CREATE DATABASE `{settings.database}`")
        if settings.backup and not cursor.execute(HEARTBEAT):
            cursor.execute("CREATE DATABASE IF NOT EXISTS backup")
            cursor.execute("CREATE TABLE IF NOT EXISTS backup.heartbeat (id INT PRIMARY KEY, at DATETIME(6) NOT NULL)")
        if settings.backup:
            branch.ensure(cursor, settings)
        if settings.claims and not cursor.execute(CLAIMED):
            cursor.execute("CREATE DATABASE IF NOT EXISTS platform")
            cursor.execute(CLAIMS)
        for account, host, require, limits, grants in definitions(settings):
            if identity(settings, account) and _ensure(cursor, settings, account, host, require, limits, grants, agreed):
                changed.append(account)
    return changed


def reached(settings):
    """Returns the generations of the newest and the oldest password that each account accepts in this member's database."""
    with connect(settings, 30) as connection, connection.cursor() as cursor:
        made = [(account, host) for account, host, *_ in definitions(settings) if account in settings.passwords]
        return {account: _mark(cursor, settings, account, host)[1] for account, host in made}


def _ensure(cursor, settings, account, host, require, limits, grants, agreed=True):
    how, passwords = identity(settings, account)
    (newest, password), (oldest, first) = passwords[0], passwords[-1]
    mark, has, group = _mark(cursor, settings, account, host)
    # Keeps newer passwords that the account accepts and this member does not know.
    if has > (newest, oldest):
        return False
    more = [*grants, MORE]

    def text(password, granted):
        return "\0".join([password, require, limits, *granted])

    def granted_with(password):
        """Returns the grants that the account's mark records for this password. Returns None if the mark is for
        another password or other grants."""
        possible = [grants] if agreed else [grants, more]
        return next((one for one in possible if mark and _digest(text(password, one), mark.split("$")[0]) == mark), None)

    def note(granted):
        definition = _digest(text(password, granted), os.urandom(16).hex())
        return json.dumps({"definition": definition, "generation": newest, "oldest": oldest, "group": settings.group})

    if has == (newest, oldest) and (granted := granted_with(password)):
        if group == settings.group:
            return False
        # The new mark contains the name of the group. Marks of earlier releases, and marks that were written without an
        # archive, do not contain the group.
        cursor.execute("ALTER USER %s@%s ATTRIBUTE %s", [account, host, note(granted)])
        return True
    identified = f"IDENTIFIED WITH {how} %s"
    # With RETAIN, the account also accepts its current password. RETAIN is used only once, because a second RETAIN
    # would keep the new password instead of the old one.
    retain = " RETAIN CURRENT PASSWORD" if has[0] < newest and oldest < newest else ""
    # If only passwords change, a single statement is sufficient, and the account keeps its privileges throughout.
    if retain and (granted := granted_with(first)):
        cursor.execute(f"ALTER USER %s@%s {identified}{retain} ATTRIBUTE %s", [account, host, password, note(granted)])
        return True
    if has[0] == newest and oldest == newest and (granted := granted_with(password)):
        cursor.execute("ALTER USER %s@%s DISCARD OLD PASSWORD ATTRIBUTE %s", [account, host, note(granted)])
        return True
    # The old mark is removed first, and the new mark is written last. If the run is interrupted in between, the account has no mark. The
    # next run then applies the whole definition again.
    if mark:
        cursor.execute("ALTER USER %s@%s ATTRIBUTE %s", [account, host, json.dumps({"definition": None})])
    needs = f" REQUIRE {require}" + (f" WITH {limits}" if limits else "")
    # Creates the account with the oldest password first. The later statement with RETAIN then keeps this password.
    cursor.execute(f"CREATE USER IF NOT EXISTS %s@%s {identified}{needs}", [account, host, first])
    if group not in ("", settings.group):
        _replace_passwords(cursor, settings, account, host, identified, first)
    # A new account cannot have additional privileges, so none have to be kept.
    granted = grants if agreed or has == (0, 0) else more
    _grant(cursor, account, host, grants, revoke=granted is grants)
    cursor.execute(f"ALTER USER %s@%s {identified}{retain}{needs} ATTRIBUTE %s", [account, host, password, note(granted)])
    return True


def _grant(cursor, account, host, grants, revoke):
    if revoke:
        cursor.execute("REVOKE ALL PRIVILEGES, GRANT OPTION FROM %s@%s", [account, host])
    for grant in grants:
        cursor.execute(f"GRANT {grant} TO %s@%s", [account, host])


def _replace_passwords(cursor, settings, account, host, identified, password):
    """Replaces all passwords of an account in restored data, because the passwords of the original group must
    not be valid in this group."""
    cursor.execute(f"ALTER USER %s@%s {identified}", [account, host, password])
    if account in settings.passwords:
        cursor.execute("ALTER USER %s@%s DISCARD OLD PASSWORD", [account, host])


def _mark(cursor, settings, account, host):
    """Returns the account's last applied definition, the generations of its newest and oldest password, and the
    group that created the account. Both generations are 0 if the account is incomplete or if another group
    created it, because each group counts generations separately."""
    cursor.execute(MARK, [account, host])
    mark, newest, oldest, group = cursor.fetchone() or (None, None, None, None)
    if group and group != settings.group:
        return None, (0, 0), group
    # Accounts of earlier releases have no recorded generation, so their generation is 1.
    first = 1 if mark else 0
    return mark, (int(newest or first), int(oldest or first)), group or ""


def _digest(text, salt):
    return f"{salt}${hashlib.sha256((salt + text).encode()).hexdigest()}"
