"""Certificates of TLS servers, or in files."""
import socket
import ssl
import subprocess
import time
import urllib.parse

from ..report import CRITICAL, OK, WARNING
from .options import tags_of

OPTIONS = {
    "server", "port", "name", "server_hostname", "send_hostname", "timeout", "tls_verify", "tls_validate_hostname", "tls_ca_cert",
    "days_warning", "days_critical", "transport", "fetch_intermediate_certs", "local_cert_path",
}  # fmt: skip


def check(instance, report):
    (check_file if instance.get("local_cert_path") else check_server)(instance, report)


def check_file(instance, report):
    """As the vendor's check does it: for a file that is no certificate, cert_validation is critical and no days are sent."""
    tags = tags_of(instance) + name_tags(instance)
    if not instance.get("server"):
        raise ValueError("tls: server is required, also beside local_cert_path")
    try:
        with open(instance["local_cert_path"], encoding="utf-8") as file:
            end = end_of(file.read())
    except (OSError, subprocess.CalledProcessError) as error:
        report.service_check("tls.cert_validation", CRITICAL, tags, str(error))
        return
    report.service_check("tls.cert_validation", OK, tags)
    submit(end, instance, report, tags)


def check_server(instance, report):
    address = urllib.parse.urlsplit(instance["server"] if "//" in instance["server"] else f"//{instance['server']}")
    port = int(instance.get("port") or address.port or 443)
    name = instance.get("server_hostname") or address.hostname
    tags = tags_of(instance) + [f"server_hostname:{name}", f"server:{address.hostname}", f"port:{port}"]
    tags += name_tags(instance)
    try:
        end = certificate_end(instance, address.hostname, port, name)
    except ssl.SSLCertVerificationError as error:
        report.service_check("tls.can_connect", OK, tags)
        report.service_check("tls.cert_validation", CRITICAL, tags, str(error))
        raise
    except OSError as error:
        report.service_check("tls.can_connect", CRITICAL, tags, str(error))
        raise
    report.service_check("tls.can_connect", OK, tags)
    if instance.get("tls_verify", True):
        report.service_check("tls.cert_validation", OK, tags)
    submit(end, instance, report, tags)


def name_tags(instance):
    return [f"name:{instance['name']}"] if instance.get("name") else []


def submit(end, instance, report, tags):
    seconds = ssl.cert_time_to_seconds(end) - time.time()
    report.gauge("tls.days_left", seconds / 86400, tags)
    report.gauge("tls.seconds_left", seconds, tags)
    report.service_check("tls.cert_expiration", expiration(seconds / 86400, instance), tags)


def certificate_end(instance, host, port, name):
    """The day on which the server's certificate ends, as OpenSSL writes it."""
    context = ssl.create_default_context(cafile=instance.get("tls_ca_cert"))
    context.check_hostname = instance.get("tls_validate_hostname", True)
    if not instance.get("tls_verify", True):
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection((host, port), instance.get("timeout", 10)) as connection:
        with context.wrap_socket(connection, server_hostname=name) as session:
            return end_of(ssl.DER_cert_to_PEM_cert(session.getpeercert(binary_form=True)))


def end_of(pem):
    # Python tells the fields of verified certificates only
    command = ["openssl", "x509", "-noout", "-enddate"]
    answer = subprocess.run(command, input=pem, capture_output=True, text=True, timeout=10, check=True)
    return answer.stdout.strip().removeprefix("notAfter=")


def expiration(days, instance):
    if days < instance.get("days_critical", 7):
        return CRITICAL
    return WARNING if days < instance.get("days_warning", 14) else OK
