import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { holdingOf, Lock } from "../../../ops/core/lock.js";
import { checkBackend } from "../../../ops/commands/check-backend.js";
import { BucketLock } from "../../../ops/hetzner/bucket-lock.js";
import { lockOf } from "../../../ops/hetzner/site.js";
import { limits } from "../support/instantly.js";

/** An object storage that holds one object. @param refusal what it answers to a second write with If-None-Match; 200 where it does not heed that */
async function bucket(refusal = 412) {
  let held: string | undefined;
  const asked: string[] = [];
  const http = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      asked.push(`${request.method} ${request.url} ${request.headers.authorization?.split(",")[0]}`);
      const refused =
        refusal !== 200 && request.method === "PUT" && request.headers["if-none-match"] === "*" && held !== undefined;
      response.statusCode = refused ? refusal : request.method !== "PUT" && held === undefined ? 404 : 200;
      const answer = held ?? "";
      if (request.method === "PUT" && !refused) held = body;
      if (request.method === "DELETE") held = undefined;
      response.end(request.method === "GET" ? answer : "");
    });
  });
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  onTestFinished(() => void http.close());
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/states/production/ops.lock`;
  const store = new BucketLock({ url, region: "fsn1", accessKeyId: "id", secretAccessKey: 'se"cret' });
  return { store, asked };
}

describe("the lock in a bucket", () => {
  it("is one run's at a time, remembers the server in hand, and is gone at the end", async () => {
    const { store, asked } = await bucket();
    expect(await store.read()).toBeUndefined();
    const lock = await Lock.take(store, "rollout");
    await expect(Lock.take(store, "rollout")).rejects.toThrow(/is at work/);
    await lock.setInHand("alpha");
    expect((await store.read())?.inHand).toBe("alpha");
    await lock.setInHand(undefined);
    await lock.release();
    expect(await store.read()).toBeUndefined();
    // Somebody else has removed it.
    await store.remove();
    expect(asked[0]).toMatch(
      /^GET \/states\/production\/ops\.lock AWS4-HMAC-SHA256 Credential=id\/\d{8}\/fsn1\/s3\/aws4_request$/,
    );
  });
});

describe("an object storage that does not answer", () => {
  it("is given up soon", async () => {
    const { store } = await bucket();
    const given = limits();
    await store.read();
    expect(given.at(-1)).toBeLessThanOrEqual(30);
  });
});

describe("two writers at the same moment", () => {
  it.each([412, 409])("are told which of them was first, by either of S3's answers: %i", async (refusal) => {
    const { store } = await bucket(refusal);
    const holding = holdingOf("rollout");
    expect([await store.create(holding), await store.create(holding)]).toEqual([true, false]);
  });

  it("hear of any other answer", async () => {
    const { store } = await bucket(403);
    const holding = holdingOf("rollout");
    await store.create(holding);
    await expect(store.create(holding)).rejects.toThrow("the lock cannot be written; the object storage answers 403");
  });
});

describe("where the lock of an environment is", () => {
  const backend = { type: "s3", endpoint: "https://fsn1.test", bucket: "states", region: "fsn1" } as const;
  const key = { AWS_ACCESS_KEY_ID: "id", AWS_SECRET_ACCESS_KEY: "secret" };
  const placeOf = (settings: object, variables: NodeJS.ProcessEnv = key) =>
    lockOf({ environment: "production", backend: settings } as never, variables).place;

  it("is beside its state", () => {
    expect(placeOf({ type: "local" })).toMatch(/\/state\/production-ops\.lock$/);
    expect(placeOf(backend)).toBe("https://fsn1.test/states/production/ops.lock");
    expect(placeOf({ ...backend, prefix: "www" })).toBe("https://fsn1.test/states/www/ops.lock");
  });

  it.each(["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"])("takes the bucket's whole key: without %s", (variable) => {
    expect(() => placeOf(backend, { ...key, [variable]: undefined })).toThrow(/are not set/);
  });
});

describe("check-backend", () => {
  it("finds a lock where the second writer is refused, and leaves nothing behind", async () => {
    const { store } = await bucket();
    const said: string[] = [];
    expect(await checkBackend(store, (line) => said.push(line))).toBe(0);
    expect(said.join()).toMatch(/^a lock: .* refused to the second$/);
    expect(await store.read()).toBeUndefined();
  });

  it("finds none where a store ignores the condition", async () => {
    const { store } = await bucket(200);
    const said: string[] = [];
    expect(await checkBackend(store, (line) => said.push(line))).toBe(1);
    expect(said.join()).toMatch(/^NO LOCK: .*If-None-Match.*choose another object storage/);
    expect(await store.read()).toBeUndefined();
  });
});
