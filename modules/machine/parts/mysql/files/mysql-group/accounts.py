"""Schema and accounts, applied by the primary and replicated like any data."""

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
# In the mark of an account that may have been granted more by a member with other settings.
MORE = "and what it had"


def identity(settings, account):
    """How an account shows who it is, and what it may show, the newest first by its generation; None for one that this member has no password of."""
    if account == "backup":
        return "auth_socket AS", [(1, "mysql-backup")]
    return ("caching_sha2_password BY", accepted(settings, account)) if account in settings.passwords else None


def all_agree(settings, reports):
    """Whether all members would make the same accounts: not in the midst of a rollout that changes them, nor while one does not answer."""
    return all(report and report.grants == digest(settings) for report in reports.values())


def ensure(settings, agreed):
    """
    Applies what differs; writes nothing, so makes no transaction, when nothing does. Returns the changed accounts. Until members have
    `agreed`, an account only gains: what one primary has granted, because its server is new, the next one does not take back.
    """
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
    """Account -> generations of its newest and its oldest password, as this member has it."""
    with connect(settings, 30) as connection, connection.cursor() as cursor:
        made = [(account, host) for account, host, *_ in definitions(settings) if account in settings.passwords]
        return {account: _mark(cursor, settings, account, host)[1] for account, host in made}


def _ensure(cursor, settings, account, host, require, limits, grants, agreed=True):
    how, passwords = identity(settings, account)
    (newest, password), (oldest, first) = passwords[0], passwords[-1]
    mark, has, group = _mark(cursor, settings, account, host)
    # A member that was not told yet has become the primary: those that were know better.
    if has > (newest, oldest):
        return False
    more = [*grants, MORE]

    def text(password, granted):
        return "\0".join([password, require, limits, *granted])

    def granted_with(password):
        """What the mark says was granted, if it was with this password; None when it was something else."""
        possible = [grants] if agreed else [grants, more]
        return next((one for one in possible if mark and _digest(text(password, one), mark.split("$")[0]) == mark), None)

    def note(granted):
        definition = _digest(text(password, granted), os.urandom(16).hex())
        return json.dumps({"definition": definition, "generation": newest, "oldest": oldest, "group": settings.group})

    if has == (newest, oldest) and (granted := granted_with(password)):
        if group == settings.group:
            return False
        # Marks of earlier releases, and those made without an archive, do not include the group.
        cursor.execute("ALTER USER %s@%s ATTRIBUTE %s", [account, host, note(granted)])
        return True
    identified = f"IDENTIFIED WITH {how} %s"
    # Only once: what RETAIN keeps is the present one, and a second time that would be the new one.
    retain = " RETAIN CURRENT PASSWORD" if has[0] < newest and oldest < newest else ""
    # Where only passwords move, one statement does it, and no grant is away for a moment.
    if retain and (granted := granted_with(first)):
        cursor.execute(f"ALTER USER %s@%s {identified}{retain} ATTRIBUTE %s", [account, host, password, note(granted)])
        return True
    if has[0] == newest and oldest == newest and (granted := granted_with(password)):
        cursor.execute("ALTER USER %s@%s DISCARD OLD PASSWORD ATTRIBUTE %s", [account, host, note(granted)])
        return True
    # The mark goes first and comes last: whatever interrupts what lies between, no definition matches the account, so it is done again.
    if mark:
        cursor.execute("ALTER USER %s@%s ATTRIBUTE %s", [account, host, json.dumps({"definition": None})])
    needs = f" REQUIRE {require}" + (f" WITH {limits}" if limits else "")
    # A new account begins with the oldest password, so that there is one to keep.
    cursor.execute(f"CREATE USER IF NOT EXISTS %s@%s {identified}{needs}", [account, host, first])
    if group not in ("", settings.group):
        # Restored: the passwords of the group that made the account must not be accepted here, nor retained.
        cursor.execute(f"ALTER USER %s@%s {identified}", [account, host, first])
        if account in settings.passwords:
            cursor.execute("ALTER USER %s@%s DISCARD OLD PASSWORD", [account, host])
    # One that nobody has made yet has nothing that could be taken from it.
    granted = grants if agreed or has == (0, 0) else more
    if granted is grants:
        # What an earlier definition granted goes.
        cursor.execute("REVOKE ALL PRIVILEGES, GRANT OPTION FROM %s@%s", [account, host])
    for grant in grants:
        cursor.execute(f"GRANT {grant} TO %s@%s", [account, host])
    cursor.execute(f"ALTER USER %s@%s {identified}{retain}{needs} ATTRIBUTE %s", [account, host, password, note(granted)])
    return True


def _mark(cursor, settings, account, host):
    """
    The definition that an account was last given, its newest and oldest password, and the group that made it. The generations are (0, 0) if
    the account is not complete, or if another group made it: generations of another group's passwords mean nothing here.
    """
    cursor.execute(MARK, [account, host])
    mark, newest, oldest, group = cursor.fetchone() or (None, None, None, None)
    if group and group != settings.group:
        return None, (0, 0), group
    # Accounts are older than generations of their passwords.
    first = 1 if mark else 0
    return mark, (int(newest or first), int(oldest or first)), group or ""


def _digest(text, salt):
    return f"{salt}${hashlib.sha256((salt + text).encode()).hexdigest()}"
