"""
Creates the bucket of the archive, and checks that the bucket meets the requirements of the archive.

At Hetzner a key may do everything with all buckets of its project, so the bucket's policy denies actions for each key. The policy lists every
action, because Hetzner's object storage was seen to ignore `NotAction`.
"""

import calendar
import hashlib
import json
import os
import time
import xml.etree.ElementTree as xml
from base64 import b64encode

from bucket import XML, Refused
from names import digest, stamp

OWNERS = [
    "DeleteBucket", "DeleteBucketPolicy", "DeleteObject", "DeleteObjectVersion", "PutBucketAcl", "PutBucketObjectLockConfiguration",
    "PutBucketPolicy", "PutBucketVersioning", "PutLifecycleConfiguration", "PutObjectAcl", "PutObjectVersionAcl", "PutObjectLegalHold",
    "PutObjectRetention", "BypassGovernanceRetention",
]
READERS = ["GetObject", "GetObjectVersion"]
CLOCK_SECONDS = 60


def create(owner, settings, project, keys):
    """Creates the bucket, or updates the settings of an existing bucket. @raises Refused"""
    name = settings["bucket"]
    place = _element("CreateBucketConfiguration", _element("LocationConstraint", settings["region"]))
    status = _put(owner, place, headers={"x-amz-bucket-object-lock-enabled": "true"})
    made = status == 200
    if not made and status != 409:
        raise Refused(f"{name} is not made: the object storage answers {status}")
    for what, body in _configuration(settings, project, keys).items():
        status = _put(owner, body, {what: ""})
        if status not in (200, 204):
            raise Refused(f"{name}: its {what} is not set, the object storage answers {status}; object lock can be chosen only when a bucket is made")
    return {"made": made}


def _configuration(settings, project, keys):
    days, mode = str(settings["days"]), settings["lock"].upper()
    retention = _element("Rule", _element("DefaultRetention", _element("Mode", mode), _element("Days", days)))
    # An expired object gets a delete marker. A day later, when the lock ends, its older version is deleted.
    expiry = [("objects", _element("Expiration", _element("Days", days))), ("markers", _element("Expiration", _element("ExpiredObjectDeleteMarker", "true")))]
    older = _element("NoncurrentVersionExpiration", _element("NoncurrentDays", "1"))
    rules = [
        _element("Rule", _element("ID", name), _element("Filter", _element("Prefix", "")), _element("Status", "Enabled"), rule, *([older] if name == "objects" else []))
        for name, rule in expiry
    ]
    return {
        "object-lock": _element("ObjectLockConfiguration", _element("ObjectLockEnabled", "Enabled"), retention),
        "lifecycle": _element("LifecycleConfiguration", *rules),
        "policy": json.dumps(policy(settings["bucket"], project, keys), indent=2),
    }


def policy(bucket, project, keys):
    """Returns the policy, which denies actions to the servers' keys and to the restore key. A server may write only below TIMELINE/SERVER, in any timeline."""
    def user(key):
        return f"arn:aws:iam:::user/p{project}:{key.partition(':')[0]}"

    reader, writers = user(keys["reader"]), {name: user(key) for name, key in keys["writers"].items()}
    bucket = f"arn:aws:s3:::{bucket}"

    def deny(who, actions, **where):
        where = where or {"Resource": [bucket, f"{bucket}/*"]}
        return {"Effect": "Deny", "Principal": {"AWS": who}, "Action": [f"s3:{action}" for action in actions], **where}

    return {
        "Version": "2012-10-17",
        "Statement": [
            deny([*writers.values(), reader], OWNERS),
            deny([*writers.values()], READERS),
            *(deny([writer], ["PutObject"], NotResource=[f"{bucket}/*/{name}/*"]) for name, writer in writers.items()),
            # Only the restore key may write the result of a drill, because servers trust this result.
            deny([reader], ["PutObject"], NotResource=[f"{bucket}/*/drill/*"]),
        ],
    }


def check(owner, writers, reader, settings):
    """Tests the bucket with small objects, which expire like all objects. `writers` has a client for each server name. @returns a list of {"good", "what"}"""
    return [{"good": bool(good), "what": what} for good, what in _checks(owner, writers, reader, settings)]


def _checks(owner, writers, reader, settings):
    days, mode = settings["days"], settings["lock"].upper()

    lock = _read(owner, "object-lock")
    yield _text(lock, "Mode") == mode and int(_text(lock, "Days") or 0) >= days, f"new objects are locked for {days} days, mode {mode}"
    lifecycle = _read(owner, "lifecycle")
    expire = [int(_text(rule, "Days") or 0) for rule in lifecycle.iter(f"{XML}Rule") if _text(rule, "Status") == "Enabled" and _text(rule, "Days")]
    yield expire and min(expire) >= days, f"objects expire by themselves, and not within {days} days"

    for name, writer in writers.items():
        yield from _checks_of(name, writer, [other for other in writers if other != name], owner, reader)

    name, writer = next(iter(writers.items()))
    content = os.urandom(16)
    key = _key(name, content)
    _put(writer, content, key=key)
    yield _put(reader, b"forged", key=_key(name, b"forged")) == 403, "the key that restores cannot add to the archive"
    yield from _cannot_destroy("the key that restores", reader, owner, key)
    bypass = {"x-amz-bypass-governance-retention": "true"} if mode == "COMPLIANCE" else {}
    yield owner.ask("DELETE", key, {"versionId": _oldest_version(reader, key)}, headers=bypass)[0] == 403, "not even the owner can delete what is locked"


def _checks_of(name, writer, others, owner, reader):
    """Tests which actions the key of a server can do and which actions the bucket denies."""
    now, content = time.time(), os.urandom(16)
    key, once = _key(name, content), {"If-None-Match": "*"}
    listed = [item for item in writer.list(key) if item.key == key] if _put(writer, content, key=key, headers=once) == 200 else []
    yield listed, f"{name} adds objects to its part, and lists them"
    if not listed:
        return
    arrived = calendar.timegm(time.strptime(listed[0].time[:19], "%Y-%m-%dT%H:%M:%S"))
    yield abs(arrived - now) < CLOCK_SECONDS, f"the clocks here and there differ by less than {CLOCK_SECONDS} s"
    yield _put(writer, b"other", key=key, headers=once) == 412, f"{name} cannot write an object a second time with If-None-Match"
    yield reader.get(key) == content, f"the key that restores reads what {name} wrote"
    _put(writer, b"other", key=key)
    yield reader.get(key) == content, f"an object that {name} overwrites is read as it was shipped"
    forged = [_key(other, b"forged") for other in others]
    yield all(_put(writer, b"forged", key=one) == 403 for one in forged), f"{name} cannot write to the parts of other servers"
    yield _put(writer, b"forged", key=f"check/drill/{stamp(now)}.{digest(b'forged')}") == 403, f"{name} cannot forge the result of a drill"
    version = _oldest_version(reader, key)
    yield writer.ask("GET", key)[0] == 403 and writer.ask("GET", key, {"versionId": version})[0] == 403, f"{name} cannot read"
    yield from _cannot_destroy(name, writer, owner, key)


def _cannot_destroy(who, bucket, owner, key):
    version = _oldest_version(owner, key)
    yield bucket.ask("DELETE", key)[0] == 403, f"{who} cannot delete"
    yield bucket.ask("DELETE", key, {"versionId": version})[0] == 403, f"{who} cannot delete a version"
    for what in ("object-lock", "lifecycle", "policy"):
        # The test writes the current settings, so that nothing changes if the bucket does not deny the write.
        status, body = owner.ask("GET", query={what: ""})
        yield status == 200 and _put(bucket, body, {what: ""}) == 403, f"{who} cannot change the bucket's {what}"


def _key(server, content):
    return f"check/{server}/{stamp(time.time())}.{digest(content)}"


def _oldest_version(bucket, key):
    status, body = bucket.ask("GET", query={"prefix": key, "versions": ""})
    found = [item for item in xml.fromstring(body).iter(f"{XML}Version")] if status == 200 else []
    return min(found, key=lambda item: (item.findtext(f"{XML}IsLatest") == "true", item.findtext(f"{XML}LastModified"))).findtext(f"{XML}VersionId") if found else "none"


def _read(bucket, what):
    status, body = bucket.ask("GET", query={what: ""})
    return xml.fromstring(body) if status == 200 else xml.Element("none")


def _text(element, name):
    return element.findtext(f".//{XML}{name}", "")


def _put(bucket, body, query=None, key="", headers=None):
    content = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else xml.tostring(body)
    md5 = b64encode(hashlib.md5(content).digest()).decode()
    return bucket.ask("PUT", key, query, content, {"Content-MD5": md5, **(headers or {})})[0]


def _element(name, *inside):
    element = xml.Element(name, {"xmlns": XML[1:-1]} if name.endswith("Configuration") else {})
    for one in inside:
        if isinstance(one, str):
            element.text = one
        else:
            element.append(one)
    return element
