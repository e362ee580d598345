import { Hono } from "hono";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import type { Database } from "../../../examples/guestbook/src/database/database.js";
import { DatabaseUnavailable } from "../../../examples/guestbook/src/database/errors.js";
import type { AppEnv } from "../../../examples/guestbook/src/http.js";
import { noteRoutes } from "../../../examples/guestbook/src/notes.js";
import { operationRoutes } from "../../../examples/guestbook/src/operations/routes.js";
import { type LogLine, serve, type TestServer } from "./support/http.js";

const away = new DatabaseUnavailable("no primary", { cause: new Error("ECONNREFUSED") });
const duplicate = Object.assign(new Error("duplicate"), { errno: 1062, sqlState: "23000" });

let written: (readonly unknown[])[] = [];
let failure: Error | undefined;
const database: Database = {
  read: () => (failure ? Promise.reject(failure) : Promise.resolve([{ author: "<b>Ann</b>", text: `"'&` }])),
  writeIdempotent: ({ values = [] }) => {
    written.push(values);
    return failure ? Promise.reject(failure) : Promise.resolve({ rows: [], insertId: 1 });
  },
};
const health = () => ({ ok: !failure, reason: failure?.message });
const monitor = {
  liveness: health,
  readiness: () => Promise.resolve({ ...health(), checks: { write: health(), read: health(), migrations: health() } }),
};
const release = { version: "1.2.3", release: "0123456789ab", server: "alpha", environment: "test" };
const site = { domain: "www.foobar.com", server: "alpha", version: "1.2.3" };

let app: TestServer;
beforeAll(async () => {
  const broken = new Hono<AppEnv>().get("/api/broken", () => {
    throw new Error("secret detail");
  });
  app = await serve(noteRoutes(database, site), operationRoutes({ monitor, release, faultInjection: true }), broken);
});
afterAll(() => app.close());
beforeEach(() => {
  written = [];
  failure = undefined;
});

const get = (path: string, headers: Record<string, string> = {}) => fetch(app.url + path, { headers });
const post = (body: string, headers: Record<string, string> = {}) =>
  fetch(`${app.url}/api/notes`, { method: "POST", body, headers });

it("the guestbook's page shows the notes, escapes all user input, and is not stored in caches", async () => {
  const response = await get("/");
  expect(response.headers.get("content-type")).toMatch(/^text\/html; charset=utf-8$/i);
  expect(response.headers.get("cache-control")).toBe("no-store");
  expect(await response.text()).toContain("<li>&#60;b&#62;Ann&#60;/b&#62;: &#34;&#39;&#38;</li>");
});

it("the guestbook's page returns 503 with Retry-After if the database is unavailable", async () => {
  failure = away;
  const response = await get("/");
  expect([response.status, response.headers.get("retry-after")]).toEqual([503, "5"]);
});

const note = '{"author":"Ann","text":"hello"}';

it("the guestbook stores a new note with the id of its request, and returns 201 for a repeated request too", async () => {
  const headers = { "x-request-id": "0123456789abcdef" };
  expect((await post(note, headers)).status).toBe(201);
  failure = duplicate;
  expect((await post(note, headers)).status).toBe(201);
  expect(written[0]).toEqual(["Ann", "hello", expect.any(Date), "request:0123456789abcdef"]);
});

it.each([
  ["{", 400],
  ["[]", 400],
  ["null", 400],
  ['{"author":"Ann"}', 400],
  ['{"author":"Ann","text":5}', 400],
  ['{"author":"","text":"t"}', 400],
  [`{"author":"${"a".repeat(81)}","text":"t"}`, 400],
  ['{"author":"Ann","text":"t\\u0000"}', 400],
  ['{"author":"Ann","text":"\\ud800"}', 400],
  [" ".repeat(32 * 1024 + 1), 413],
])("the guestbook does not store a note with the body %s, and returns %i", async (body, status) => {
  expect((await post(body)).status).toBe(status);
  expect(written).toEqual([]);
});

it("the guestbook accepts a note whose author and text have the maximum length in four-byte characters", async () => {
  const body = JSON.stringify({ author: "🌍".repeat(80), text: "🌍".repeat(2000) });
  expect((await post(body)).status).toBe(201);
});

it("/api/status reports version, release, server and environment", async () =>
  expect(await (await get("/api/status")).json()).toEqual(release));

it.each(["/healthz", "/readyz"])(
  "%s returns 200, or 503 with the reason if the database is unavailable",
  async (path) => {
    expect((await get(path)).status).toBe(200);
    failure = away;
    const response = await get(path);
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ ok: false, reason: "no primary" });
  },
);

it("the guestbook allows fault injection only if the setting is enabled", async () => {
  const fail = (url: string) => fetch(`${url}/api/_fail`, { method: "POST" });
  expect((await fail(app.url)).status).toBe(500);
  const other = await serve(operationRoutes({ monitor, release }));
  expect((await fail(other.url)).status).toBe(404);
  other.close();
});

const logged = async (path: string): Promise<LogLine | undefined> => {
  app.lines.length = 0;
  await get(path, { "x-request-id": "0123456789abcdef" });
  return app.lines[0];
};

it("the guestbook logs each request with its id, method, path, class, status and duration", async () => {
  const line = await logged("/api/status?secret=1");
  expect(line).toMatchObject({
    level: "info",
    message: "GET /api/status 200",
    request_id: "0123456789abcdef",
    http: { method: "GET", path: "/api/status", route_class: "api", status_code: 200 },
  });
  expect(line?.duration_ms).toBeGreaterThan(0);
  expect(line?.error).toBeUndefined();
});

it("the guestbook logs an error with its stack and causes, but its response contains no details of the error", async () => {
  expect(await logged("/api/broken")).toMatchObject({ level: "error", error: { message: "secret detail" } });
  expect(await (await get("/api/broken")).text()).not.toContain("secret detail");
  failure = away;
  expect((await logged("/"))?.error?.stack).toContain("Caused by: Error: ECONNREFUSED");
});

it.each([
  ["/nothing", undefined, "info"],
  ["/healthz", undefined, "debug"],
  ["/healthz", away, "warn"],
])("a request to %s (database error: %s) is logged at the level %s", async (path, error, level) => {
  failure = error;
  expect(await logged(path)).toMatchObject({ level });
});
