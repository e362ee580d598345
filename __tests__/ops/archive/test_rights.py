"""Tests the creation of the bucket and the check of its access rights. Run by archive.programs.test.ts."""

import json
import time
import unittest
from unittest import mock

import rights
from bucket import Refused
from storage import KEYS, REGION, SERVERS, WRITERS, Storage

SETTINGS = {"region": REGION, "lock": "compliance", "days": 22}
ALL = {**KEYS, "writers": WRITERS}
# moto does not support bucket policies that depend on the key.
NOT_IN_MOTO = {f"{who} cannot change the bucket's policy" for who in (*SERVERS, "the key that restores")}


class Rights(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.storage = Storage()
        cls.addClassCleanup(cls.storage.close)

    def setUp(self):
        self.name = self._testMethodName.replace("_", "-")[:60]
        self.keys = {name: self.storage.as_(name, self.name) for name in (*KEYS, *SERVERS)}

    def create(self, **different):
        made = rights.create(self.keys["owner"], {**SETTINGS, "bucket": self.name, **different}, "4711", ALL)
        # moto ignores principals and would apply this policy to all keys. Therefore the test deletes the policy. In moto, each key has a
        # separate policy instead.
        status, self.policy = self.keys["owner"].ask("GET", query={"policy": ""})
        self.assertEqual(status, 200)
        self.keys["owner"].ask("DELETE", query={"policy": ""})
        return made

    def found(self, **keys):
        keys = {**self.keys, **keys}
        checks = rights.check(keys["owner"], {name: keys[name] for name in SERVERS}, keys["reader"], SETTINGS)
        return {check["what"] for check in checks if not check["good"]} - NOT_IN_MOTO

    def test_a_bucket_that_the_command_created_passes_the_check_and_can_be_updated(self):
        self.assertEqual(self.create(), {"made": True})
        self.assertEqual(self.create(), {"made": False})
        self.assertEqual(self.found(), set())

    def test_the_bucket_policy_lets_each_server_write_only_its_own_objects(self):
        self.create()
        statements = json.loads(self.policy)["Statement"]
        self.assertEqual({one["Effect"] for one in statements}, {"Deny"})
        user = lambda name: f"arn:aws:iam:::user/p4711:KEYOF{name.upper()}"  # noqa: E731
        self.assertEqual({who for one in statements for who in one["Principal"]["AWS"]}, {user(name) for name in (*SERVERS, "reader")})
        # The policy denies each action on the objects and on the bucket.
        self.assertEqual({tuple(one["Resource"]) for one in statements if "Resource" in one}, {(f"arn:aws:s3:::{self.name}", f"arn:aws:s3:::{self.name}/*")})
        denied = lambda name: {action for one in statements if user(name) in one["Principal"]["AWS"] and "Resource" in one for action in one["Action"]}  # noqa: E731
        for name in (*SERVERS, "reader"):
            self.assertLessEqual({"s3:DeleteObject", "s3:DeleteObjectVersion", "s3:PutBucketPolicy", "s3:BypassGovernanceRetention"}, denied(name))
        for name in SERVERS:
            self.assertEqual(denied(name) - denied("reader"), {"s3:GetObject", "s3:GetObjectVersion"})
        writable = {tuple(one["Principal"]["AWS"]): [where.removeprefix(f"arn:aws:s3:::{self.name}/") for where in one["NotResource"]] for one in statements if "NotResource" in one}
        self.assertEqual(writable, {**{(user(name),): [f"*/{name}/*"] for name in SERVERS}, (user("reader"),): ["*/drill/*"]})
        self.assertNotIn("SECRET", self.policy.decode())

    def test_the_bucket_check_reports_a_server_with_the_key_of_another_server(self):
        self.create()
        self.assertEqual(self.found(bravo=self.keys["alpha"]), {"bravo adds objects to its part, and lists them"})

    def test_the_bucket_check_reports_a_server_with_the_key_of_the_owner(self):
        self.create()
        found = self.found(bravo=self.keys["owner"])
        for what in ("bravo cannot read", "bravo cannot delete", "bravo cannot change the bucket's lifecycle", "bravo cannot write to the parts of other servers", "bravo cannot forge the result of a drill"):
            self.assertIn(what, found)
        self.assertFalse([what for what in found if what.startswith(("alpha", "charlie", "the key that restores cannot delete"))])

    def test_the_bucket_check_reports_a_shorter_object_lock_and_the_wrong_lock_mode(self):
        self.create(days=8, lock="governance")
        found = self.found()
        self.assertIn("new objects are locked for 22 days, mode COMPLIANCE", found)
        self.assertIn("objects expire by themselves, and not within 22 days", found)
        self.assertIn("not even the owner can delete what is locked", found)

    def test_the_bucket_check_reports_a_second_lifecycle_rule_with_an_earlier_expiry(self):
        self.create()
        status, rules = self.keys["owner"].ask("GET", query={"lifecycle": ""})
        self.assertEqual(status, 200)
        more = b"<Rule><ID>more</ID><Filter><Prefix>other</Prefix></Filter><Status>Enabled</Status><Expiration><Days>3</Days></Expiration></Rule></LifecycleConfiguration>"
        rights._put(self.keys["owner"], rules.replace(b"</LifecycleConfiguration>", more), {"lifecycle": ""})
        self.assertEqual(self.found(), {"objects expire by themselves, and not within 22 days"})

    def test_the_bucket_check_reports_a_clock_that_is_fast_or_slow(self):
        self.create()
        for seconds in (-3600, 3600):
            with mock.patch.object(rights, "time", mock.Mock(wraps=time, time=lambda: time.time() + seconds)):
                self.assertEqual(self.found(), {"the clocks here and there differ by less than 60 s"})

    def test_the_bucket_check_reports_a_storage_that_ignores_or_rejects_if_none_match(self):
        self.create()
        put = rights._put
        for status in (200, 501):
            with mock.patch.object(rights, "_put", lambda *what, headers=None, **more: status if headers and what[1] == b"other" else put(*what, headers=headers, **more)):
                self.assertEqual(self.found(), {f"{name} cannot write an object a second time with If-None-Match" for name in SERVERS})

    def test_the_creation_of_a_bucket_handles_the_responses_of_different_object_storages(self):
        for answers, outcome in (([200, 200, 200, 204], {"made": True}), ([409, 200, 204, 204], {"made": False})):
            with mock.patch.object(rights, "_put", side_effect=answers):
                self.assertEqual(rights.create(None, {**SETTINGS, "bucket": "b"}, "4711", ALL), outcome)
        for answers, words in (([403], "b is not made: the object storage answers 403"), ([200, 200, 501], "b: its lifecycle is not set, the object storage answers 501")):
            with mock.patch.object(rights, "_put", side_effect=answers), self.assertRaisesRegex(Refused, words):
                rights.create(None, {**SETTINGS, "bucket": "b"}, "4711", ALL)

    def test_the_creation_of_a_bucket_rejects_an_existing_bucket_without_object_lock(self):
        self.keys["owner"].ask("PUT", content=b'<CreateBucketConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><LocationConstraint>fsn1</LocationConstraint></CreateBucketConfiguration>')
        with self.assertRaisesRegex(Refused, "object lock can be chosen only when a bucket is made"):
            self.create()
