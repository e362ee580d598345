"""Provides a client of an S3 bucket. Objects are written once and never changed. Requests are signed with AWS
Signature Version 4."""

import hashlib
import hmac
import http.client
import threading
import time
import urllib.parse
import xml.etree.ElementTree as xml
from base64 import b64encode
from email.utils import parsedate_to_datetime
from typing import NamedTuple

from names import digest

ANSWER_SECONDS = 30
TRIES = 2
XML = "{http://s3.amazonaws.com/doc/2006-03-01/}"


class Refused(Exception):
    """Signals that the bucket is unreachable or rejects a request."""


class Away(Refused):
    """Signals that the bucket is unreachable."""


class Object(NamedTuple):
    key: str
    bytes: int
    # ETag of the object, which is the MD5 of the content because each object is uploaded in one request.
    etag: str
    # Time in ISO 8601 at which the bucket received the object.
    time: str


class Bucket:
    """Client of one S3 bucket. `credentials` has the format "KEY:SECRET"."""

    def __init__(self, endpoint, region, bucket, credentials):
        self._endpoint = urllib.parse.urlsplit(endpoint)
        self._region, self._bucket = region, bucket
        self._key, _, self._secret = credentials.strip().partition(":")
        self._local = threading.local()
        # Seconds by which the bucket's clock is ahead of this server's clock, according to the bucket's last response.
        self._ahead = 0.0

    def now(self):
        """Returns the seconds since 1970 from the bucket's clock. If the bucket has not responded yet, uses this
        server's clock."""
        return time.time() + self._ahead

    def put(self, key, content):
        """Writes a new object. If the object already exists with the same content, put() succeeds, because an
        earlier response may have been lost.
        @raises Refused if the object was not written
        """
        md5 = hashlib.md5(content)
        status, _ = self.ask("PUT", key, content=content, headers={"If-None-Match": "*", "Content-MD5": b64encode(md5.digest()).decode()})
        if status == 412 and any(found.key == key and found.etag == md5.hexdigest() for found in self.list(key)):
            return
        if status != 200:
            raise Refused(f"{key} was not written: the bucket answers {status}")

    def list(self, prefix, after=""):
        """Yields the objects whose names begin with `prefix`, in the order of their names."""
        for page in self._pages({"prefix": prefix, "start-after": after}):
            for item in page.iter(f"{XML}Contents"):
                key, size, etag, changed = (item.findtext(XML + name, "") for name in ("Key", "Size", "ETag", "LastModified"))
                yield Object(key, int(size), etag.strip('"'), changed)

    def folders(self, prefix):
        """Yields the folders directly below a prefix that ends in "/", without their contents."""
        for page in self._pages({"prefix": prefix, "delimiter": "/"}):
            yield from (item.findtext(f"{XML}Prefix", "") for item in page.iter(f"{XML}CommonPrefixes"))

    def _pages(self, query):
        query = {"list-type": "2", **query}
        while True:
            status, body = self.ask("GET", query=query)
            if status != 200:
                raise Refused(f"the bucket cannot be listed: it answers {status}")
            page = xml.fromstring(body)
            yield page
            token = page.findtext(f"{XML}NextContinuationToken")
            if not token:
                return
            query = {**query, "continuation-token": token}

    def get(self, key):
        """Returns the original content of an object. A writer can add newer versions of an object but cannot
        change older versions. Therefore get() returns the version whose hash matches the object's name.
        @raises Refused if there is no such version
        """
        status, content = self.ask("GET", key)
        if status == 200 and _holds(key, content):
            return content
        for version in self._versions(key):
            older, content = self.ask("GET", key, {"versionId": version})
            if older == 200 and _holds(key, content):
                print(f"{key} was overwritten; the original version is used")
                return content
        damaged = "is damaged: no version matches the hash in its name"
        raise Refused(f"{key} {damaged if status == 200 else f'cannot be read: the bucket answers {status}'}")

    def _versions(self, key):
        status, body = self.ask("GET", query={"prefix": key, "versions": ""})
        for item in xml.fromstring(body).iter(f"{XML}Version") if status == 200 else ():
            if item.findtext(f"{XML}Key") == key:
                yield item.findtext(f"{XML}VersionId", "")

    def ask(self, method, key="", query=None, content=b"", headers=None):
        """Sends a request and returns (status, body). Reconnects if the connection was closed. @raises Away if
        the bucket does not respond"""
        path = f"/{self._bucket}" + (f"/{urllib.parse.quote(key)}" if key else "")
        text = "&".join(f"{name}={urllib.parse.quote(value, safe='')}" for name, value in sorted((query or {}).items()))
        for left in reversed(range(TRIES)):
            try:
                connection = self._connection()
                connection.request(method, f"{path}?{text}" if text else path, content or None, self._signed(method, path, text, content, headers or {}))
                answer = connection.getresponse()
                if date := answer.headers.get("Date"):
                    self._ahead = parsedate_to_datetime(date).timestamp() - time.time()
                return answer.status, answer.read()
            except (OSError, http.client.HTTPException) as problem:
                self._local.connection = None
                if not left:
                    raise Away(f"no answer from the bucket: {str(problem) or type(problem).__name__}") from None

    def _connection(self):
        if getattr(self._local, "connection", None) is None:
            secure = self._endpoint.scheme == "https"
            kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
            self._local.connection = kind(self._endpoint.netloc, timeout=ANSWER_SECONDS)
        return self._local.connection

    def _signed(self, method, path, query, content, headers):
        """Returns the headers with the signature (docs.aws.amazon.com, "Signature Version 4 signing process")."""
        now = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        body = hashlib.sha256(content).hexdigest()
        signed = {"host": self._endpoint.netloc, "x-amz-content-sha256": body, "x-amz-date": now}
        names = ";".join(sorted(signed))
        lines = "".join(f"{name}:{signed[name]}\n" for name in sorted(signed))
        request = "\n".join([method, path, query, lines, names, body])
        scope = f"{now[:8]}/{self._region}/s3/aws4_request"
        text = "\n".join(["AWS4-HMAC-SHA256", now, scope, hashlib.sha256(request.encode()).hexdigest()])
        key = f"AWS4{self._secret}".encode()
        for word in scope.split("/"):
            key = hmac.digest(key, word.encode(), "sha256")
        signature = hmac.digest(key, text.encode(), "sha256").hex()
        authorization = f"AWS4-HMAC-SHA256 Credential={self._key}/{scope}, SignedHeaders={names}, Signature={signature}"
        return {**headers, **{name: value for name, value in signed.items() if name != "host"}, "Authorization": authorization}


def _holds(key, content):
    return digest(content) == key.rpartition(".")[2]
