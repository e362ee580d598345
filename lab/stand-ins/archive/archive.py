"""
Emulates an S3 object storage in memory with moto: signatures, policies per key, conditional writes, versions and object lock.

    archive.py keys                 prints new access keys for the bucket's owner and for restores
    archive.py serve SETTINGS.json  serves the buckets on 127.0.0.1
"""

import json
import os
import pathlib
import sys

# moto must check keys and policies from the first request.
os.environ["INITIAL_NO_AUTH_ACTION_COUNT"] = "0"
# moto must read the bucket's name only from the path, never from the host name.
os.environ["S3_IGNORE_SUBDOMAIN_BUCKETNAME"] = "true"

from moto.core import DEFAULT_ACCOUNT_ID
from moto.iam.models import iam_backends
from moto.s3.models import s3_backends

READER = ["s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket", "s3:ListBucketVersions"]
iam = iam_backends[DEFAULT_ACCOUNT_ID]["aws"]


def allowed(name):
    """Returns the allowed actions and resources of the key "owner", "download" or "reader", or of a server's key."""
    if name == "owner":
        return [(["s3:*"], "*")]
    if name == "download":
        return [(["s3:GetObject"], "*")]
    if name == "reader":
        return [(READER, "*"), (["s3:PutObject"], "arn:aws:s3:::*/drill/*")]
    return [(["s3:ListBucket"], "*"), (["s3:PutObject"], f"arn:aws:s3:::*/{name}/*")]


def new_key(name):
    iam.create_user("us-east-1", name)
    statements = [{"Effect": "Allow", "Action": actions, "Resource": where} for actions, where in allowed(name)]
    iam.put_user_policy(name, "archive", json.dumps({"Version": "2012-10-17", "Statement": statements}))
    return iam.create_access_key(name)


def keys():
    made = {name: new_key(name) for name in ("owner", "reader")}
    print(json.dumps({name: f"{key.access_key_id}:{key.secret_access_key}" for name, key in made.items()}))


def serve(settings):
    for name, pair in {**settings["keys"], **settings["writers"]}.items():
        key = new_key(name)
        del iam.access_keys[key.access_key_id]
        key.access_key_id, _, key.secret_access_key = pair.partition(":")
        iam.access_keys[key.access_key_id] = key
    if settings["bucket"]:
        bucket = s3_backends[DEFAULT_ACCOUNT_ID]["aws"].create_bucket(settings["bucket"], settings["region"])
        bucket.versioning_status, bucket.object_lock_enabled = "Enabled", True
        bucket.default_lock_mode, bucket.default_lock_days = "COMPLIANCE", settings["lockDays"]
    if releases := settings.get("releases"):
        storage = s3_backends[DEFAULT_ACCOUNT_ID]["aws"]
        storage.create_bucket(releases["bucket"], settings["region"])
        for name, file in releases["objects"].items():
            storage.put_object(releases["bucket"], name, pathlib.Path(file).read_bytes())
    from moto.server import main

    main(["--host", "127.0.0.1", "--port", str(settings["port"])])


if sys.argv[1] == "keys":
    keys()
else:
    serve(json.loads(pathlib.Path(sys.argv[2]).read_text()))
