"""
The bucket of the archive: how it is made, and whether it is what the archive rests on.

At Hetzner a key may do anything with all buckets of its project; a bucket's policy takes away, key by key. Actions are listed one by one,
since `NotAction` was seen to be ignored there.
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
    """Makes the bucket, or brings the one that is there to what it has to be. @raises Refused"""
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
    # What has expired is a marker before an older version, which goes a day later: the lock ends then.
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
    """What servers and whoever restores may not do."""
    writer, reader = (f"arn:aws:iam:::user/p{project}:{keys[name].partition(':')[0]}" for name in ("writer", "reader"))
    bucket = f"arn:aws:s3:::{bucket}"

    def deny(who, actions, **where):
        where = where or {"Resource": [bucket, f"{bucket}/*"]}
        return {"Effect": "Deny", "Principal": {"AWS": who}, "Action": [f"s3:{action}" for action in actions], **where}

    return {
        "Version": "2012-10-17",
        "Statement": [
            deny([writer, reader], OWNERS),
            deny([writer], READERS),
            # The result of a drill is an object too, by which servers know that their archive is good.
            deny([writer], ["PutObject"], NotResource=[f"{bucket}/*/log/*", f"{bucket}/*/base/*"]),
            deny([reader], ["PutObject"], NotResource=[f"{bucket}/*/drill/*"]),
        ],
    }


def check(owner, writer, reader, settings):
    """Tries it with objects of a few bytes, which expire as all do. @returns [{"good", "what"}]"""
    return [{"good": bool(good), "what": what} for good, what in _checks(owner, writer, reader, settings)]


def _checks(owner, writer, reader, settings):
    days, mode = settings["days"], settings["lock"].upper()
    now, content = time.time(), os.urandom(16)
    key = f"check/log/{stamp(now)}.{digest(content)}"

    lock = _read(owner, "object-lock")
    yield _text(lock, "Mode") == mode and int(_text(lock, "Days") or 0) >= days, f"new objects are locked for {days} days, mode {mode}"
    lifecycle = _read(owner, "lifecycle")
    expire = [int(_text(rule, "Days") or 0) for rule in lifecycle.iter(f"{XML}Rule") if _text(rule, "Status") == "Enabled" and _text(rule, "Days")]
    yield expire and min(expire) >= days, f"objects expire by themselves, and not within {days} days"

    writer.put(key, content)
    listed = [item for item in writer.list(key) if item.key == key]
    yield listed, "servers write and list"
    arrived = calendar.timegm(time.strptime(listed[0].time[:19], "%Y-%m-%dT%H:%M:%S")) if listed else 0
    yield abs(arrived - now) < CLOCK_SECONDS, f"the clocks here and there differ by less than {CLOCK_SECONDS} s"
    yield _put(writer, b"other", key=key, headers={"If-None-Match": "*"}) == 412, "an object cannot be written a second time with If-None-Match"
    yield reader.get(key) == content, "whoever restores can read"
    _put(writer, b"other", key=key)
    yield reader.get(key) == content, "an object that is written over is read as it was shipped"

    version = _oldest_version(reader, key)
    drill = f"check/drill/{stamp(now)}.{digest(b'forged')}"
    for who, bucket in (("servers", writer), ("whoever restores", reader)):
        yield bucket.ask("DELETE", key)[0] == 403, f"{who} cannot delete"
        yield bucket.ask("DELETE", key, {"versionId": version})[0] == 403, f"{who} cannot delete a version"
        for what in ("object-lock", "lifecycle", "policy"):
            # As it is already: nothing changes where it is not refused.
            status, body = owner.ask("GET", query={what: ""})
            yield status == 200 and _put(bucket, body, {what: ""}) == 403, f"{who} cannot change the bucket's {what}"
    yield writer.ask("GET", key)[0] == 403 and writer.ask("GET", key, {"versionId": version})[0] == 403, "servers cannot read"
    yield _put(writer, b"forged", key=drill) == 403, "servers cannot forge the result of a drill"
    yield _put(reader, b"forged", key=f"check/log/{stamp(now)}.{digest(b'forged')}") == 403, "whoever restores cannot add to the archive"
    bypass = {"x-amz-bypass-governance-retention": "true"} if mode == "COMPLIANCE" else {}
    yield owner.ask("DELETE", key, {"versionId": version}, headers=bypass)[0] == 403, "not even the owner can delete what is locked"


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
