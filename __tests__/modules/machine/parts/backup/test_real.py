"""Tests uploads with real MySQL servers and an object storage. Run by backup.programs.test.ts."""

import json
import pathlib
import tempfile
import time
import types
import unittest
from unittest import mock

import support
import base
import binlog
import listing
import real
import ship
from bucket import Refused
from gtid import parse, subtract, union
from sealing import unseal
from servers import Group as RealGroup, blank_data


class Alone(unittest.TestCase):
    """
    Tests one server and its archive. The tests share the server and the archive, and run in the order of their names. The base backup comes
    first.
    """

    @classmethod
    def setUpClass(cls):
        real.require_programs()
        cls.folder = real.folder(cls)
        cls.storage = real.Storage(cls.folder, ["alpha", "bravo"])
        cls.addClassCleanup(cls.storage.close)
        cls.identity, recipient = support.age_pair(cls, cls.folder, "key")
        cls.server = real.alone(cls.folder)
        cls.addClassCleanup(cls.server.cut)
        cls.settings = types.SimpleNamespace(timeline=real.TIMELINE, member="alpha", members={}, recipients=[recipient], socket=cls.server.socket, data=str(cls.server.data), baseHours=24)

    def setUp(self):
        state = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()), "state.json")
        for module in (ship, base):
            self.enterContext(mock.patch.object(module, "STATE", state))
        self.enterContext(mock.patch.object(base, "CLONE", f"{self.folder}/clone-{self._testMethodName}"))
        self.enterContext(mock.patch("builtins.print"))
        self.bucket = self.storage.bucket("alpha")
        self.shipper = self.another()

    def another(self):
        return ship.Shipper(self.settings, self.bucket)

    def write(self, count=1):
        self.server.ask(*["INSERT INTO app.t (v) VALUES ('x')"] * count)

    def executed(self):
        ((executed,),) = self.server.ask("SELECT @@GLOBAL.gtid_executed")
        return parse(executed.replace("\n", ""))

    def archived(self):
        """Returns the GTIDs of all logs in the bucket. Also checks that the name of each log agrees with its content."""
        reader, inside, named = self.storage.bucket("reader"), [], []
        for segments in listing.segments(reader, real.TIMELINE, "alpha").values():
            for segment, _ in segments:
                content = unseal(reader.get(segment.key), self.identity)
                data = content if segment.start == 0 else binlog.MAGIC + content
                found = {}
                for one in binlog.transactions(data):
                    found.setdefault(one.source, []).append((one.number, one.number))
                inside.append(union(found))
                named.append({real.TIMELINE: list(segment.gtids)} if segment.gtids else {})
        self.assertEqual(union(*inside), union(*named))
        return union(*inside)

    def gap(self):
        self.shipper._looked_at = 0.0
        self.shipper._step()
        return self.shipper._gap

    def make_base(self):
        self.assertEqual(base.make_when_due(self.settings, self.bucket, force=True), 0)
        ((backup, _),) = listing.manifests(self.bucket, real.TIMELINE, "alpha")[-1:]
        return backup, json.loads(self.storage.bucket("reader").get(backup.key))

    def test_a_base_backup_has_correct_gtid_limits_and_the_correct_newest_commit(self):
        self.write(3)
        before = self.executed()
        started = time.time()
        backup, manifest = self.make_base()
        at_least, at_most = (parse(manifest["gtids"][name]) for name in ("atLeast", "atMost"))
        self.assertEqual(subtract(before, at_least), {})
        self.assertEqual(subtract(at_least, at_most), {})
        self.assertEqual({real.TIMELINE: list(backup.gtids)}, at_least)
        self.assertLess(abs(manifest["newestCommit"] / 1e6 - started), 60)
        self.assertGreater(manifest["dataBytes"], 10 << 20)
        # The logs after the base backup contain all transactions that the base backup lacks.
        self.write()
        data = (self.server.data / f"binlog.{backup.number:06}").read_bytes()
        self.assertEqual(subtract(binlog.previous(data), at_least), {})
        self.assertEqual(next(binlog.transactions(data)).number, max(last for _, last in backup.gtids) + 1)

    def test_mysql_backup_uploads_logs_whose_numbers_were_used_before(self):
        before = self.executed()
        self.write(5)
        self.shipper._step()
        # After a clone, the server has the same UUID and the same names of log files as before.
        executed = self.executed()
        ((last,),) = [[interval[1]] for interval in executed[real.TIMELINE][-1:]]
        self.server.ask("RESET BINARY LOGS AND GTIDS", f"SET GLOBAL gtid_purged = '{real.TIMELINE}:1-{last}'")
        self.shipper = self.another()
        self.write(3)
        self.shipper._step()
        self.assertEqual(subtract(subtract(self.executed(), before), self.archived()), {})

    def test_mysql_backup_closes_a_log_after_a_day_and_uploads_it_completely(self):
        self.write()
        self.shipper._step()
        ((current, *_),) = self.server.ask("SHOW BINARY LOG STATUS")
        later = time.time() + 86400
        with mock.patch.object(ship.time, "time", lambda: later):
            self.shipper._step()
            self.shipper._step()
        ((following, *_),) = self.server.ask("SHOW BINARY LOG STATUS")
        self.assertNotEqual(following, current)
        closed = {log.number: [segment for segment, _ in items] for log, items in listing.segments(self.bucket, real.TIMELINE, "alpha").items() if items[0][0].closed}
        self.assertTrue(closed[int(current[-6:])][-1].last)
        self.assertEqual(closed[int(current[-6:])][-1].end, (self.server.data / current).stat().st_size)

    def test_mysql_backup_reports_a_transaction_missing_in_the_bucket_until_the_next_base_backup(self):
        self.write()
        self.assertEqual(self.gap(), "")
        # The log is deleted before its transactions are uploaded, as on a full volume.
        ((last,),) = [[interval[1]] for interval in self.executed()[real.TIMELINE][-1:]]
        self.write(2)
        self.server.ask("FLUSH BINARY LOGS", "FLUSH BINARY LOGS")
        ((current, *_),) = self.server.ask("SHOW BINARY LOG STATUS")
        self.server.ask(f"PURGE BINARY LOGS TO '{current}'")
        self.assertEqual(self.gap(), f"{real.TIMELINE}:{last + 1}-{last + 2}")
        self.make_base()
        self.assertEqual(self.gap(), "")

    def test_the_bucket_key_of_a_server_can_write_only_the_objects_of_this_server(self):
        with self.assertRaisesRegex(Refused, "the bucket answers 403"):
            ship.Shipper(types.SimpleNamespace(**{**vars(self.settings), "member": "bravo"}), self.bucket)._step()
        self.assertEqual(listing.segments(self.bucket, real.TIMELINE, "bravo"), {})


class Group(unittest.TestCase):
    """Tests that three members of a real group log the same transactions with the same digests."""

    @classmethod
    def setUpClass(cls):
        real.require_programs()
        folder = real.folder(cls)
        group = RealGroup(folder, blank_data(folder), ["alpha", "bravo", "charlie"])
        cls.addClassCleanup(group.end)
        group.name = real.TIMELINE
        group.form("alpha")
        cls.servers = list(group.servers.values())

    def logged(self, server):
        """Returns the commit time and the digest of each transaction in a member's logs: {number: (time, digest)}."""
        found = {}
        for log in sorted(server.data.glob("binlog.0*")):
            for one in binlog.transactions(log.read_bytes()):
                if one.source == real.TIMELINE:
                    found[one.number] = (one.committed, one.digest)
        return found

    def wait(self, executed):
        for server in self.servers:
            server.ask(f"SELECT WAIT_FOR_EXECUTED_GTID_SET('{executed}', 30)")

    def test_all_members_record_the_same_digest_and_commit_time_for_each_transaction(self):
        primary = self.servers[0]
        primary.ask(
            *real.SETUP,
            "SET time_zone = '+03:00'", "SET sql_mode = ''", "INSERT INTO app.t (v) SELECT REPEAT('x', 90) FROM information_schema.COLUMNS LIMIT 400", "SET foreign_key_checks = 0",
            "USE app", "UPDATE t SET v = 'y' WHERE id < 50", "DELETE FROM t WHERE id > 300", "BEGIN", "INSERT INTO t (v) VALUES ('1')", "SAVEPOINT s", "UPDATE t SET v = '2' WHERE id = 1", "COMMIT",
            "CREATE TABLE c (id INT PRIMARY KEY, j JSON) AS SELECT 1 AS id, '{}' AS j", "ALTER TABLE t ADD COLUMN at DATETIME DEFAULT NOW()", "CREATE USER someone IDENTIFIED BY 'q'", "TRUNCATE TABLE c",
            "XA START 'a'", "INSERT INTO t (v) VALUES ('xa')", "XA END 'a'", "XA PREPARE 'a'", "XA COMMIT 'a'", "CREATE TRIGGER r BEFORE INSERT ON t FOR EACH ROW SET NEW.v = UPPER(NEW.v)", "INSERT INTO t (v) VALUES ('low')",
        )
        ((executed,),) = primary.ask("SELECT @@GLOBAL.gtid_executed")
        self.wait(executed)
        logged = [self.logged(server) for server in self.servers]
        self.assertGreater(len(logged[0]), 20)
        self.assertEqual(logged[1], logged[0])
        self.assertEqual(logged[2], logged[0])
        # Different statements have different digests. Only repeated statements have the same digest.
        self.assertGreater(len({digest for _, digest in logged[0].values()}), 18)
        identities = {binlog.identity(log.read_bytes()) for server in self.servers for log in server.data.glob("binlog.0*")}
        self.assertGreaterEqual(len(identities), 3)
        for server in self.servers:
            self.assertEqual(server.ask(base.LAG), ((0,),))

    def test_a_replica_reports_its_replication_lag(self):
        primary, replica, _ = self.servers
        primary.ask("CREATE DATABASE late", "CREATE TABLE late.t (id INT PRIMARY KEY)")
        self.wait(primary.ask("SELECT @@GLOBAL.gtid_executed")[0][0])
        with replica.connect() as connection, connection.cursor() as cursor:
            cursor.execute("LOCK INSTANCE FOR BACKUP")
            cursor.execute("FLUSH TABLES WITH READ LOCK")
            time.sleep(2.5)
            primary.ask("INSERT INTO late.t VALUES (1)")
            for _ in range(50):
                ((lag,),) = replica.ask(base.LAG)
                if lag:
                    break
                time.sleep(0.1)
            self.assertGreaterEqual(lag, 2)
