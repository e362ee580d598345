"""
Emulates the S3 features that the archive uses: versions, object lock, and keys that may write only below one prefix. The simulation sets
the clock of the storage. Signatures are not checked.
"""

import base64
import hashlib
import http.server
import re
import threading
import time
import urllib.parse
from typing import NamedTuple
from xml.sax.saxutils import escape

PAGE = 1000


class Version(NamedTuple):
    id: str
    content: bytes
    # Upload time in seconds since 1970, by the clock of the storage.
    time: float


class Store:
    """
    Object storage in memory. `writers` maps an access key to the only prefix below which this key may write. A key in `writers` cannot read
    objects. All other keys may read and write all objects. No key may delete objects.
    """

    def __init__(self, bucket="archive"):
        self.bucket = bucket
        self.writers = {}
        self.ahead_seconds = 0.0
        # Number of next requests that fail (`refuse_next`) or whose response is lost after execution (`lose_next`).
        self.refuse_next = self.lose_next = 0
        self.refusal = 503
        # Query strings of all GET requests.
        self.asked = []
        self._objects = {}
        self._lock = threading.Lock()
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), type("OfStore", (Handler,), {"store": self}))
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=[0.05], daemon=True).start()
        self.endpoint = f"http://127.0.0.1:{self._server.server_address[1]}"

    def now(self):
        return time.time() + self.ahead_seconds

    def expire(self, before):
        """Deletes all objects whose last version is older than the time `before`, like a lifecycle rule."""
        with self._lock:
            gone = [key for key, versions in self._objects.items() if versions[-1].time < before]
            for key in gone:
                del self._objects[key]
        return gone

    def keys(self, prefix=""):
        with self._lock:
            return sorted(key for key in self._objects if key.startswith(prefix))

    def damage(self, key, kind):
        """Damages every version of an object, like a fault of the storage. `kind` is "emptied", "shortened" or "lost"."""
        with self._lock:
            if kind == "lost":
                del self._objects[key]
                return
            self._objects[key] = [
                one._replace(content=bytes(len(one.content)) if kind == "emptied" else one.content[: len(one.content) // 2]) for one in self._objects[key]
            ]

    def content(self, key):
        with self._lock:
            return self._objects[key][-1].content

    def put(self, access_key, key, content, only_new):
        """Stores a version of an object. @returns the HTTP status"""
        with self._lock:
            prefix = self.writers.get(access_key)
            if prefix is not None and not key.startswith(prefix):
                return 403
            if only_new and key in self._objects:
                return 412
            versions = self._objects.setdefault(key, [])
            versions.append(Version(f"v{len(versions)}-{hashlib.md5(key.encode()).hexdigest()[:6]}", content, self.now()))
            return 200

    def get(self, access_key, key, version=None):
        with self._lock:
            if access_key in self.writers:
                return 403, b""
            versions = self._objects.get(key, [])
            found = versions[-1:] if version is None else [one for one in versions if one.id == version]
            return (200, found[0].content) if found else (404, b"")

    def listed(self, prefix, after, delimiter):
        """Returns one page in the order of names: (entries, folders, True if there are more entries)."""
        with self._lock:
            entries, folders = [], []
            for key in sorted(key for key in self._objects if key.startswith(prefix) and key > after):
                head, found, _ = key[len(prefix) :].partition(delimiter) if delimiter else (key, "", "")
                folder = f"{prefix}{head}{found}" if found else None
                # After a page that ended with a folder, the next page starts behind that folder.
                if folder and after.startswith(folder):
                    continue
                if folder and folders[-1:] == [folder]:
                    continue
                if len(entries) + len(folders) == PAGE:
                    return entries, folders, True
                if folder:
                    folders.append(folder)
                else:
                    entries.append((key, self._objects[key][-1]))
            return entries, folders, False

    def versions(self, prefix):
        with self._lock:
            return [(key, one) for key in sorted(self._objects) if key.startswith(prefix) for one in reversed(self._objects[key])]

    def close(self):
        self._server.shutdown()
        self._server.server_close()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    store = None

    def log_message(self, *_):
        pass

    def do_PUT(self):
        key, _ = self._target()
        content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self._fails():
            return
        if self.headers["Content-MD5"] != base64.b64encode(hashlib.md5(content).digest()).decode():
            return self._answer(400)
        self._answer(self.store.put(self._access_key(), key, content, self.headers.get("If-None-Match") == "*"))

    def do_GET(self):
        key, query = self._target()
        self.store.asked.append(self.path.partition("?")[2])
        if self._fails():
            return
        if key:
            self._answer(*self.store.get(self._access_key(), key, query.get("versionId")))
        elif "versions" in query:
            self._answer(200, _versions_page(self.store.versions(query.get("prefix", ""))))
        else:
            prefix, delimiter = query.get("prefix", ""), query.get("delimiter", "")
            after = query.get("continuation-token") or query.get("start-after", "")
            self._answer(200, _page(prefix, delimiter, *self.store.listed(prefix, after, delimiter)))

    def do_DELETE(self):
        self._answer(403)

    def _fails(self):
        if self.store.refuse_next > 0:
            self.store.refuse_next -= 1
            self._answer(self.store.refusal)
            return True
        return False

    def _target(self):
        parts = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(parts.query, keep_blank_values=True))
        return urllib.parse.unquote(parts.path).removeprefix(f"/{self.store.bucket}").lstrip("/"), query

    def _access_key(self):
        found = re.search(r"Credential=([^/]+)/", self.headers.get("Authorization", ""))
        return found and found[1]

    def _answer(self, status, body=b""):
        if self.store.lose_next > 0:
            self.store.lose_next -= 1
            self.close_connection = True
            self.connection.close()
            return
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _time(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + f".{int(seconds % 1 * 1000):03}Z"


def _entry(name, key, version, more=""):
    return (
        f"<{name}><Key>{escape(key)}</Key><LastModified>{_time(version.time)}</LastModified>"
        f"<ETag>&quot;{hashlib.md5(version.content).hexdigest()}&quot;</ETag><Size>{len(version.content)}</Size>{more}</{name}>"
    )


def _page(prefix, delimiter, entries, folders, more):
    last = max([key for key, _ in entries[-1:]] + folders[-1:], default="")
    body = "".join(_entry("Contents", key, version) for key, version in entries)
    body += "".join(f"<CommonPrefixes><Prefix>{escape(folder)}</Prefix></CommonPrefixes>" for folder in folders)
    token = f"<NextContinuationToken>{escape(last)}</NextContinuationToken>" if more else ""
    xml = f'<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><IsTruncated>{str(more).lower()}</IsTruncated>{body}{token}</ListBucketResult>'
    return xml.encode()


def _versions_page(versions):
    body = "".join(_entry("Version", key, version, f"<VersionId>{version.id}</VersionId>") for key, version in versions)
    return f'<ListVersionsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">{body}</ListVersionsResult>'.encode()
