"""Asks a URL."""
import re
import ssl
import time
import urllib.error
import urllib.request

from ..report import CRITICAL, OK
from .options import tags_of

OPTIONS = {
    "name", "url", "timeout", "method", "headers", "http_response_status_code", "content_match", "tls_verify", "tls_ca_cert",
    "collect_response_time", "check_certificate_expiration", "use_cert_from_response", "skip_proxy",
    "allow_redirects", "include_content", "days_warning", "days_critical",
}  # fmt: skip
# Statuses that are fine unless the configuration says otherwise.
FINE = r"(1|2|3)\d\d"


def check(instance, report):
    tags = tags_of(instance) + [f"url:{instance['url']}", f"instance:{instance['name']}"]
    started = time.monotonic()
    problem = ask(instance)
    if problem is None:
        report.gauge("network.http.response_time", time.monotonic() - started, tags)
    report.gauge("network.http.can_connect", int(problem is None), tags)
    report.service_check("http.can_connect", OK if problem is None else CRITICAL, tags, problem or "")


def ask(instance):
    """Returns what is wrong, or None."""
    request = urllib.request.Request(instance["url"], headers=instance.get("headers") or {}, method=instance.get("method", "get").upper())
    context = ssl.create_default_context(cafile=instance.get("tls_ca_cert"))
    try:
        with urllib.request.urlopen(request, timeout=instance.get("timeout", 10), context=context) as answer:
            status, body = answer.status, answer.read().decode("utf-8", "replace")
    except urllib.error.HTTPError as error:
        status, body = error.code, ""
    except OSError as error:
        return str(error)
    if not re.match(str(instance.get("http_response_status_code", FINE)), str(status)):
        return f"status {status}"
    wanted = instance.get("content_match")
    return f"content does not match {wanted}" if wanted and not re.search(wanted, body) else None
