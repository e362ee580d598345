import { expect, it } from "vitest";
import { checkBackend } from "../../../ops/commands/check-backend.js";
import { Lock, LockStore } from "../../../ops/core/lock.js";
import { BucketStore } from "../../../ops/hetzner/bucket-store.js";
import { lockOf } from "../../../ops/hetzner/site.js";
import { standInBucket, type BucketProps, type Fault } from "../support/bucket.js";

async function bucket(props?: BucketProps) {
  const { props: storeProps, asked } = await standInBucket(props);
  return { store: new BucketStore(storeProps), asked };
}

it("only one run at a time holds a lock in a bucket; the lock contains the server in progress and is free after the run", async () => {
  const { store, asked } = await bucket();
  const place = new LockStore(store);
  expect(await place.read()).toBeUndefined();
  const lock = await Lock.take(place, "rollout");
  await expect(Lock.take(place, "rollout")).rejects.toThrow(/is running; wait until it ends/);
  await lock.setInHand("alpha");
  expect((await place.read())?.inHand).toBe("alpha");
  await lock.setInHand(undefined);
  await lock.release();
  expect(await place.read()).toBeUndefined();
  expect(asked[0]).toMatch(
    /^GET \/states\/production\/ops\.lock AWS4-HMAC-SHA256 Credential=id\/\d{8}\/fsn1\/s3\/aws4_request$/,
  );
});

it("an error of the object storage that stores the lock is reported, except for the status of an unmet write condition", async () => {
  const { store } = await bucket({ refusal: 403 });
  await store.write("one", undefined);
  await expect(store.write("two", undefined)).rejects.toThrow(
    "the lock cannot be written; the object storage answers 403",
  );
});

it("an error is reported if the object storage that stores the lock does not answer", async () => {
  const { store } = await bucket({ faultOf: () => "lose request" });
  await expect(store.read()).rejects.toThrow(/ops\.lock: the lock cannot be read after 5 attempts: no response; /);
});

it.each([412, 409])(
  "if two clients write a lock at the same time, only the first conditional write succeeds when the object storage answers %i",
  async (refusal) => {
    const { store } = await bucket({ refusal });
    expect(await store.write("one", undefined)).toBeDefined();
    const second = store.write("two", undefined);
    // S3 answers 409 while another write is in progress, so the client retries the write.
    if (refusal === 409) await expect(second).rejects.toThrow("after 5 attempts");
    else expect(await second).toBeUndefined();
    expect((await store.read())?.text).toBe("one");
  },
);

it.each(["lose response", "lose request", "execute twice"] as const)(
  "a conditional write to the object storage succeeds exactly once despite this fault: %s",
  async (fault) => {
    const faults: Fault[] = [fault];
    const { store } = await bucket({ faultOf: (method) => (method === "PUT" && faults.pop()) || "none" });
    const version = await store.write("one", undefined);
    expect(await store.read()).toEqual({ text: "one", version });
  },
);

it("if the object storage answers a lock write with an earlier response, the run detects the mismatch and takes the lock again", async () => {
  const faults: Fault[] = ["repeat response", "none"];
  const { store } = await bucket({ faultOf: (method) => (method === "PUT" && faults.pop()) || "none" });
  const place = new LockStore(store);
  await store.write(JSON.stringify({ free: true, renewal: "1" }), undefined);
  await Lock.take(place, "rollout");
  expect(await place.read()).toMatchObject({ command: "rollout", pid: process.pid });
});

const backend = { type: "s3", endpoint: "https://fsn1.test", bucket: "states", region: "fsn1" } as const;
const key = { AWS_ACCESS_KEY_ID: "id", AWS_SECRET_ACCESS_KEY: "secret" };
const placeOf = (settings: object, variables: NodeJS.ProcessEnv = key) =>
  lockOf({ environment: "production", backend: settings } as never, variables).place;

it("the lock of an environment is stored next to the environment's Terraform state", () => {
  expect(placeOf({ type: "local" })).toMatch(/\/state\/production-ops\.lock$/);
  expect(placeOf(backend)).toBe("https://fsn1.test/states/production/ops.lock");
  expect(placeOf({ ...backend, prefix: "www" })).toBe("https://fsn1.test/states/www/ops.lock");
});

it.each(["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"])(
  "a lock in a bucket requires both variables of the bucket's access key, so the lock is rejected without %s",
  (variable) => {
    expect(() => placeOf(backend, { ...key, [variable]: undefined })).toThrow(/are not set/);
  },
);

const check = async (conditions?: BucketProps["conditions"]) => {
  const { store } = await bucket(conditions && { conditions });
  const said: string[] = [];
  const code = await checkBackend(store, (line) => said.push(line));
  expect(await store.read()).toBeUndefined();
  return { code, said: said.join() };
};

it("check-backend accepts an object storage that obeys If-Match and If-None-Match, and removes the test objects", async () => {
  expect(await check()).toEqual({ code: 0, said: expect.stringMatching(/^the lock works: /) as string });
});

it.each([
  ["If-None-Match: *", ["if-match"]],
  ["If-Match", ["if-none-match"]],
  ["If-None-Match: * and If-Match", []],
] as const)("check-backend rejects an object storage that ignores %s", async (ignored, conditions) => {
  const { code, said } = await check(conditions);
  expect(code).toBe(1);
  expect(said).toContain(`despite the request's condition ${ignored}. `);
  expect(said).toMatch(/^NO LOCK: .*choose another object storage/);
});
