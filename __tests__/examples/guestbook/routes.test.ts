import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { assetRoutes } from "../../../examples/guestbook/src/assets.js";
import { DatabaseUnavailable } from "../../../examples/guestbook/src/database/errors.js";
import { noteApi } from "../../../examples/guestbook/src/notes/api.js";
import type { Note } from "../../../examples/guestbook/src/notes/note.js";
import { notePages } from "../../../examples/guestbook/src/notes/pages.js";
import type { ListProps, NewNote, Notes } from "../../../examples/guestbook/src/notes/store.js";
import { operationRoutes } from "../../../examples/guestbook/src/operations/routes.js";
import { serve, site, type TestServer } from "./support/http.js";

const createdAt = new Date("2026-03-01T12:00:00.123Z");
const hostile = { id: 2, author: "<b>Ann</b>", text: `"></article><script>alert(1)</script>'&`, createdAt };
const stored: readonly Note[] = [hostile, { id: 1, author: "Bob", text: "hi", createdAt }];

let listed: ListProps[] = [];
let added: NewNote[] = [];
let isAway = false;
const notes: Notes = {
  list: (props) => {
    listed.push(props);
    return isAway ? Promise.reject(new DatabaseUnavailable("away")) : Promise.resolve(stored.slice(0, props.limit));
  },
  find: (id) => Promise.resolve(stored.find((note) => note.id === id)),
  add: ({ author, text, idempotencyKey }) => {
    const replayed = added.some((earlier) => earlier.idempotencyKey === idempotencyKey);
    added.push({ author, text, idempotencyKey });
    return Promise.resolve({ note: { id: 3, author, text, createdAt }, replayed });
  },
};

let app: TestServer;
beforeAll(async () => {
  const monitor = {
    liveness: () => ({ ok: !isAway, reason: isAway ? "away" : undefined }),
    readiness: () => {
      const health = { ok: !isAway, reason: isAway ? "away" : undefined };
      return Promise.resolve({ ...health, checks: { write: health, read: health, migrations: { ok: true } } });
    },
  };
  const release = { version: "1.2.3", release: "0123456789ab", server: "alpha", environment: "test" };
  app = await serve(notePages(notes, site), noteApi(notes), assetRoutes(), operationRoutes({ monitor, release }));
});
afterAll(() => app.close());
beforeEach(() => {
  listed = [];
  added = [];
  isAway = false;
});

const get = (path: string) => fetch(app.url + path);
const postJson = (body: unknown, headers: Record<string, string> = {}) =>
  fetch(`${app.url}/api/notes`, {
    method: "POST",
    body: JSON.stringify(body),
    headers: { "content-type": "application/json", ...headers },
  });
const postForm = (fields: Record<string, string>, headers: Record<string, string> = {}) =>
  fetch(`${app.url}/notes`, { method: "POST", body: new URLSearchParams(fields), headers, redirect: "manual" });

describe("GET /", () => {
  it("the page shows the notes and escapes all user input", async () => {
    const response = await get("/");
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toMatch(/^text\/html; charset=utf-8$/i);
    expect(response.headers.get("cache-control")).toBe("no-store");
    const page = await response.text();
    expect(page).toContain("&lt;b&gt;Ann&lt;/b&gt;");
    expect(page).toContain("&quot;&gt;&lt;/article&gt;&lt;script&gt;alert(1)&lt;/script&gt;&#39;&amp;");
    expect(page.match(/<article/g)).toHaveLength(2);
  });

  it("the page works with a strict content security policy, because it has no inline script or style", async () => {
    const page = await (await get("/")).text();
    expect(page).not.toMatch(/<script|<style|\sstyle=|\son\w+=|javascript:|https?:\/\//i);
  });

  it("the page requests a list that contains the reader's new note", async () => {
    await get("/?note=3");
    expect(listed).toEqual([{ limit: 20, including: 3 }]);
  });

  it("the page returns 503 if the database is unavailable", async () => {
    isAway = true;
    const response = await get("/");
    expect(response.status).toBe(503);
    expect(response.headers.get("retry-after")).toBe("5");
    expect(await response.text()).toContain("The database is not available at the moment.");
  });
});

describe("POST /notes, the form", () => {
  it("the form writes a note with the form's key and redirects to the page", async () => {
    const response = await postForm({ author: "Ann", text: "hello", key: "form-key-1" });
    expect(response.status).toBe(303);
    expect(response.headers.get("location")).toBe("/?note=3#note-3");
    expect(added).toEqual([{ author: "Ann", text: "hello", idempotencyKey: "client:form-key-1" }]);
  });

  it("the form shows the escaped input again with its problems", async () => {
    const response = await postForm({ author: `"Ann"`, text: "" });
    expect(response.status).toBe(400);
    const page = await response.text();
    expect(page).toContain("text: must not be empty");
    expect(page).toContain("&quot;Ann&quot;");
    expect(added).toEqual([]);
  });

  it.each(["cross-site", "same-site", "anything"])("rejects a form of another site with 403 (%s)", async (site) => {
    const response = await postForm({ author: "Ann", text: "hello" }, { "sec-fetch-site": site });
    expect(response.status).toBe(403);
    expect(added).toEqual([]);
  });

  it.each(["same-origin", "none"])("accepts a form of the site itself or without a site (%s)", async (site) => {
    const response = await postForm({ author: "Ann", text: "hello" }, { "sec-fetch-site": site });
    expect(response.status).toBe(303);
  });
});

describe("POST /api/notes", () => {
  it("the API writes a note with the client's key and returns 201 with its location", async () => {
    const response = await postJson({ author: "Ann", text: "hello" }, { "idempotency-key": "client-key-1" });
    expect(response.status).toBe(201);
    expect(response.headers.get("location")).toBe("/api/notes/3");
    expect(await response.json()).toEqual({ id: 3, author: "Ann", text: "hello", createdAt: createdAt.toISOString() });
    expect(added[0]?.idempotencyKey).toBe("client:client-key-1");
  });

  it("the API reports a note that was already written", async () => {
    const send = () => postJson({ author: "Ann", text: "hello" }, { "idempotency-key": "client-key-1" });
    expect((await send()).headers.get("idempotency-replayed")).toBeNull();
    expect((await send()).headers.get("idempotency-replayed")).toBe("true");
  });

  it("the API uses the request id without a client key", async () => {
    await postJson({ author: "Ann", text: "hello" }, { "x-request-id": "0123456789abcdef" });
    expect(added[0]?.idempotencyKey).toBe("request:0123456789abcdef");
  });

  it.each([
    ["a bad key", { author: "Ann", text: "hello" }, { "idempotency-key": "bad" }],
    ["a bad note", { author: "Ann" }, {}],
  ])("rejects a new note with 400: %s", async (_, body, headers) => {
    expect((await postJson(body, headers)).status).toBe(400);
    expect(added).toEqual([]);
  });
});

describe("GET /api/notes", () => {
  it("lists notes with default parameters", async () => {
    expect(await (await get("/api/notes")).json()).toMatchObject({ notes: [{ id: 2 }, { id: 1 }], next: null });
    expect(listed).toEqual([{ limit: 20, before: undefined }]);
  });

  it("lists notes with all parameters", async () => {
    expect(await (await get("/api/notes?limit=1&before=9")).json()).toMatchObject({ notes: [{ id: 2 }], next: 2 });
    expect(listed).toEqual([{ limit: 1, before: 9 }]);
  });

  it.each(["limit=0", "limit=101", "limit=x", "limit=1.5", "before=x", "before=-1"])(
    "rejects the list parameters %s with 400",
    async (query) => expect((await get(`/api/notes?${query}`)).status).toBe(400),
  );
});

describe("GET /api/notes/:id", () => {
  it("returns one note", async () => expect(await (await get("/api/notes/1")).json()).toMatchObject({ author: "Bob" }));

  it.each([
    ["99", 404],
    ["x", 400],
  ])("the note %s fails with %i", async (id, status) => expect((await get(`/api/notes/${id}`)).status).toBe(status));
});

describe("operations", () => {
  it("reports version, release, server and environment", async () =>
    expect(await (await get("/api/status")).json()).toEqual({
      version: "1.2.3",
      release: "0123456789ab",
      server: "alpha",
      environment: "test",
    }));

  it.each(["/healthz", "/readyz"])("answers %s with 200, or with 503 and the reason", async (path) => {
    expect((await get(path)).status).toBe(200);
    isAway = true;
    const response = await get(path);
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ ok: false, reason: "away" });
  });

  it("allows fault injection only if it is enabled", async () => {
    const fail = (url: string) => fetch(`${url}/api/_fail`, { method: "POST" });
    expect((await fail(app.url)).status).toBe(404);
    const monitor = { liveness: () => ({ ok: true }), readiness: () => Promise.reject(new Error("unused")) };
    const release = { version: "1", release: "r", server: "s", environment: "e" };
    const faulty = await serve(operationRoutes({ monitor, release, faultInjection: true }));
    expect((await fail(faulty.url)).status).toBe(500);
    expect(faulty.lines[0]?.error?.message).toContain("fault injected on purpose");
    faulty.close();
  });
});

describe("assets", () => {
  it.each([
    ["/assets/site.css", "text/css; charset=utf-8"],
    ["/assets/icon.svg", "image/svg+xml"],
  ])("serves %s with cache headers", async (path, type) => {
    const response = await get(path);
    expect(response.headers.get("content-type")).toBe(type);
    expect(response.headers.get("cache-control")).toBe("public, max-age=300");
  });
});
