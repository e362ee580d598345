"""Tests compression and encryption with the real programs. Run by backup.programs.test.ts."""

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

    def test_each_recipient_of_encrypted_content_can_decrypt_it(self):
        for key in (self.first, self.second):
            self.assertEqual(sealing.unseal(self.sealed, key), b"content" * 1000)

    def test_content_is_compressed_before_its_encryption(self):
        self.assertLess(len(self.sealed), 1000)

    def test_decryption_with_another_key_or_of_changed_content_is_rejected(self):
        with self.assertRaisesRegex(ValueError, "^age: age: error: no identity matched any of the recipients$"):
            sealing.unseal(self.sealed, self.other)
        with self.assertRaisesRegex(ValueError, "^age: "):
            sealing.unseal(self.sealed[:-1], self.first)
        with self.assertRaisesRegex(ValueError, "^age: "):
            sealing.unseal(b"of nobody", self.first)


class Flow(unittest.TestCase):
    """Tests a pipeline of programs."""

    def test_a_pipeline_of_programs_returns_the_output_of_the_last_program(self):
        with tempfile.TemporaryFile() as file:
            file.write(b"bravo\nalpha\n")
            file.seek(0)
            processes = sealing.flow(["sort"], ["head", "-n1"], stdin=file)
            self.assertEqual(processes[-1].stdout.read(), b"alpha\n")
        sealing.require_ended(processes)

    def test_the_first_program_of_a_pipeline_ends_after_its_reader_has_ended(self):
        processes = sealing.flow(["yes"], ["head", "-n1"])
        self.assertEqual(processes[-1].stdout.read(), b"y\n")
        self.assertEqual(processes[0].wait(60), -13)

    def test_the_error_of_a_pipeline_lists_the_failed_programs(self):
        processes = sealing.flow(["sh", "-c", "exit 3"], ["cat"], ["false"])
        processes[-1].stdout.read()
        with self.assertRaisesRegex(ValueError, "^sh, false failed$"):
            sealing.require_ended(processes)


class Words(unittest.TestCase):
    def test_the_first_line_of_an_error_output_is_returned_even_with_invalid_bytes(self):
        self.assertEqual(sealing.first_words(b"\nage: no\xff\nreport it to\n"), "age: no\ufffd")
