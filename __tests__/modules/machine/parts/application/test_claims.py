"""Tests the holder and the duration of a claim with the statements that the primary receives. Run by app-runs.programs.test.ts."""

import os
import pathlib
import socket
import ssl
import subprocess
import tempfile
import threading
import unittest
from unittest import mock

from support import DUE, Primary

import claims

EARLIER, LATER = "2026-11-25 02:00:00", "2026-11-25 04:00:00"


class Claims(unittest.TestCase):
    def setUp(self):
        self.primary = Primary()
        self.alpha, self.bravo = self.primary.claim("alpha"), self.primary.claim("bravo")

    def time_passes(self, seconds):
        self.primary.now += seconds

    def test_the_first_process_that_asks_gets_the_lease(self):
        for claim in (self.alpha, self.bravo, self.alpha):
            self.assertEqual(claim.take(), claims.Row(self.alpha.holder, None, False))

    def test_a_lease_belongs_to_a_process_and_not_to_the_server_of_the_process(self):
        self.assertRegex(self.alpha.holder, "^alpha .{36}$")
        self.assertNotEqual(self.primary.claim("alpha").holder, self.alpha.holder)

    def test_leases_with_another_name_or_time_are_independent(self):
        self.alpha.take()
        for other in (self.primary.claim("bravo", due=LATER), self.primary.claim("bravo", "schedule report"), self.primary.claim("bravo", "worker mail", claims.ALWAYS)):
            self.assertEqual(other.take(expired=True).holder, other.holder)
            other.finish("succeeded")
            self.assertTrue(self.alpha.renew())

    def test_a_lease_expires_30_seconds_after_its_start_or_renewal(self):
        for holds in (self.alpha.take, self.alpha.renew):
            holds()
            self.time_passes(claims.LEASE)
            self.assertEqual(self.bravo.take(expired=True), claims.Row(self.alpha.holder, None, False))
        self.time_passes(1)
        self.assertEqual(self.bravo.take(), claims.Row(self.alpha.holder, None, True))
        self.assertEqual(self.bravo.take(expired=True), claims.Row(self.bravo.holder, None, False))
        self.assertFalse(self.alpha.renew())

    def test_an_expired_lease_can_be_renewed_if_no_other_process_has_it(self):
        self.alpha.take()
        self.time_passes(claims.LEASE + 1)
        self.assertTrue(self.alpha.renew())
        self.assertEqual(self.bravo.take(expired=True).holder, self.alpha.holder)

    def test_taking_a_lease_again_after_a_lost_response_renews_the_lease(self):
        self.alpha.take()
        self.time_passes(claims.LEASE + 1)
        self.assertEqual(self.alpha.take(), claims.Row(self.alpha.holder, None, False))
        self.time_passes(claims.LEASE)
        self.assertEqual(self.bravo.take(expired=True).holder, self.alpha.holder)

    def test_only_the_holder_of_a_lease_can_release_it_for_the_next_process(self):
        self.alpha.take()
        self.bravo.release()
        self.assertEqual(self.bravo.take(expired=True).holder, self.alpha.holder)
        self.alpha.release()
        self.assertEqual(self.bravo.take(expired=True).holder, self.bravo.holder)

    def test_a_lease_ends_with_its_first_recorded_outcome(self):
        self.alpha.take()
        self.bravo.finish("failed with 1")
        self.alpha.finish("succeeded")
        self.alpha.finish("failed with 1")
        self.assertFalse(self.alpha.renew())
        self.time_passes(claims.LEASE + 1)
        self.assertFalse(self.bravo.interrupted())
        self.assertEqual(self.bravo.take(expired=True), claims.Row(self.alpha.holder, "succeeded", True))

    def test_exactly_one_process_records_an_expired_lease_as_interrupted(self):
        self.alpha.take()
        self.assertFalse(self.bravo.interrupted())
        self.time_passes(claims.LEASE + 1)
        self.assertTrue(self.bravo.interrupted())
        self.assertFalse(self.primary.claim("charlie").interrupted())
        self.assertEqual(self.primary.outcomes(), {DUE: "interrupted"})

    def test_expired_leases_of_earlier_times_are_recorded_as_interrupted_once(self):
        self.primary.claim("alpha", due=EARLIER).take()
        for other in (self.primary.claim("alpha", due=LATER), self.primary.claim("alpha", "schedule report", EARLIER), self.alpha):
            other.take()
        self.assertEqual(self.alpha.earlier_interrupted(), 0)
        self.time_passes(claims.LEASE + 1)
        self.assertEqual([self.alpha.earlier_interrupted(), self.bravo.earlier_interrupted()], [1, 0])
        self.assertEqual(self.primary.outcomes(), {EARLIER: "interrupted", DUE: None, LATER: None})
        self.assertEqual(self.primary.outcomes("schedule report"), {EARLIER: None})

    def test_outcomes_of_earlier_leases_are_kept_for_five_weeks(self):
        old, recent = "2026-10-21 03:00:00", "2026-10-21 03:00:02"
        for due in (old, recent):
            self.primary.claim("alpha", due=due).take()
            self.primary.claim("alpha", "schedule report", due).take()
            self.primary.claim("bravo", due=due).take()
        self.primary.claim("alpha", due=recent).take()
        self.time_passes(0)
        self.alpha.earlier_interrupted()
        self.assertEqual(list(self.primary.outcomes()), [recent])
        self.assertEqual(list(self.primary.outcomes("schedule report")), [old, recent])

    def test_the_lease_client_closes_its_database_connections(self):
        self.alpha.take()
        self.alpha.renew()
        self.assertEqual((self.primary.asked, self.primary.open), (2, 0))


class Connection(unittest.TestCase):
    """Tests connections to a server whose certificate is for db.example."""

    def setUp(self):
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.key, self.certificate = folder / "key", folder / "certificate"
        command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "10"]
        options = ["-subj", "/CN=db.example", "-addext", "subjectAltName=DNS:db.example", "-keyout", self.key, "-out", self.certificate]
        try:
            subprocess.run([*command, *options], check=True, capture_output=True)
        except FileNotFoundError:
            self.skipTest("no openssl")
        (folder / "password").write_text("secret\n")
        self.environment = {
            "DATABASE_WRITE": "127.0.0.1:3306",
            "DATABASE_USER": "app",
            "DATABASE_PASSWORD_FILE": str(folder / "password"),
            "DATABASE_CA_FILE": str(self.certificate),
        }

    def connected(self, name):
        """Connects and returns the arguments that the driver got."""
        self.enterContext(mock.patch.dict(os.environ, {**self.environment, "DATABASE_TLS_NAME": name}))
        with mock.patch.object(claims.pymysql, "connect", create=True) as driver:
            claims.connect()
        return driver.call_args.kwargs

    def verify(self, context):
        ours, theirs = socket.socketpair()
        server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.load_cert_chain(self.certificate, self.key)

        def answer():
            try:
                server.wrap_socket(theirs, server_side=True).close()
            except OSError:
                theirs.close()

        thread = threading.Thread(target=answer)
        thread.start()
        try:
            with ours:
                # Like the MySQL driver, the test passes the server's address, which is in no certificate.
                context.wrap_socket(ours, server_hostname="127.0.0.1").close()
        finally:
            thread.join()

    def test_the_lease_client_connects_to_the_primary_as_the_application_with_time_limits(self):
        told = self.connected("db.example")
        self.assertIsInstance(told.pop("ssl"), ssl.SSLContext)
        self.assertEqual(
            told,
            {
                **{"host": "127.0.0.1", "port": 3306, "user": "app", "password": "secret", "database": "platform"},
                **{"connect_timeout": 3, "read_timeout": 5, "write_timeout": 5, "autocommit": True},
            },
        )

    def test_the_lease_client_verifies_the_name_in_the_certificate_regardless_of_the_address(self):
        self.verify(self.connected("db.example")["ssl"])
        with self.assertRaises(ssl.SSLCertVerificationError):
            self.verify(self.connected("other.example")["ssl"])


if __name__ == "__main__":
    unittest.main()
