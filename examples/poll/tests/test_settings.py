import tempfile
import unittest

from poll.settings import Address, read_settings

COMPLETE = {
    "SITE_DOMAIN": "www.foobar.com",
    "ENVIRONMENT": "test",
    "DATABASE_WRITE": "127.0.0.1:6446",
    "DATABASE_READ": "127.0.0.1:6447",
    "DATABASE_NAME": "app",
    "DATABASE_USER": "app",
    "DATABASE_CA_FILE": "/etc/app/ca.pem",
    "DATABASE_TLS_NAME": "mysql.internal",
}


class Settings(unittest.TestCase):
    def setUp(self):
        file = tempfile.NamedTemporaryFile("w", suffix="password")
        self.addCleanup(file.close)
        file.write("secret\n")
        file.flush()
        self.complete = {**COMPLETE, "DATABASE_PASSWORD_FILE": file.name}

    def test_the_password_is_what_its_file_holds(self):
        settings = read_settings(self.complete)
        self.assertEqual((settings.write, settings.password), (Address("127.0.0.1", 6446), "secret"))

    def test_a_folder_that_is_worked_in_has_no_version(self):
        self.assertEqual(read_settings(self.complete).version, "development")

    def test_every_problem_is_said_at_once(self):
        wrong = {**self.complete, "DATABASE_WRITE": "localhost", "DATABASE_READ": "a:70000", "DATABASE_USER": ""}
        with self.assertRaises(SystemExit) as ended:
            read_settings(wrong)
        said = str(ended.exception)
        for problem in (
            'DATABASE_WRITE: must be HOST:PORT, got "localhost"',
            'DATABASE_READ: must be HOST:PORT, got "a:70000"',
            "DATABASE_USER: is required",
        ):
            self.assertIn(problem, said)

    def test_a_password_file_that_is_missing_is_named(self):
        with self.assertRaises(SystemExit) as ended:
            read_settings({**self.complete, "DATABASE_PASSWORD_FILE": "/nonexistent"})
        self.assertIn("/nonexistent: must be a readable file", str(ended.exception))
