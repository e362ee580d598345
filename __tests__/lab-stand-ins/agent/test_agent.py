"""Unit tests of the lab's agent. Run by agent.programs.test.ts."""
import os
import subprocess
import tempfile
import unittest
from unittest import mock

from lab_agent import checks, integrations, logs, settings
from lab_agent.checks import directory, disk, host, mysql, mysql_client, nginx, tls
from lab_agent.lines import Rules
from lab_agent.report import COUNT, CRITICAL, GAUGE, OK, WARNING, Report
from lab_agent.sources import FileSource


class Clock:
    def __init__(self):
        self.time = 100.0

    def __call__(self):
        return self.time


def values(report):
    """Metrics by name and tags."""
    return {(entry["metric"], *entry["tags"]): entry["points"][0]["value"] for entry in report.drain()[0]["series"]}


def folder(case):
    made = tempfile.TemporaryDirectory()
    case.addCleanup(made.cleanup)
    return made.name


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "a", encoding="utf-8") as file:
        file.write(text)


class TheReport(unittest.TestCase):
    def setUp(self):
        self.clock = Clock()
        self.report = Report("alpha", self.clock)

    def test_a_gauge_contains_host_time_and_tags(self):
        self.report.gauge("system.load.1", "0.5", ["a:1"])
        (entry,) = self.report.drain()[0]["series"]
        point = {"timestamp": 100.0, "value": 0.5}
        resources = [{"name": "alpha", "type": "host"}]
        self.assertEqual(entry, {"metric": "system.load.1", "type": GAUGE, "points": [point], "resources": resources, "tags": ["a:1"]})

    def test_a_rate_is_the_change_per_second_since_the_previous_report(self):
        self.report.rate("requests", 100, ["a:1"])
        self.report.rate("requests", 7, ["a:2"])
        self.assertEqual(values(self.report), {})
        self.clock.time += 15
        self.report.rate("requests", 250, ["a:1"])
        self.assertEqual(values(self.report), {("requests", "a:1"): 10.0})

    def test_a_reset_counter_produces_no_rate(self):
        self.report.rate("requests", 100)
        self.clock.time += 15
        self.report.rate("requests", 5)
        self.assertEqual(values(self.report), {})

    def test_a_count_is_the_change_since_the_previous_report(self):
        self.report.monotonic_count("files", 3)
        self.report.monotonic_count("files", 5)
        (entry,) = self.report.drain()[0]["series"]
        self.assertEqual((entry["type"], entry["points"][0]["value"]), (COUNT, 2))

    def test_no_entry_is_sent_twice(self):
        self.report.gauge("x", 1)
        self.report.service_check("y", OK)
        self.report.drain()
        self.assertEqual(self.report.drain(), ({"series": []}, []))


class TheSettings(unittest.TestCase):
    def test_defaults(self):
        found = settings.Settings({"hostname": "alpha"}, {})
        self.assertEqual(found.metrics_url, "https://7-0-0-app.agent.datadoghq.com")
        self.assertEqual((found.api_key, found.tags, found.logs_enabled, found.collect_processes), ("", [], False, False))

    def test_everything_set(self):
        values_ = {
            "site": "datadoghq.eu",
            "tags": ["role:web"],
            "env": "lab",
            "logs_enabled": True,
            "process_config": {"process_collection": {"enabled": True}},
        }
        found = settings.Settings(values_, {"DD_API_KEY": "key", "DD_HOSTNAME": "bravo"})
        self.assertEqual(found.logs_url, "https://agent-http-intake.logs.datadoghq.eu")
        self.assertEqual(found.process_url, "https://process.datadoghq.eu")
        self.assertEqual((found.api_key, found.hostname, found.tags), ("key", "bravo", ["role:web", "env:lab"]))
        self.assertEqual((found.logs_enabled, found.collect_processes, found.problems), (True, True, []))

    def test_unknown_settings_are_reported(self):
        found = settings.Settings({"sites": "x", "logs_config": {"use_htp": True}}, {})
        problems = [f"datadog.yaml: {name} is not known to the lab's agent" for name in ("sites", "logs_config.use_htp")]
        self.assertEqual(found.problems, problems)


class TheIntegrations(unittest.TestCase):
    def test_each_folder_is_one_integration_and_invalid_files_are_reported(self):
        root = folder(self)
        write(f"{root}/conf.d/nginx.d/conf.yaml", "instances: [{nginx_status_url: http://x}]\nlogs: [{type: file, path: /x}]\n")
        write(f"{root}/conf.d/nginx.d/conf.yaml.example", "instances: [{}, {}]")
        write(f"{root}/conf.d/broken.d/conf.yaml", "a: [")
        found, problems = integrations.load(root)
        self.assertEqual([(one.name, one.instances) for one in found], [("nginx", [{"nginx_status_url": "http://x"}])])
        self.assertEqual(found[0].logs, [{"type": "file", "path": "/x"}])
        self.assertEqual(len(problems), 1)
        self.assertIn("broken.d", problems[0])


class TheChecks(unittest.TestCase):
    def statuses(self, found):
        report = Report("alpha")
        with mock.patch.dict(checks.DEFAULTS, clear=True):
            checks.Schedule(found).run(report)
        return {check["tags"][0]: (check["status"], check["message"]) for check in report.drain()[1] if "check_status" in check["check"]}

    def test_a_failing_check_does_not_stop_other_checks(self):
        broken = integrations.Integration("directory", {"instances": [{"directory": "/nowhere"}]})
        good = integrations.Integration("disk", {"instances": [{}]})
        with mock.patch("traceback.print_exc"):
            found = self.statuses([broken, good])
        self.assertEqual(found["check:directory"], (CRITICAL, "ValueError: /nowhere is no directory"))
        self.assertEqual((found["check:disk"][0], found["check:host"][0]), (OK, OK))

    def test_an_instance_runs_at_its_configured_interval(self):
        often = integrations.Integration("directory", {"instances": [{"name": "often", "directory": "/run"}]})
        seldom = integrations.Integration("directory", {"instances": [{"name": "seldom", "directory": "/run", "min_collection_interval": 60}]})
        report, clock = Report("alpha"), Clock()
        with mock.patch.dict(checks.DEFAULTS, clear=True):
            schedule = checks.Schedule([often, seldom], clock)
            for _ in range(8):
                schedule.run(report)
                clock.time += 15.01
        names = [entry["tags"][0] for entry in report.drain()[0]["series"] if entry["metric"] == "system.disk.directory.files"]
        self.assertEqual((names.count("name:often"), names.count("name:seldom")), (8, 2))

    def test_unsupported_options_are_reported(self):
        found = [
            integrations.Integration("redisdb", {"instances": [{}]}),
            integrations.Integration("nginx", {"instances": [{"nginx_staus_url": "x", "tags": []}]}),
        ]
        known = "is not known to the lab's agent"
        expected = ["redisdb: the lab's agent has no such check", f"nginx: nginx_staus_url {known}"]
        self.assertEqual(list(checks.problems(found)), expected)


class Nginx(unittest.TestCase):
    PAGE = "Active connections: 291 \nserver accepts handled requests\n 16630948 16630946 31070465 \nReading: 6 Writing: 179 Waiting: 106 \n"

    def test_the_stub_status_page_is_parsed(self):
        self.assertEqual(nginx.parse(self.PAGE), [291, 16630948, 16630946, 31070465, 6, 179, 106])

    def test_another_page_is_rejected(self):
        with self.assertRaisesRegex(ValueError, "not a stub_status page"):
            nginx.parse("<html>")

    def test_a_refused_connection_is_critical(self):
        report = Report("alpha")
        with self.assertRaises(OSError):
            nginx.check({"nginx_status_url": "http://127.0.0.1:1/"}, report)
        self.assertEqual([(check["check"], check["status"]) for check in report.drain()[1]], [("nginx.can_connect", CRITICAL)])

    def test_the_checked_host_is_added_as_a_tag_unless_generic_tags_are_disabled(self):
        for option, tags in (({}, ["host:127.0.0.1"]), ({"disable_generic_tags": True}, [])):
            report = Report("alpha")
            with self.assertRaises(OSError):
                nginx.check({"nginx_status_url": "http://127.0.0.1:1/", **option}, report)
            self.assertEqual(report.drain()[1][0]["tags"], [*tags, "nginx_host:127.0.0.1", "port:1"])


class Host(unittest.TestCase):
    def test_processor_time_is_reported_in_percent(self):
        report, previous = Report("alpha"), {}
        host.cpu(report, "cpu 10 0 10 80 0 0 0 0\n", previous)
        report.drain()
        host.cpu(report, "cpu 20 0 15 160 4 0 1 0\n", previous)
        found = values(report)
        self.assertEqual((found[("system.cpu.user",)], found[("system.cpu.system",)], found[("system.cpu.idle",)]), (10, 6, 80))

    def test_memory_is_reported_in_mebibytes(self):
        report = Report("alpha")
        host.memory(report, "MemTotal: 2048 kB\nMemFree: 512 kB\nMemAvailable: 1024 kB\nCached: 1 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n")
        found = values(report)
        self.assertEqual((found[("system.mem.total",)], found[("system.mem.used",)], found[("system.mem.pct_usable",)]), (2, 1.5, 0.5))

    def test_load_is_also_reported_per_processor(self):
        report = Report("alpha")
        host.load(report, "4.00 2.00 1.00 1/1 1", 2)
        self.assertEqual(values(report)[("system.load.norm.5",)], 1)


class DiskAndDirectory(unittest.TestCase):
    def test_excluded_file_systems_are_not_reported(self):
        instance = {"file_system_exclude": ["^overlay$"], "mount_point_include": ["^/data"]}
        self.assertTrue(disk.wanted(instance, "/dev/sda1", "/data", "ext4"))
        self.assertFalse(disk.wanted(instance, "overlay", "/data", "overlay"))
        self.assertFalse(disk.wanted(instance, "/dev/sda1", "/", "ext4"))

    def test_files_that_match_the_pattern_are_counted(self):
        root = folder(self)
        for name in ("reboot-required", "reboot-required.pkgs", "below/reboot-required"):
            write(os.path.join(root, name), "")
        report = Report("alpha")
        directory.check({"directory": root, "pattern": "reboot-required", "name": "reboot"}, report)
        self.assertEqual(values(report), {("system.disk.directory.files", "name:reboot"): 1})


class CertificateFiles(unittest.TestCase):
    def look(self, path):
        report = Report("alpha")
        tls.check({"name": "internal", "server": "localhost", "local_cert_path": path, "tags": ["file:x"]}, report)
        series, found = report.drain()
        return {entry["metric"]: entry for entry in series["series"]}, {check["check"]: check["status"] for check in found}

    def test_the_remaining_days_are_reported_with_the_tags_of_the_instance(self):
        path = os.path.join(folder(self), "ca.pem")
        command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "10", "-subj", "/CN=ca"]
        subprocess.run([*command, "-keyout", os.devnull, "-out", path], check=True, capture_output=True)
        series, found = self.look(path)
        self.assertAlmostEqual(series["tls.days_left"]["points"][0]["value"], 10, delta=0.01)
        self.assertEqual(series["tls.days_left"]["tags"], ["file:x", "name:internal"])
        self.assertEqual(found, {"tls.cert_validation": OK, "tls.cert_expiration": WARNING})

    def test_a_file_that_is_not_a_certificate_has_no_days(self):
        path = os.path.join(folder(self), "ca.pem")
        self.assertEqual(self.look(path), ({}, {"tls.cert_validation": CRITICAL}))
        write(path, "junk")
        self.assertEqual(self.look(path), ({}, {"tls.cert_validation": CRITICAL}))


class MySql(unittest.TestCase):
    def test_a_defaults_file_without_socket_means_tcp_to_localhost_as_in_the_vendors_library(self):
        path = os.path.join(folder(self), "mysql.cnf")
        write(path, "[client]\nuser=datadog\npassword=x\n")
        start = mysql_client.Connection({"defaults_file": path, "sock": "/run/mysqld/mysqld.sock"})._start
        self.assertEqual(start[1:], ["--protocol=tcp", "--host=localhost", "--port=3306", "--ssl-mode=DISABLED"])

    def test_a_defaults_file_with_a_socket_means_the_socket(self):
        path = os.path.join(folder(self), "mysql.cnf")
        write(path, "[client]\nsocket=/run/mysqld/mysqld.sock\n")
        start = mysql_client.Connection({"defaults_file": path})._start
        self.assertEqual(start, [f"--defaults-file={path}", "--protocol=socket", "--socket=/run/mysqld/mysqld.sock"])

    def test_the_server_tag_contains_the_socket_unless_generic_tags_are_disabled(self):
        connection = mock.Mock(socket="/run/mysqld/mysqld.sock", port=None)
        self.assertEqual(mysql.place({}, connection), ["server:/run/mysqld/mysqld.sock", "port:unix_socket"])
        self.assertEqual(mysql.place({"disable_generic_tags": True}, connection), ["port:unix_socket"])

    def test_a_password_is_never_an_argument(self):
        connection = mysql_client.Connection({"host": "10.0.1.11", "username": "datadog", "password": "secret"})
        self.assertNotIn("secret", " ".join(connection._start))

    def test_a_missing_defaults_file_is_an_error(self):
        with self.assertRaises(FileNotFoundError):
            mysql_client.Connection({"defaults_file": "/nowhere/mysql.cnf"})

    def test_each_line_is_a_row_and_values_can_be_empty_or_null(self):
        rows = mysql_client.rows("Questions\t7\nKey\t-----BEGIN\\nx\x0b\nNone\t\nNull\tNULL\n")
        self.assertEqual(rows, [["Questions", "7"], ["Key", "-----BEGIN\\nx\x0b"], ["None", ""], ["Null", None]])

    def group(self, members):
        report, answers = Report("alpha"), [[["ACTIVE"]], members, [["group_replication_applier", *"01234567"]]]
        connection = mock.Mock(query=mock.Mock(side_effect=answers))
        mysql.group(connection, report, ["a:1"], ["port:3306"])
        series, found = report.drain()
        return {entry["metric"]: entry for entry in series["series"]}, found[0]

    def test_an_online_member_is_ok_with_its_role(self):
        series, found = self.group([["group_replication_applier", "ONLINE", "PRIMARY"]])
        labels = ["channel_name:group_replication_applier", "member_state:ONLINE", "member_role:PRIMARY"]
        self.assertEqual((found["status"], found["tags"]), (OK, ["port:3306", *labels]))
        self.assertEqual(series["mysql.replication.group.member_status"]["tags"], ["a:1", *labels])
        applier_queue = series["mysql.replication.group.transactions_in_applier_queue"]
        self.assertEqual(applier_queue["points"][0]["value"], 4)

    def test_any_other_state_is_critical(self):
        self.assertEqual(self.group([["", "OFFLINE", ""]])[1]["status"], CRITICAL)
        self.assertEqual(self.group([])[1]["status"], CRITICAL)


class LogRules(unittest.TestCase):
    def apply(self, rules, *lines):
        return [text for text, _ in Rules(rules).apply((line, "") for line in lines)]

    def test_lines_can_be_excluded_and_masked(self):
        rules = [
            {"type": "exclude_at_match", "name": "health", "pattern": "healthz"},
            {"type": "mask_sequences", "name": "mail", "pattern": r"\w+@\w+", "replace_placeholder": "[mail]"},
        ]
        self.assertEqual(self.apply(rules, "GET /healthz", "GET /?mail=a@b"), ["GET /?mail=[mail]"])

    def test_only_included_lines_are_kept(self):
        self.assertEqual(self.apply([{"type": "include_at_match", "name": "e", "pattern": "^E"}], "E1", "I1"), ["E1"])

    def test_lines_of_one_message_are_joined(self):
        rules = Rules([{"type": "multi_line", "name": "date", "pattern": r"^\d{4}"}])
        first = list(rules.apply([("2026 a", ""), ("  b", ""), ("2026 c", "")]))
        self.assertEqual(first, [("2026 a\n  b", "")])
        self.assertEqual(list(rules.apply([])), [("2026 c", "")])

    def test_unknown_rules_are_reported(self):
        self.assertEqual(Rules([{"type": "mask", "pattern": "x"}]).problems, ["log rule of type mask is not known"])


class Logs(unittest.TestCase):
    def test_unsupported_options_are_reported(self):
        configured = [integrations.Integration("x", {"logs": [{"type": "tcp", "log_processing_rules": [{"type": "mask"}]}]})]
        expected = ["logs: the lab's agent has no type tcp", "log rule of type mask is not known"]
        self.assertEqual(list(logs.problems(settings.Settings({"logs_enabled": True}, {}), configured)), expected)
        self.assertIn("logs are configured, but logs_enabled is false", logs.problems(settings.Settings({}, {}), configured))


class LogFiles(unittest.TestCase):
    def setUp(self):
        self.path = os.path.join(folder(self), "access.log")
        write(self.path, "old\n")

    def lines(self, source):
        return [text for text, _ in source.read()]

    def test_only_new_complete_lines_are_read(self):
        source = FileSource({"path": self.path}, {})
        self.assertEqual(self.lines(source), [])
        write(self.path, "one\ntw")
        self.assertEqual(self.lines(source), ["one"])
        write(self.path, "o\n")
        self.assertEqual(self.lines(source), ["two"])
        source.stop()

    def test_rotation_loses_no_line(self):
        source = FileSource({"path": self.path}, {})
        self.lines(source)
        write(self.path, "before\n")
        os.rename(self.path, self.path + ".1")
        write(self.path, "after\n")
        self.assertEqual(self.lines(source), ["before", "after"])
        source.stop()

    def test_a_truncated_file_is_read_from_its_start(self):
        source = FileSource({"path": self.path}, {})
        self.lines(source)
        os.truncate(self.path, 0)
        write(self.path, "x\n")
        self.assertEqual(self.lines(source), ["x"])
        source.stop()

    def test_a_restart_continues_at_the_last_position(self):
        source = FileSource({"path": self.path}, {})
        self.lines(source)
        positions = source.positions()
        source.stop()
        write(self.path, "meanwhile\n")
        again = FileSource({"path": self.path}, positions)
        self.assertEqual(self.lines(again), ["meanwhile"])
        again.stop()

    def test_a_missing_file_is_reported_and_read_completely_once_it_appears(self):
        later = self.path + ".later"
        source = FileSource({"path": later}, {})
        self.assertEqual(self.lines(source), [])
        self.assertEqual(source.states(), [(later, WARNING, "no such file")])
        write(later, "first\n")
        self.assertEqual(self.lines(source), ["first"])
        self.assertEqual(source.states(), [(later, OK, "")])
        source.stop()

    def test_an_unreadable_file_is_critical(self):
        source = FileSource({"path": self.path}, {})
        with mock.patch("builtins.open", side_effect=PermissionError(13, "Permission denied")):
            self.assertEqual(self.lines(source), [])
        self.assertEqual(source.states(), [(self.path, CRITICAL, "[Errno 13] Permission denied")])


if __name__ == "__main__":
    unittest.main()
