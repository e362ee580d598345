import { request as httpRequest } from "node:http";
import { Hono } from "hono";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DatabaseUnavailable } from "../../../examples/guestbook/src/database/errors.js";
import { readForm, readJson } from "../../../examples/guestbook/src/http/body.js";
import type { AppEnv } from "../../../examples/guestbook/src/http/server.js";
import { serve, type TestServer } from "./support/http.js";

const fail = (error: Error) => () => {
  throw error;
};

let app: TestServer;
beforeAll(async () => {
  app = await serve(
    new Hono<AppEnv>()
      .get("/api/things/:id", (c) => c.json({ ...c.req.param(), q: c.req.query("q") ?? null }))
      .post("/api/things/:id", async (c) => c.json((await readJson(c)) as object, 201))
      .post("/api/form", async (c) => c.json([...(await readForm(c))]))
      .get("/api/broken", fail(new Error("secret detail")))
      .get("/api/away", fail(new DatabaseUnavailable("no primary", { cause: new Error("ECONNREFUSED") })))
      .get("/page", fail(new Error("secret detail")))
      .get("/healthz", (c) => c.json({}))
      .get("/readyz", (c) => c.json({}, 503)),
  );
});
afterAll(() => app.close());

const json = { "content-type": "application/json" };
const get = (path: string, headers: Record<string, string> = {}) => fetch(app.url + path, { headers });
const post = (path: string, body: string | Buffer, headers: Record<string, string> = json) =>
  fetch(app.url + path, { method: "POST", body, headers });
const errorOf = async (response: Response) => ((await response.json()) as { error: Record<string, unknown> }).error;

describe("routing", () => {
  it("passes path and query parameters to the handler", async () =>
    expect(await (await get("/api/things/7?q=a%20b")).json()).toEqual({ id: "7", q: "a b" }));

  it("answers HEAD like GET but without a body", async () => {
    const response = await fetch(`${app.url}/api/things/7`, { method: "HEAD" });
    expect(response.status).toBe(200);
    expect(await response.text()).toBe("");
  });

  it("answers 404 for an unknown path, as JSON or as a page", async () => {
    const response = await get("/nothing");
    expect(response.status).toBe(404);
    expect(await errorOf(response)).toMatchObject({ code: "not_found" });
    const page = await get("/nothing", { accept: "text/html,*/*" });
    expect(page.status).toBe(404);
    expect(page.headers.get("content-type")).toMatch(/^text\/html; charset=utf-8$/i);
  });

  it("answers 405 with the allowed methods", async () => {
    const response = await fetch(`${app.url}/api/things/7`, { method: "DELETE" });
    expect(response.status).toBe(405);
    expect(response.headers.get("allow")).toBe("GET, HEAD, POST");
  });
});

describe("bodies", () => {
  it("reads a JSON body", async () => expect(await (await post("/api/things/1", '{"a":1}')).json()).toEqual({ a: 1 }));

  it("reads a form body", async () => {
    const response = await post("/api/form", "a=1&b=%C3%A4", { "content-type": "application/x-www-form-urlencoded" });
    expect(await response.json()).toEqual([
      ["a", "1"],
      ["b", "ä"],
    ]);
  });

  it.each([
    ["broken JSON", "{", json, 400],
    ["broken UTF-8", Buffer.of(0xff), json, 400],
    ["another content type", "a", { "content-type": "text/plain" }, 415],
    ["too many bytes", "x".repeat(32 * 1024 + 1), json, 413],
  ])("rejects a body with %s", async (_, body, headers, status) =>
    expect((await post("/api/things/1", body, headers)).status).toBe(status),
  );

  it("rejects a too long body of unknown length without reading all of it", async () => {
    const status = await new Promise((resolve, reject) => {
      const request = httpRequest(`${app.url}/api/things/1`, { method: "POST", headers: json }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      request.on("error", reject);
      for (let chunk = 0; chunk < 3; chunk += 1) request.write("x".repeat(16 * 1024));
    });
    expect(status).toBe(413);
  });
});

describe("errors", () => {
  it("answers 500 without details for unexpected errors, as JSON or as a page", async () => {
    const response = await get("/api/broken");
    expect(response.status).toBe(500);
    expect(await errorOf(response)).toEqual({
      code: "internal_error",
      message: "Something went wrong on our side.",
      requestId: response.headers.get("x-request-id"),
    });
    const page = await get("/page");
    expect(page.status).toBe(500);
    const text = await page.text();
    expect(text).toContain(`request ${page.headers.get("x-request-id")}`);
    expect(text).not.toContain("secret detail");
  });

  it("answers 503 with Retry-After if the database is unavailable", async () => {
    const response = await get("/api/away");
    expect(response.status).toBe(503);
    expect(response.headers.get("retry-after")).toBe("5");
    expect(await errorOf(response)).toMatchObject({ code: "database_unavailable" });
  });
});

describe("the request id", () => {
  const fromNginx = "0123456789abcdef0123456789abcdef";

  it("uses the request id of nginx", async () => {
    const response = await get("/api/things/1", { "x-request-id": fromNginx });
    expect(response.headers.get("x-request-id")).toBe(fromNginx);
  });

  it.each(["with spaces in it, and more", "a".repeat(65)])(
    "replaces the invalid request id '%s' with a new one",
    async (id) => {
      const response = await get("/api/things/1", { "x-request-id": id });
      expect(response.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
    },
  );
});

describe("the request log", () => {
  const logged = async (path: string) => {
    const response = await get(path);
    const id = response.headers.get("x-request-id");
    return app.lines.filter((line) => line.request_id === id);
  };

  it("the request log has one line with method, path, route, class, status and duration", async () => {
    const lines = await logged("/api/things/7?secret=1");
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({
      level: "info",
      message: "GET /api/things/7 200",
      http: { method: "GET", path: "/api/things/7", route: "/api/things/:id", route_class: "api", status_code: 200 },
    });
    expect(lines[0]?.duration_ms).toBeGreaterThan(0);
    expect(lines[0]?.error).toBeUndefined();
  });

  it("the request log contains the stack of an error with its causes", async () => {
    const [broken] = await logged("/api/broken");
    expect(broken).toMatchObject({ level: "error", error: { message: "secret detail" } });
    expect(broken?.error?.stack).toContain("server.test.ts");
    const [away] = await logged("/api/away");
    expect(away?.error?.stack).toContain("Caused by: Error: ECONNREFUSED");
  });

  it("logs successful health checks only at level debug, and failed ones as warnings", async () => {
    expect((await logged("/healthz"))[0]?.level).toBe("debug");
    expect((await logged("/readyz"))[0]?.level).toBe("warn");
  });

  it("logs no stack for client errors", async () => {
    const [line] = await logged("/nothing");
    expect(line).toMatchObject({ level: "info", http: { route: "none", route_class: "none", status_code: 404 } });
    expect(line?.error).toBeUndefined();
  });
});
