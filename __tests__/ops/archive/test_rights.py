"""The bucket is made, and found out. Run by archive.programs.test.ts."""

import json
import time
import unittest
from unittest import mock

import rights
from bucket import Refused
from storage import KEYS, REGION, Storage

SETTINGS = {"region": REGION, "lock": "compliance", "days": 22}
# moto looks at no resources in a key's policy.
NOT_IN_MOTO = {"servers cannot forge the result of a drill", "whoever restores cannot add to the archive"}


class Rights(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.storage = Storage()
        cls.addClassCleanup(cls.storage.close)

    def setUp(self):
        self.name = self._testMethodName.replace("_", "-")[:60]
        self.keys = {name: self.storage.as_(name, self.name) for name in KEYS}

    def create(self, **different):
        made = rights.create(self.keys["owner"], {**SETTINGS, "bucket": self.name, **different}, "4711", KEYS)
        # moto would apply it to everybody: it knows no principals. The keys have policies of their own there.
        status, self.policy = self.keys["owner"].ask("GET", query={"policy": ""})
        self.assertEqual(status, 200)
        self.keys["owner"].ask("DELETE", query={"policy": ""})
        return made

    def found(self, **keys):
        checks = rights.check(*({**self.keys, **keys}[name] for name in ("owner", "writer", "reader")), SETTINGS)
        return {check["what"] for check in checks if not check["good"]} - NOT_IN_MOTO - {f"{who} cannot change the bucket's policy" for who in ("servers", "whoever restores")}

    def test_a_bucket_that_is_made_is_good_and_may_be_made_again(self):
        self.assertEqual(self.create(), {"made": True})
        self.assertEqual(self.create(), {"made": False})
        self.assertEqual(self.found(), set())

    def test_the_policy_denies_by_key_and_lets_servers_write_logs_and_bases_alone(self):
        self.create()
        statements = json.loads(self.policy)["Statement"]
        self.assertEqual({one["Effect"] for one in statements}, {"Deny"})
        writer, reader = "arn:aws:iam:::user/p4711:KEYOFWRITER", "arn:aws:iam:::user/p4711:KEYOFREADER"
        self.assertEqual({who for one in statements for who in one["Principal"]["AWS"]}, {writer, reader})
        # What is denied on the bucket's objects is denied on the bucket, too.
        self.assertEqual({tuple(one["Resource"]) for one in statements if "Resource" in one}, {(f"arn:aws:s3:::{self.name}", f"arn:aws:s3:::{self.name}/*")})
        denied = {who: {action for one in statements if who in one["Principal"]["AWS"] and "Resource" in one for action in one["Action"]} for who in (writer, reader)}
        for who in (writer, reader):
            self.assertLessEqual({"s3:DeleteObject", "s3:DeleteObjectVersion", "s3:PutBucketPolicy", "s3:BypassGovernanceRetention"}, denied[who])
        self.assertEqual(denied[writer] - denied[reader], {"s3:GetObject", "s3:GetObjectVersion"})
        writable = {tuple(one["Principal"]["AWS"]): [where.removeprefix(f"arn:aws:s3:::{self.name}/") for where in one["NotResource"]] for one in statements if "NotResource" in one}
        self.assertEqual(writable, {(writer,): ["*/log/*", "*/base/*"], (reader,): ["*/drill/*"]})
        self.assertNotIn("SECRET", self.policy.decode())

    def test_servers_with_the_owners_key_are_found_out(self):
        self.create()
        found = self.found(writer=self.keys["owner"])
        for what in ("servers cannot read", "servers cannot delete", "servers cannot change the bucket's lifecycle"):
            self.assertIn(what, found)
        self.assertNotIn("whoever restores cannot delete", found)

    def test_a_shorter_lock_and_the_wrong_mode_are_found_out(self):
        self.create(days=8, lock="governance")
        found = self.found()
        self.assertIn("new objects are locked for 22 days, mode COMPLIANCE", found)
        self.assertIn("objects expire by themselves, and not within 22 days", found)
        self.assertIn("not even the owner can delete what is locked", found)

    def test_a_second_rule_by_which_objects_expire_earlier_is_found_out(self):
        self.create()
        status, rules = self.keys["owner"].ask("GET", query={"lifecycle": ""})
        self.assertEqual(status, 200)
        more = b"<Rule><ID>more</ID><Filter><Prefix>other</Prefix></Filter><Status>Enabled</Status><Expiration><Days>3</Days></Expiration></Rule></LifecycleConfiguration>"
        rights._put(self.keys["owner"], rules.replace(b"</LifecycleConfiguration>", more), {"lifecycle": ""})
        self.assertEqual(self.found(), {"objects expire by themselves, and not within 22 days"})

    def test_a_clock_that_is_wrong_is_found_out_either_way(self):
        self.create()
        for seconds in (-3600, 3600):
            with mock.patch.object(rights, "time", mock.Mock(wraps=time, time=lambda: time.time() + seconds)):
                self.assertEqual(self.found(), {"the clocks here and there differ by less than 60 s"})

    def test_a_storage_that_does_not_heed_or_does_not_know_if_none_match_is_found_out(self):
        self.create()
        put = rights._put
        for status in (200, 501):
            with mock.patch.object(rights, "_put", lambda *what, headers=None, **more: status if headers else put(*what, **more)):
                self.assertEqual(self.found(), {"an object cannot be written a second time with If-None-Match"})

    def test_what_object_storages_answer_to_a_bucket_that_is_made_or_was_there(self):
        for answers, outcome in (([200, 200, 200, 204], {"made": True}), ([409, 200, 204, 204], {"made": False})):
            with mock.patch.object(rights, "_put", side_effect=answers):
                self.assertEqual(rights.create(None, {**SETTINGS, "bucket": "b"}, "4711", KEYS), outcome)
        for answers, words in (([403], "b is not made: the object storage answers 403"), ([200, 200, 501], "b: its lifecycle is not set, the object storage answers 501")):
            with mock.patch.object(rights, "_put", side_effect=answers), self.assertRaisesRegex(Refused, words):
                rights.create(None, {**SETTINGS, "bucket": "b"}, "4711", KEYS)

    def test_a_bucket_without_lock_cannot_be_made_good(self):
        self.keys["owner"].ask("PUT", content=b'<CreateBucketConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><LocationConstraint>fsn1</LocationConstraint></CreateBucketConfiguration>')
        with self.assertRaisesRegex(Refused, "object lock can be chosen only when a bucket is made"):
            self.create()
