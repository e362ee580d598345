"""A drill against a real archive: good when it is good, and broken when it is broken in any way. Run by archive.programs.test.ts."""

import json
import pathlib
import shutil
import subprocess
import tempfile
import time
import unittest
from unittest import mock

import binlog
import drill
import names
import restore
from bucket import Refused
from program import ARCHIVE
from sealing import PACK, encrypt, seal
from storage import KEYS, REGION, Storage

TIMELINE = "7d2f4c56-1f0e-4d0b-8a36-90d5a1c2e7b4"
TAKEN = "20261125T021700Z"
# Small enough that a log has many.
PIECE_BYTES = 900
MADE = f'<CreateBucketConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><LocationConstraint>{REGION}</LocationConstraint></CreateBucketConfiguration>'


def age_pair(folder, name):
    file = folder / name
    subprocess.run(["age-keygen", "--output", str(file)], check=True, capture_output=True)
    return file, subprocess.run(["age-keygen", "-y", str(file)], check=True, capture_output=True, text=True).stdout.strip()


class Source:
    """A MySQL that is archived: a base, then logs. `objects`: by key."""

    def __init__(self, folder):
        self.folder = folder
        self.key, recipient = age_pair(folder, "key")
        self.other, _ = age_pair(folder, "other")
        self.recipients = [recipient]
        self.data = folder / "data"
        self.data.mkdir()
        for made in (self.data, folder):
            shutil.chown(made, "nobody")
        subprocess.run(["mysqld", "--no-defaults", "--initialize-insecure", "--secure-file-priv=NULL", "--user=nobody", f"--datadir={self.data}", f"--log-error={folder}/init.log"], check=True)
        self.objects = {}
        with self._serving() as ask:
            ask("CREATE DATABASE app; CREATE TABLE app.orders (id INT PRIMARY KEY AUTO_INCREMENT, text TEXT)")
            ask("CREATE DATABASE backup; CREATE TABLE backup.heartbeat (id INT PRIMARY KEY, at DATETIME(6) NOT NULL)")
            ask("INSERT INTO app.orders (text) VALUES ('before the base')")
            before = ask("SELECT @@GLOBAL.gtid_executed")
        with tempfile.TemporaryDirectory(dir=folder) as clone:
            shutil.copytree(self.data, f"{clone}/data", ignore=shutil.ignore_patterns("binlog.*", "*.pem", "auto.cnf"))
            self._make_base(pathlib.Path(clone, "data"), before)
        with self._serving() as ask:
            for number in range(20):
                ask(f"INSERT INTO app.orders (text) VALUES ('order {number}')")
            counted = {"gtids": ask("SELECT @@GLOBAL.gtid_executed"), "rows": {"app.orders": 21, "backup.heartbeat": 0}}
            ask("INSERT INTO app.orders (text) VALUES ('after the count')")
            ask("REPLACE INTO backup.heartbeat (id, at) VALUES (1, UTC_TIMESTAMP(6))")
            ((self.server),) = [ask("SELECT @@server_uuid")]
        self.manifest(counted, before)
        for file in sorted(self.data.glob("binlog.0*")):
            self._ship(file)

    def _serving(self):
        options = ["--log-bin=binlog", "--server-id=1", "--gtid-mode=ON", "--enforce-gtid-consistency=ON"]
        return serving(self.data, self.folder, options)

    def _make_base(self, data, gtids):
        packed = subprocess.run(["tar", "--create", "--directory", str(data), "."], check=True, capture_output=True).stdout
        part = subprocess.run(encrypt(self.recipients), input=subprocess.run(PACK, input=packed, check=True, capture_output=True).stdout, check=True, capture_output=True).stdout
        self.base = f"{TIMELINE}/base/{TAKEN}-{'1' * 8}-0000-0000-0000-{'1' * 12}"
        self.part = f"{self.base}/0000.{names.digest(part)}"
        self.objects[self.part] = part

    def manifest(self, counted, gtids):
        rows = seal(json.dumps(counted).encode(), self.recipients)
        key = f"{self.base}/rows.{names.digest(rows)}"
        manifest = {"format": 1, "taken": TAKEN, "gtids": gtids, "recipients": self.recipients, "parts": [{"key": self.part, "bytes": len(self.objects[self.part])}], "rows": key}
        content = json.dumps(manifest).encode()
        self.counted, self.before = counted, gtids
        self.objects = {name: held for name, held in self.objects.items() if "manifest" not in name and "/rows." not in name}
        self.objects |= {key: rows, f"{self.base}/manifest.{names.digest(content)}": content}

    def _ship(self, file):
        data, start = file.read_bytes(), 0
        while start < len(data):
            stop, _ = binlog.cut(data, start, len(data), PIECE_BYTES, "")
            content = seal(data[start:stop], self.recipients)
            self.objects[names.piece_key(TIMELINE, self.server, file.name, start, stop, False, content)] = content
            start = stop


class serving:
    """MySQL on this data, by itself. Gives a function that executes statements."""

    def __init__(self, data, folder, options):
        self._socket = folder / "source.sock"
        self._command = ["mysqld", "--no-defaults", "--user=nobody", f"--datadir={data}", f"--socket={self._socket}", "--skip-networking", "--mysqlx=OFF", "--secure-file-priv=NULL", f"--log-error={folder}/error.log", "--performance-schema=OFF", *options]

    def __enter__(self):
        self._process = subprocess.Popen(self._command)
        mysql = restore.Mysql(self._socket)
        for _ in range(600):
            try:
                mysql.ask("SELECT 1")
                return mysql.ask
            except restore.Incomplete:
                time.sleep(0.2)
        raise TimeoutError("MySQL does not answer")

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait()


class Drill(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = cls.enterClassContext(tempfile.TemporaryDirectory())
        pathlib.Path(folder).chmod(0o755)
        cls.folder = pathlib.Path(folder)
        cls.source = Source(cls.folder)
        cls.storage = Storage()
        cls.addClassCleanup(cls.storage.close)

    def setUp(self):
        self.enterContext(mock.patch.object(restore, "USER", "nobody"))
        self.objects = dict(self.source.objects)
        self.name = self._testMethodName.replace("_", "-")[:60]

    def drill(self, key=None):
        owner = self.storage.as_("owner", self.name)
        self.assertEqual(owner.ask("PUT", content=MADE.encode())[0], 200)
        for name, content in self.objects.items():
            self.assertEqual(owner.ask("PUT", name, content=content)[0], 200)
        told = {
            "settings": {"endpoint": self.storage.endpoint, "region": REGION, "bucket": self.name},
            "keys": KEYS,
            "timeline": TIMELINE,
            "privateKey": (key or self.source.key).read_text(),
        }
        result = ARCHIVE.main("drill", told)
        (kept,) = (names.read_drill(TIMELINE, item.key) for item in owner.list(f"{TIMELINE}/drill/"))
        self.assertEqual((kept.good, json.loads(owner.get(kept.key))), (result["good"], result))
        return result

    def pieces(self):
        return sorted(key for key in self.objects if "/log/" in key and "binlog.000002" in key)

    def spoil(self, key):
        content = bytearray(self.objects[key])
        content[len(content) // 2] ^= 1
        self.objects[key] = bytes(content)

    def assert_bad(self, words, **more):
        result = self.drill(**more)
        self.assertFalse(result["good"])
        self.assertRegex(result["problem"], words)

    def test_a_good_archive_is_good(self):
        result = self.drill()
        self.assertTrue(result["good"], result)
        self.assertEqual((result["rows"], result["tables"]), (21, 2))
        self.assertGreater(result["memoryMiB"], 50)

    def test_a_bit_in_a_log(self):
        self.spoil(self.pieces()[2])
        self.assert_bad("transactions are missing .* and later ones are there")

    def test_a_piece_of_a_log_that_is_missing(self):
        del self.objects[self.pieces()[2]]
        self.assert_bad("transactions are missing .* and later ones are there")

    def test_a_bit_in_the_base(self):
        self.spoil(self.source.part)
        self.assert_bad(f"{self.source.part} is damaged")

    def test_the_wrong_key(self):
        self.assert_bad("the base cannot be unpacked: age: error: no identity matched", key=self.source.other)

    def test_an_archive_whose_end_is_missing(self):
        # Nothing comes after it: only the heartbeat tells.
        with mock.patch.object(drill, "HEARTBEAT_SECONDS", -1):
            self.assert_bad("where the site writes a heartbeat every half minute")

    def test_rows_that_the_group_had_and_the_archive_has_not(self):
        counted, before = self.source.counted, self.source.before
        self.source.manifest({**counted, "rows": {"app.orders": 22}}, before)
        self.objects = dict(self.source.objects)
        self.source.manifest(counted, before)
        self.assert_bad("app.orders has 21 rows, and the group had 22 at the same transactions")


class Result(unittest.TestCase):
    def test_whatever_fails_is_a_bad_result_and_leaves_no_data_behind(self):
        for problem in (Refused("why"), restore.Incomplete("why"), ValueError("why"), OSError("why"), subprocess.TimeoutExpired("mysqld", 1)):
            bucket, folder = mock.Mock(), pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()), "drill")
            folder.mkdir()
            with mock.patch.object(drill, "_tried", side_effect=problem):
                result = drill.drill(bucket, TIMELINE, None, folder)
            self.assertEqual((result["good"], result["problem"], folder.exists()), (False, str(problem), False))
            self.assertIn("-bad.", bucket.put.call_args.args[0])

    def test_what_logs_hold_has_to_have_been_executed(self):
        found, mysql = mock.Mock(manifest={"taken": TAKEN}), mock.Mock(**{"require.side_effect": restore.Incomplete("MySQL did not execute")})
        running = mock.MagicMock(**{"return_value.__enter__.return_value": mysql, "return_value.__exit__.return_value": False})
        with mock.patch.multiple(drill, fetch=mock.Mock(return_value=found), running=running), self.assertRaisesRegex(restore.Incomplete, "did not execute"):
            drill._tried(None, TIMELINE, None, None)
        mysql.require.assert_called_once_with(found.promised)

    def test_rows_are_neither_fewer_nor_more_in_a_table_of_any_name(self):
        mysql = mock.Mock(**{"ask.return_value": "21"})
        drill._compare(mysql, {"app.an.order": 21})
        mysql.ask.assert_called_with("SELECT COUNT(*) FROM `app`.`an.order`")
        for counted in (20, 22):
            with self.assertRaisesRegex(restore.Incomplete, f"app.orders has 21 rows, and the group had {counted} "):
                drill._compare(mysql, {"app.orders": counted})

    def test_a_table_is_whole_when_mysql_says_so_at_the_end(self):
        told = "app.orders\tcheck\twarning\t1 client is using it\napp.orders\tcheck\tstatus\tOK"
        drill._require_whole(mock.Mock(**{"ask.return_value": told}), "app.orders")
        with self.assertRaisesRegex(restore.Incomplete, "app.orders: Corrupt"):
            drill._require_whole(mock.Mock(**{"ask.return_value": told.replace("status\tOK", "error\tCorrupt")}), "app.orders")
