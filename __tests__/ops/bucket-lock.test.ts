import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { Lock } from "../../ops/core/lock.js";
import { checkBackend } from "../../ops/commands/check-backend.js";
import { BucketLock } from "../../ops/hetzner/bucket-lock.js";

/** An object storage that holds one object. @param keepsCondition whether it heeds If-None-Match */
async function bucket(keepsCondition = true) {
  let held: string | undefined;
  const asked: string[] = [];
  const http = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      asked.push(`${request.method} ${request.url} ${request.headers.authorization?.split(",")[0]}`);
      const refused =
        keepsCondition && request.method === "PUT" && request.headers["if-none-match"] === "*" && held !== undefined;
      response.statusCode = refused ? 412 : request.method === "GET" && held === undefined ? 404 : 200;
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
    expect(asked[0]).toMatch(
      /^GET \/states\/production\/ops\.lock AWS4-HMAC-SHA256 Credential=id\/\d{8}\/fsn1\/s3\/aws4_request$/,
    );
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
    const { store } = await bucket(false);
    const said: string[] = [];
    expect(await checkBackend(store, (line) => said.push(line))).toBe(1);
    expect(said.join()).toMatch(/^NO LOCK: .*If-None-Match.*choose another object storage/);
    expect(await store.read()).toBeUndefined();
  });
});
