import assert from "node:assert/strict";
import { after, test } from "node:test";
import { createApplication } from "./application.js";
import { repeat, Unavailable } from "./database.js";

const written = [];
const database = {
  read: async () => [{ text: "<b>" }],
  write: async (sql, values) => {
    if (values?.[0] === "fail") throw new Unavailable("gone");
    written.push(values);
  },
};
const server = createApplication(database, { ENVIRONMENT: "test" }).listen(0);
after(() => server.close());
const ask = (path, init) => fetch(`http://127.0.0.1:${server.address().port}${path}`, init);
const post = (body) => ask("/api/notes", { method: "POST", body, headers: { "x-request-id": "id-1" } });

test("writes a note with the id of its request", async () => {
  assert.equal((await post('{"text":"hello"}')).status, 201);
  assert.deepEqual(written, [["hello", "id-1"]]);
});

test("rejects wrong requests", async () => {
  for (const body of ["{", "[]", '{"text":""}', '{"text":1}']) assert.equal((await post(body)).status, 400);
  assert.equal((await ask("/nothing")).status, 404);
});

test("answers 503 with Retry-After if the database is unavailable", async () => {
  const { status, headers } = await post('{"text":"fail"}');
  assert.deepEqual([status, headers.get("retry-after")], [503, "5"]);
});

test("escapes the page", async () => assert.match(await (await ask("/")).text(), /<li>&#60;b&#62;<\/li>/));

test("repeats an operation until the time limit, unless the statement is wrong", async () => {
  const errors = [new Error("gone"), new Error("read-only")];
  const operation = async () => {
    if (errors.length > 0) throw errors.pop();
    return "rows";
  };
  assert.equal(await repeat(operation, ["primary"], 5), "rows");
  await assert.rejects(
    repeat(() => Promise.reject(new Error("gone")), ["primary"], -1),
    Unavailable,
  );
  await assert.rejects(
    repeat(() => Promise.reject({ errno: 1062 }), ["primary"], 5),
    { errno: 1062 },
  );
});
