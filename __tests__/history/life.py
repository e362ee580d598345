"""
Simulates one life of a site's archive: random writes and faults on real MySQL servers, and restores to random times. Each restore is
compared with the writes that the servers acknowledged. The seed determines the sequence of steps, but the operating system schedules
processes differently in each run.

A day of the archive takes DAY_SECONDS in the simulation. The intervals of log rotation, base backups and expiry are shortened accordingly.
"""

import collections
import contextlib
import random
import shutil
import subprocess
import time
import types
from unittest import mock

import base
import branch
import bucket as bucket_module
import pymysql
import restore
import settings as backup_settings
import ship
from bucket import Bucket, Refused
from gtid import describe, parse, subtract
from forge import forge
from model import History, Write, prefix_of
from replay import Incomplete
from servers import Group
from settings import Choice
from store import Store

DAY_SECONDS = 4
RETENTION_DAYS = 6
NAMES = ("alpha", "bravo", "charlie")
READER = "READER:secret"
# Intervals in seconds. On a real server, the intervals are hours or days.
ship.HEARTBEAT_SECONDS, ship.LOOK_SECONDS, ship.ROTATE_SECONDS, ship.KEEP_SECONDS, ship.DESCRIBE_SECONDS = 1, 3, DAY_SECONDS, 3 * DAY_SECONDS, DAY_SECONDS
# The time limits are long because these tests must also pass on a busy, slow host.
PATIENT_SECONDS = 1800
bucket_module.ANSWER_SECONDS = restore.START_SECONDS = PATIENT_SECONDS
ship.connect = base.connect = lambda settings, *_: pymysql.connect(
    unix_socket=settings.socket, user="backup", autocommit=True, connect_timeout=PATIENT_SECONDS, read_timeout=PATIENT_SECONDS, write_timeout=PATIENT_SECONDS,
)


class Wrong(Exception):
    """Error if a restore returned wrong data, or if a restore failed although the archive was complete."""


class Life:
    SCHEMA = (
        "CREATE DATABASE app",
        "CREATE TABLE app.row_ (id INT PRIMARY KEY, value VARCHAR(200) NOT NULL)",
        "CREATE DATABASE backup",
        "CREATE TABLE backup.heartbeat (id INT PRIMARY KEY, at DATETIME(6) NOT NULL)",
    )

    def __init__(self, seed, folder, template, members):
        self.random = random.Random(seed)
        self.folder, self.template = folder, template
        self.store = Store()
        self.names = NAMES[:members]
        self.group = Group(folder, template, self.names)
        self.steps = []
        # Number of occurrences of each event, and the messages of failed restores.
        self.reached, self.refusals = collections.Counter(), []
        self.history = History()
        # Seconds by which the clock of mysql-backup on each member differs from MySQL's clock.
        self.skew = dict.fromkeys(self.names, 0.0)
        # Members whose objects were damaged or forged. All writes before the time `shipped_until` are in the archives of the other members.
        self.suspects = set()
        self.shipped_until = 0.0
        # (time, member) of each complete base backup that has not expired.
        self.bases = []
        # Periods [start, end] whose transactions may be missing from the archive. A restore to a time in such a period must be exact or
        # must fail. A period ends with the next base backup; until then, its end is infinity.
        self.gaps = []
        self._shippers = {}
        self._row = self._columns = 0
        self._private = folder / "key"
        self.recipients = [self._new_key()]

    def _new_key(self):
        """Creates a private key that can decrypt the archive. @returns the matching public key"""
        made = subprocess.run(["age-keygen"], check=True, capture_output=True, text=True).stdout
        with self._private.open("a") as file:
            file.write(made)
        return made.partition("public key: ")[2].partition("\n")[0]

    def note(self, event, details=""):
        self.steps.append(f"{event}{details and ': '}{details}")
        self.reached[event] += 1

    def step(self, weights):
        """Runs one random step that is currently possible."""
        before = self.reached.total()
        while self.reached.total() == before:
            getattr(self, self.random.choices(list(weights), list(weights.values()))[0])()

    # -- the site ----------------------------------------------------------------------------------------------------------------------

    def begin(self):
        self.group.form(self.names[0])
        for statement in self.SCHEMA:
            self.group.primary().ask(statement)
        self._begin_branch()
        self.write()
        self.ship()
        self.make_base()

    def _mysql_group(self, name):
        return types.SimpleNamespace(group=self.group.name, server=name, backup=True)

    def _begin_branch(self):
        primary = self.group.primary()
        with primary.connect() as connection, connection.cursor() as cursor:
            branch.ensure(cursor, self._mysql_group(primary.name))
        self.history.begun = time.time()

    def write(self, number=None):
        number = number or self.random.randint(1, 12)
        self.note("write", number)
        with self.group.primary().connect() as connection, connection.cursor() as cursor:
            for _ in range(number - 1):
                self._write_one(cursor)
            before = self._gtids(cursor)
            self._write_one(cursor)
            self.history.name_last(describe(subtract(self._gtids(cursor), before)))

    @staticmethod
    def _gtids(cursor):
        cursor.execute("SELECT @@GLOBAL.gtid_executed")
        return parse(cursor.fetchone()[0].replace("\n", ""))

    def _write_one(self, cursor):
        known = list(self.history.rows_at(self.now()))
        kind = self.random.choice(["new", "new", "new", "change", "delete"]) if known else "new"
        if kind == "new":
            self._row += 1
        row = self._row if kind == "new" else self.random.choice(known)
        value = f"{kind} {row}, write {len(self.history.all())}"
        begun = self.now()
        if kind == "delete":
            self.execute(cursor, "DELETE FROM app.row_ WHERE id = %s", [row])
        else:
            self.execute(cursor, "INSERT INTO app.row_ (id, value) VALUES (%s, %s) ON DUPLICATE KEY UPDATE value = VALUES(value)", [row, value])
        self.history.writes.append(Write(begun, self.now(), "delete" if kind == "delete" else "put", row, value))

    def now(self):
        return time.time()

    def execute(self, cursor, statement, values=None):
        cursor.execute(statement, values)

    def change_schema(self):
        self._columns += 1
        self.note("change of the schema")
        self.group.primary().ask(f"ALTER TABLE app.row_ ADD COLUMN more{self._columns} INT NOT NULL DEFAULT {self._columns}")
        self.write()

    def create_event(self):
        """Creates a MySQL event that would empty the table if MySQL's event scheduler were on. The scheduler is off on these servers."""
        self.note("MySQL event that deletes rows")
        self.group.primary().ask("CREATE EVENT IF NOT EXISTS app.cleaning ON SCHEDULE EVERY 1 SECOND DO DELETE FROM app.row_")

    def rotate_passwords(self):
        self.note("password rotation")
        self.group.primary().ask("ALTER USER replication@'%' IDENTIFIED BY 'replication'")

    # -- the archive -------------------------------------------------------------------------------------------------------------------

    def _settings(self, name):
        known = {
            "timeline": self.group.name, "endpoint": self.store.endpoint, "region": "fsn1", "bucket": self.store.bucket, "recipients": self.recipients,
            "baseHours": 24, "socket": self.group[name].socket, "data": str(self.group[name].data), "member": name, "members": {},
        }
        return backup_settings.Settings(**{field: known[field] for field in backup_settings.Settings._fields})

    def key_of(self, name):
        """Creates the access key of one member. The access key may write only below the member's prefix."""
        key = f"{self.group.name[:8]}{name}"
        self.store.writers[key] = f"{self.group.name}/{name}/"
        return key

    def _bucket(self, name):
        return Bucket(self.store.endpoint, "fsn1", self.store.bucket, f"{self.key_of(name)}:secret")

    def reader(self):
        return Bucket(self.store.endpoint, "fsn1", self.store.bucket, READER)

    @contextlib.contextmanager
    def _programs_of(self, name):
        """Sets the files, the clock and the access key of mysql-backup to those of one member."""
        folder, skew = self.group[name].folder, self.skew[name]
        clock = types.SimpleNamespace(**{one: getattr(time, one) for one in dir(time) if not one.startswith("_")})
        clock.time = lambda: time.time() + skew
        ship.STATE, ship.time, base.time = folder / "state.json", clock, clock
        base.CLONE = str(folder / "clone")
        shutil.rmtree(base.CLONE, ignore_errors=True)
        try:
            yield self._settings(name), self._bucket(name)
        finally:
            shutil.rmtree(base.CLONE, ignore_errors=True)
            ship.time = base.time = time

    def ship(self):
        """Runs one step of the upload on each running member."""
        begun, honest = self.now(), False
        for name in self.names:
            if not self.group[name].runs:
                continue
            with self._programs_of(name) as (settings, bucket):
                shipper = self._shippers.get(name)
                if shipper is None:
                    shipper = self._shippers[name] = ship.Shipper(settings, bucket)
                shipper._step()
            honest = honest or name not in self.suspects
        if honest:
            self.shipped_until = begun

    def settle(self):
        """Uploads all transactions, and then a heartbeat. Only a later transaction proves that no earlier transaction is missing."""
        self.ship()
        until = self.shipped_until
        self.group.primary().ask(ship.HEARTBEAT)
        self.ship()
        self.shipped_until = until

    def make_base(self, name=None):
        name = name or self.random.choice(self.group.online())
        self.note("base", name)
        self.ship()
        with self._programs_of(name) as (settings, bucket):
            code = base.make_when_due(settings, bucket, force=True)
        if code:
            raise Wrong(f"{name} made no base")
        self.bases.append((self.now(), name))
        self.gaps = [[begun, min(ended, time.time())] for begun, ended in self.gaps]
        self.ship()

    def change_recipients(self):
        """Restarts mysql-backup with other public keys."""
        self.note("changed recipients")
        self.recipients = [self._new_key(), *self.random.sample(self.recipients, self.random.randint(0, 1))]
        self._shippers.clear()

    def fall_behind(self):
        """Makes a base backup of a replica that has not applied all transactions yet."""
        others = self.group.online()[1:]
        if others:
            name = self.random.choice(others)
            self.note("base of a replica with lag", name)
            # Heartbeats are off. A heartbeat would be prepared and would wait for the blocked write. CLONE would then wait five minutes for
            # the prepared transaction.
            quiet = mock.patch.object(ship, "HEARTBEAT_SECONDS", float("inf"))
            with quiet, self.group[name].connect() as connection, connection.cursor() as cursor:
                cursor.execute("LOCK TABLES app.row_ READ")
                self.write()
                self.make_base(name)
                self.write()

    def lose_logs(self):
        """Deletes logs before they are uploaded, as if the logs had filled their share of the volume. Affects one member or all members."""
        every = self.random.random() < 0.3
        names = self.names if every else [self.random.choice(self.names)]
        self.note("logs lost by all members" if every else "logs lost by a member", ", ".join(names))
        self.ship()
        begun = time.time()
        self.write()
        for name in names:
            self.group[name].ask("FLUSH LOCAL BINARY LOGS")
            current = self.group[name].ask("SHOW BINARY LOG STATUS")[0][0]
            self.group[name].ask(f"PURGE BINARY LOGS TO '{current}'")
        if every:
            self.gaps.append([begun, float("inf")])
        self.write()
        self.ship()

    def fail_base(self):
        """Interrupts a base backup because the bucket rejects a request. The incomplete base backup must not be used."""
        name = self.random.choice(self.group.online())
        self.note("failed base", name)
        self.ship()
        with self._programs_of(name) as (settings, bucket):
            refuse = lambda *_: (_ for _ in ()).throw(Refused("the bucket answers 503"))
            put, count = bucket.put, iter(range(self.random.randint(0, 2)))
            bucket.put = lambda key, content: refuse() if next(count, None) is None else put(key, content)
            with contextlib.suppress(Refused, OSError, ValueError):
                base.make_when_due(settings, bucket, force=True)

    def pass_days(self):
        days = self.random.randint(1, 3)
        self.note("quiet days", days)
        for _ in range(days):
            time.sleep(DAY_SECONDS)
            self.ship()
            self.make_base()
        # Makes every member upload the descriptions of its branches now. On a slow machine, the descriptions could otherwise expire.
        for shipper in self._shippers.values():
            shipper._looked_at = 0.0
        self.ship()
        before = time.time() - RETENTION_DAYS * DAY_SECONDS
        self.store.expire(before)
        self.bases = [one for one in self.bases if one[0] > before + 1]

    # -- faults of the group -----------------------------------------------------------------------------------------------------------

    def fail_over(self):
        others = self.group.online()[1:]
        if others:
            name = self.random.choice(others)
            self.note("failover", name)
            server_uuid = self.group[name].ask("SELECT @@server_uuid")[0][0]
            self.group.primary().ask(f"SELECT group_replication_set_as_primary('{server_uuid}')")

    def cut_power(self):
        self._miss_one("power cut", lambda server: server.cut(), clone=False, ticks=1)

    def be_absent(self):
        """Stops a member for longer than the other members keep logs. The member returns by cloning over its old data."""
        self._miss_one("long absence", lambda server: server.stop(), clone=True, ticks=self.random.randint(1, 3))

    def become_blank(self):
        """Deletes the data of a member, as after the loss of a volume or the command `reclone`. The member returns by cloning."""

        def lose(server):
            server.cut()
            server.make_blank(self.group.template)

        self._miss_one("empty disk", lose, clone=True, ticks=1)

    def _miss_one(self, what, end, clone, ticks):
        online = self.group.online()
        if len(online) < 3:
            return
        name = self.random.choice(online)
        self.note(what, name)
        end(self.group[name])
        self._shippers.pop(name, None)
        self.group.primary()
        for _ in range(ticks):
            self.write()
            self.ship()
        self.group.join(name, clone=clone)
        self.write()
        self.ship()

    def lose_power(self):
        """Simulates a power failure of all members. The member that has executed most transactions starts the group again."""
        self.note("power cut of all")
        for name in self.names:
            self.group[name].cut()
        self._shippers.clear()
        for name in self.names:
            self.group[name].start()
        self._start_group(max(self.names, key=self._executed))

    def _start_group(self, first):
        self.group.bootstrap(first)
        for name in self.names:
            if name != first:
                self.group.join(name, clone=False)

    def _executed(self, name):
        return sum(last - start + 1 for ranges in parse(self.group[name].ask("SELECT @@GLOBAL.gtid_executed")[0][0]).values() for start, last in ranges)

    def force_bootstrap(self):
        """Simulates the permanent loss of two members. The third member lacks their last writes and starts a new branch without them."""
        online = self.group.online()
        if len(online) < 3 or self.suspects:
            return
        survivor, lost = online[2], online[:2]
        self.note("forced bootstrap", survivor)
        self.group[survivor].cut()
        self.write()
        self.settle()
        shipped = self.shipped_until
        if self.random.random() < 0.5:
            # The lost members never upload the following writes to the archive.
            self.write()
        for name in lost:
            self.group[name].cut()
        self._shippers.clear()
        self.group[survivor].start()
        with self.group[survivor].connect() as connection, connection.cursor() as cursor:
            branch.fork(cursor, self._mysql_group(survivor), lost)
        self.group.bootstrap(survivor)
        survived = prefix_of(self._rows_of(self.group[survivor].ask), self.history.all())
        if survived is None:
            raise RuntimeError("the survivor has rows of no moment")
        self.history = History(self.history, survived, time.time())
        self.gaps.append([shipped, time.time()])
        self.write()
        self.ship()
        for name in lost:
            self.group[name].make_blank(self.group.template)
            self.group.join(name, clone=True)
        self.write()
        self.ship()

    @staticmethod
    def _rows_of(ask):
        return dict(ask("SELECT id, value FROM app.row_"))

    # -- faults of the archive ---------------------------------------------------------------------------------------------------------

    def skew_clock(self):
        name = self.random.choice(self.names)
        self.skew[name] = self.random.choice([-900.0, -7.0, 5.0, 900.0, 0.0])
        self.note("clock skew", f"{name} {self.skew[name]:+.0f} s")

    def lose_answers(self):
        self.note("bucket fails and loses a response")
        self.store.refuse_next, self.store.lose_next = 2, 1
        with contextlib.suppress(Refused, OSError, ValueError):
            self.ship()
        self.store.refuse_next = self.store.lose_next = 0
        self.ship()

    def damage(self):
        """
        Damages or deletes objects in the storage. If only objects of one member are affected, a restore must succeed with the objects of
        the other members. If objects of several members are affected, a restore must be exact or must fail.
        """
        name = None if len(self.names) == 1 or self.random.random() < 0.2 else self._suspect()
        keys = self.store.keys(f"{self.group.name}/{name}/" if name else f"{self.group.name}/")
        kind = self.random.choice(["emptied", "shortened", "lost"])
        for key in self.random.sample(keys, min(len(keys), self.random.randint(1, 4))):
            self.note(f"object {kind}", key.partition("/")[2])
            self.store.damage(key, kind)
        if name is None:
            self.gaps.append([0, float("inf")])
        self.bases = [one for one in self.bases if one[1] != name]

    def forge(self):
        """Writes forged objects with the key of one member, as an intruder on its server could."""
        name = self._suspect()
        if name:
            forge(self, name)
            self.bases = [one for one in self.bases if one[1] != name]

    def _suspect(self):
        """
        Returns the faulty member, or None if no member may be faulty. At most one of three members is faulty, so two members can contradict
        it.
        """
        if len(self.names) < 3 or self._may_refuse(time.time()):
            return None
        if not self.suspects:
            self.suspects.add(self.random.choice(self.names))
            other = next(name for name in self.names if name not in self.suspects)
            if len(self.group.online()) == 3:
                self.make_base(other)
        return next(iter(self.suspects))

    # -- restores ----------------------------------------------------------------------------------------------------------------------

    def check(self):
        """Restores to a random time, to the state before a random transaction, or to the latest state. Compares every row."""
        if not self.bases:
            self.make_base()
        self.settle()
        moments = [moment for moment in self._moments() if self.history.quiet(moment)]
        named = [one for one in self.history.named if min(self.bases)[0] < one.moment < self.shipped_until]
        way = self.random.random()
        if moments and way < 0.6:
            moment = self.random.choice(moments)
            self._compare(at_of(moment), moment, self.history.rows_at(moment))
        elif named and way < 0.8:
            one = self.random.choice(named)
            self._compare(f"before {one.gtid}", one.moment, self.history.rows_before(one))
        else:
            self._compare("latest", time.time(), None)

    def _moments(self):
        first = min(moment for moment, _ in self.bases)
        return [self.random.uniform(first, self.shipped_until) for _ in range(5)] if self.shipped_until > first else []

    def _compare(self, at, moment, expected):
        """Restores and compares the rows with `expected`. If `expected` is None, the rows must contain at least all uploaded writes."""
        # A restore must also be exact if it excludes the servers of an intruder.
        choice = Choice(excludeServers=tuple(self.suspects) if self.random.random() < 0.3 else ())
        self.note("restore", f"{at} {'without ' if choice.excludeServers else ''}{', '.join(choice.excludeServers)}")
        needed = self.shipped_until
        try:
            rows = self._restored_rows(at, choice)
        except (Incomplete, Refused, ValueError, OSError) as problem:
            self.refusals.append(f"{at}: {problem}")
            if self._may_refuse(moment):
                return
            raise Wrong(f"restore to {at} was refused: {problem}") from None
        if expected is not None:
            if rows != expected:
                raise Wrong(f"restore to {at}: {difference(rows, expected)}")
            return
        writes = self.history.all()
        found = prefix_of(rows, writes)
        if found is None or found < sum(write.ended <= needed for write in writes):
            raise Wrong(f"restore to latest: {difference(rows, self.history.rows_at(time.time()))}")

    def _may_refuse(self, moment):
        """
        Returns True if a restore to the time `moment` may fail. Possible causes are damage without another copy, logs that no member has,
        and writes of lost members after their last upload.
        """
        return any(begun <= moment <= ended for begun, ended in self.gaps)

    def _restored_rows(self, at, choice):
        folder = self.folder / "restored"
        restore.USER = "root"
        try:
            inspect = lambda _: self._rows_of(lambda statement: self._ask(f"{folder}/mysqld.sock", statement))  # noqa: E731
            return restore.run(folder, self.group.name, at, self.reader(), self._private, choice, inspect=inspect).found
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    @staticmethod
    def _ask(socket, statement):
        with pymysql.connect(unix_socket=socket, user="root") as connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall()

    def restore_for_good(self):
        """Simulates the loss of the whole group. A new group with another name starts with the restored data."""
        # On a slow machine, all base backups may have expired, so a new base backup is made.
        if not self.bases:
            self.make_base()
        self.ship()
        moment = time.time()
        if self._may_refuse(moment):
            return
        self.note("restore of a new group")
        for server in self.group.servers.values():
            server.cut()
        self._shippers.clear()
        folder = self.folder / "restored"
        restore.USER = "root"
        data = restore.restore_into(folder, self.group.name, "latest", self.reader(), self._private)
        writes = self.history.rows_at(moment)
        self.group = Group(self.folder, self.template, self.names)
        first = self.group[self.names[0]]
        shutil.copytree(data, first.data)
        (first.data / "auto.cnf").unlink(missing_ok=True)
        shutil.rmtree(folder)
        self.group.bootstrap(first.name)
        rows = self._rows_of(first.ask)
        if rows != writes:
            raise Wrong(f"the new group: {difference(rows, writes)}")
        # Earlier times belong to the timeline of the previous group.
        self.history = History(self.history, len(self.history.all()), time.time())
        self.bases, self.gaps, self.suspects, self.shipped_until = [], [], set(), 0.0
        self._begin_branch()
        for name in self.names[1:]:
            self.group[name].make_blank(self.group.template)
            self.group.join(name, clone=True)
        self.write()
        self.ship()
        self.make_base()

    def end(self):
        self.group.end()
        self.store.close()


def at_of(moment):
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(moment))}.{int(moment % 1 * 1e6):06}Z"


def difference(rows, expected):
    missing = sorted(set(expected.items()) - set(rows.items()))
    extra = sorted(set(rows.items()) - set(expected.items()))
    return f"missing {missing[:4]}{'…' if len(missing) > 4 else ''}, unexpected {extra[:4]}{'…' if len(extra) > 4 else ''}"
