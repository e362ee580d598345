"""What a restore fetches from the archive: a base, and the logs that bring it to the moment. Run by backup.programs.test.ts."""

import json
import pathlib
import subprocess
import tempfile
import types
import unittest
from unittest import mock

import support
import names
import restore
from bucket import Refused
from names import digest
from replay import Incomplete
from sealing import PACK, encrypt, seal

TIMELINE, SERVER = "7d2f4c56-1f0e-4d0b-8a36-90d5a1c2e7b4", "12345678-0000-0000-0000-000000000000"


class Fetch(unittest.TestCase):
    """An archive of a base and of what members logged after it, with the programs that pack and seal."""

    TAKEN = "20261125T021700Z"
    SINCE = "2026-11-25T02:17:00.000Z"

    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.key, recipient = support.age_pair(self, self.folder, "key")
        self.recipients = [recipient]
        self.said = []
        self.enterContext(mock.patch.object(restore, "say", self.said.append))
        self.objects, self.times, self.asked = {}, {}, []
        self.make_base(gtids="")

    # As the bucket.
    def list(self, prefix):
        return [types.SimpleNamespace(key=key, time=self.times.get(key, self.SINCE)) for key in sorted(self.objects) if key.startswith(prefix)]

    def get(self, key):
        self.asked.append(key)
        if digest(self.objects[key]) != key.rpartition(".")[2]:
            raise Refused(f"{key} is damaged")
        return self.objects[key]

    def make_base(self, gtids):
        data = self.folder / "copied"
        data.mkdir(exist_ok=True)
        (data / "ibdata1").write_bytes(b"data of MySQL" * 100_000)
        packed = subprocess.run(["tar", "--create", "--directory", str(data), "."], check=True, capture_output=True).stdout
        sealed = subprocess.run(encrypt(self.recipients), input=subprocess.run(PACK, input=packed, check=True, capture_output=True).stdout, check=True, capture_output=True).stdout
        base = f"{TIMELINE}/base/{self.TAKEN}-{SERVER}"
        self.objects = {key: content for key, content in self.objects.items() if not key.startswith(base)}
        parts = [sealed[: len(sealed) // 2], sealed[len(sealed) // 2 :]]
        self.parts = [f"{base}/{number:04}.{digest(part)}" for number, part in enumerate(parts)]
        self.objects.update(zip(self.parts, parts))
        told = {"format": 1, "gtids": gtids, "recipients": self.recipients, "parts": [{"key": key, "bytes": 1 << 20} for key in self.parts]}
        content = json.dumps(told).encode()
        self.objects[f"{base}/manifest.{digest(content)}"] = content

    def ship(self, server, file, log, *cuts, time=SINCE):
        """Pieces of a log that end at these places, in bytes, and at its end."""
        keys = []
        for start, end in zip((0, *cuts), (*cuts, len(log))):
            content = seal(log[start:end], self.recipients)
            keys.append(names.piece_key(TIMELINE, server, file, start, end, False, content))
            self.objects[keys[-1]] = content
            self.times[keys[-1]] = time
        return keys

    def fetch(self, at="latest", key=None):
        return restore.fetch(self.folder / "into", TIMELINE, at, self, key or self.key)

    def test_unpacks_the_base_and_brings_the_logs(self):
        log = support.log({}, *(support.transaction(support.A, number, number) for number in range(1, 4)))
        self.ship(SERVER, "binlog.000001", log, 60, 90)
        # Of an attempt that was interrupted.
        (self.folder / "into" / "data").mkdir(parents=True)
        fetched = self.fetch()
        self.assertEqual((fetched.data / "ibdata1").read_bytes(), b"data of MySQL" * 100_000)
        self.assertEqual([path.read_bytes() for path in fetched.logs], [log])
        self.assertEqual(fetched.promised, {support.A: [(1, 3)]})
        self.assertEqual(fetched.manifest["recipients"], self.recipients)
        self.assertEqual(
            self.said,
            [
                "restore: base of 20261125T021700Z, 2 MiB",
                "restore: part 1 of 2 of the base",
                "restore: part 2 of 2 of the base",
                f"restore: fetching binlog.000001 of {SERVER}",
            ],
        )

    def test_needs_no_log_that_the_base_holds(self):
        self.make_base(gtids=f"{support.A}:1-3")
        self.ship(SERVER, "binlog.000001", support.log({}, support.transaction(support.A, 3, 1)))
        self.assertEqual((self.fetch().logs, self.fetch().promised), ([], {support.A: [(1, 3)]}))

    def test_looks_at_no_log_that_was_in_the_bucket_a_quarter_of_an_hour_before_the_base(self):
        log = support.log({}, support.transaction(support.A, 1, 1))
        old = self.ship(SERVER, "binlog.000001", log, time="2026-11-25T02:01:59.999Z")
        late = self.ship(SERVER, "binlog.000002", support.log({support.A: [(1, 1)]}, support.transaction(support.A, 2, 1)), time="2026-11-25T02:02:00.000Z")
        self.make_base(gtids=f"{support.A}:1")
        self.assertEqual(self.fetch().promised, {support.A: [(1, 2)]})
        self.assertIn(late[0], self.asked)
        self.assertNotIn(old[0], self.asked)

    def test_fetches_all_of_a_log_of_which_a_part_came_later(self):
        log = support.log({}, *(support.transaction(support.A, number, number) for number in range(1, 4)))
        first, *_ = self.ship(SERVER, "binlog.000001", log, 60)
        self.times[first] = "2026-11-24T00:00:00.000Z"
        self.assertEqual(self.fetch().promised, {support.A: [(1, 3)]})

    def test_ends_where_a_transaction_is_not_wanted_and_fetches_no_later_log_of_that_member(self):
        parts = [support.transaction(support.A, number, number) for number in range(1, 4)]
        self.ship(SERVER, "binlog.000009", support.log({}, *parts))
        later = self.ship(SERVER, "binlog.000010", support.log({support.A: [(1, 3)]}, support.transaction(support.A, 4, 4)))
        fetched = self.fetch(f"before {support.A}:3")
        self.assertEqual([path.read_bytes() for path in fetched.logs], [support.log({}, *parts[:2])])
        self.assertNotIn(later[0], self.asked)

    def test_fetches_no_further_than_that_within_a_long_log(self):
        parts = [support.transaction(support.A, number, number) for number in range(1, 7)]
        head = len(support.log({}))
        ends = [head + len(parts[0]) * number for number in range(1, 6)]
        keys = self.ship(SERVER, "binlog.000001", support.log({}, *parts), *ends)
        with mock.patch.object(restore, "BATCH", 2):
            self.assertEqual(self.fetch(f"before {support.A}:2").promised, {support.A: [(1, 1)]})
            self.assertEqual([key for key in keys if key in self.asked], keys[:2])
            self.assertEqual(self.fetch().promised, {support.A: [(1, 6)]})

    def test_takes_from_another_member_what_one_has_not_or_what_is_damaged(self):
        parts = [support.transaction(support.A, number, number) for number in range(1, 5)]
        log, other = support.log({}, *parts), SERVER.replace("1", "9")
        ends = [len(support.log({})) + len(parts[0]) * number for number in range(1, 4)]
        spoilt = self.ship(SERVER, "binlog.000001", log, *ends)[1]
        self.objects[spoilt] += b"!"
        with self.assertRaisesRegex(Incomplete, f"{support.A}:2|a part of binlog.000001"):
            self.fetch()
        self.assertIn(f"restore goes on without {spoilt}: {spoilt} is damaged", self.said)
        # Nor can the one after it be read.
        ((missing, kept),) = [(key, self.objects.pop(key)) for key in list(self.objects) if f"{ends[1]:012}-{ends[2]:012}" in key]
        self.objects[missing] = kept + b"!"
        with self.assertRaisesRegex(Incomplete, "transactions are missing"):
            self.fetch()
        self.objects[missing] = kept
        self.ship(other, "binlog.000007", support.log({}, *parts[:2]))
        with self.assertRaisesRegex(Incomplete, "transactions are missing"):
            self.fetch()
        self.ship(other, "binlog.000008", support.log({support.A: [(1, 2)]}, *parts[2:]))
        self.assertEqual(self.fetch().promised, {support.A: [(1, 4)]})

    def test_takes_from_another_member_what_one_has_sealed_for_somebody_else(self):
        log = support.log({}, support.transaction(support.A, 1, 1))
        own, (_, stranger) = self.recipients, support.age_pair(self, self.folder, "stranger")
        self.recipients = [stranger]
        (foreign,) = self.ship(SERVER, "binlog.000001", log)
        self.recipients = own
        self.ship(SERVER.replace("1", "9"), "binlog.000007", log)
        self.assertEqual(self.fetch().promised, {support.A: [(1, 1)]})
        self.assertIn(f"restore goes on without {foreign}: age: age: error: no identity matched any of the recipients", self.said)

    def test_is_refused_with_the_reason_where_the_key_is_another_one(self):
        other, _ = support.age_pair(self, self.folder, "other")
        with self.assertRaisesRegex(ValueError, f"^the base cannot be unpacked: age: error: no identity matched any of the recipients; it is sealed for {self.recipients[0]}$"):
            self.fetch(key=other)

    def test_is_refused_where_a_part_of_the_base_is_damaged_and_leaves_no_program_behind(self):
        self.objects[self.parts[1]] += b"!"
        started = []
        popen = subprocess.Popen
        with mock.patch.object(restore.subprocess, "Popen", lambda *how, **more: started.append(popen(*how, **more)) or started[-1]), self.assertRaisesRegex(Refused, "is damaged"):
            self.fetch()
        self.assertEqual([process.returncode is not None for process in started], [True] * 3)

    def test_an_archive_that_ends_too_early_is_not_enough(self):
        self.ship(SERVER, "binlog.000001", support.log({}, support.transaction(support.A, 1, 1)))
        with self.assertRaisesRegex(Incomplete, "the archive ends at 1970-01-01T00:00:00.000001Z"):
            self.fetch("2026-11-25T03:00:00Z")


if __name__ == "__main__":
    unittest.main()
