"""Packing and encrypting with the real programs. Run by backup.programs.test.ts."""

import pathlib
import tempfile
import unittest

from support import age_pair

import sealing


class Sealed(unittest.TestCase):
    def setUp(self):
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        (self.first, one), (self.second, two), (self.other, _) = (age_pair(self, folder, name) for name in ("first", "second", "other"))
        self.sealed = sealing.seal(b"content" * 1000, [one, two])

    def test_is_opened_by_each_owner_of_a_key(self):
        for key in (self.first, self.second):
            self.assertEqual(sealing.unseal(self.sealed, key), b"content" * 1000)

    def test_is_packed_before_it_is_encrypted(self):
        self.assertLess(len(self.sealed), 1000)

    def test_is_not_opened_by_another_key_or_once_it_was_changed(self):
        with self.assertRaisesRegex(ValueError, "^age: age: error: no identity matched any of the recipients$"):
            sealing.unseal(self.sealed, self.other)
        with self.assertRaisesRegex(ValueError, "^age: "):
            sealing.unseal(self.sealed[:-1], self.first)
        with self.assertRaisesRegex(ValueError, "^age: "):
            sealing.unseal(b"of nobody", self.first)


class Flow(unittest.TestCase):
    """Programs that hand their output on."""

    def test_ends_in_the_output_of_the_last_one(self):
        with tempfile.TemporaryFile() as file:
            file.write(b"bravo\nalpha\n")
            file.seek(0)
            processes = sealing.flow(["sort"], ["head", "-n1"], stdin=file)
            self.assertEqual(processes[-1].stdout.read(), b"alpha\n")
        sealing.require_ended(processes)

    def test_ends_the_first_one_when_nobody_reads_any_more(self):
        processes = sealing.flow(["yes"], ["head", "-n1"])
        self.assertEqual(processes[-1].stdout.read(), b"y\n")
        self.assertEqual(processes[0].wait(60), -13)

    def test_names_whoever_failed(self):
        processes = sealing.flow(["sh", "-c", "exit 3"], ["cat"], ["false"])
        processes[-1].stdout.read()
        with self.assertRaisesRegex(ValueError, "^sh, false failed$"):
            sealing.require_ended(processes)


class Words(unittest.TestCase):
    def test_are_the_first_line_whatever_bytes_it_has(self):
        self.assertEqual(sealing.first_words(b"\nage: no\xff\nreport it to\n"), "age: no\ufffd")


if __name__ == "__main__":
    unittest.main()
