"""HTTPS to the intake. The certificate is verified with the system's trust store."""
import collections
import gzip
import json
import ssl
import sys
import urllib.error
import urllib.request

from . import VERSION


class Sender:
    """Sends JSON bodies in order; what the intake could not take for lack of a connection is kept, up to a limit, and sent first next time."""

    def __init__(self, api_key, limit=500):
        self._api_key = api_key
        self._waiting = collections.deque(maxlen=limit)
        self._tls = ssl.create_default_context()

    def send(self, url, body):
        self._waiting.append((url, gzip.compress(json.dumps(body).encode())))
        while self._waiting:
            target, data = self._waiting[0]
            if not self._post(target, data):
                return
            self._waiting.popleft()

    def _post(self, url, data):
        """Returns whether the body is done with: taken, or refused for good."""
        headers = {
            "DD-API-KEY": self._api_key,
            "Content-Type": "application/json",
            "Content-Encoding": "gzip",
            "User-Agent": f"lab-stand-in-datadog-agent/{VERSION}",
        }
        try:
            request = urllib.request.Request(url, data, headers)
            with urllib.request.urlopen(request, timeout=10, context=self._tls) as answer:
                answer.read()
            return True
        except urllib.error.HTTPError as error:
            print(f"{url}: refused with {error.code} {error.read(200)!r}", file=sys.stderr)
            return error.code < 500
        except OSError as error:
            print(f"{url}: {error}", file=sys.stderr)
            return False
