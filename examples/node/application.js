import { randomUUID } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { hostname } from "node:os";
import { json } from "node:stream/consumers";
import { Unavailable } from "./database.js";

const version = existsSync("VERSION") ? readFileSync("VERSION", "utf8").trim() : "development";
const escape = (text) => text.replaceAll(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);

/** Returns the routes. Each route returns a status and a body. An object becomes JSON, a text becomes HTML. */
const routes = (database, environment) => ({
  "GET /": async () => {
    const notes = await database.read("SELECT text FROM notes ORDER BY id DESC LIMIT 20");
    const lines = notes.map(({ text }) => `<li>${escape(text)}</li>`);
    return [200, `<!doctype html><html lang="en"><title>Notes</title><h1>Notes</h1><ul>${lines.join("")}</ul></html>`];
  },
  "POST /api/notes": async (request) => {
    const { text } = (await json(request).catch(() => undefined)) ?? {};
    if (typeof text !== "string" || !/^.{1,500}$/.test(text))
      return [400, { error: 'The body must be {"text": …} with a line of at most 500 characters.' }];
    // If nginx repeats a request, it keeps the request id. The note is therefore written only once.
    const id = request.headers["x-request-id"] ?? randomUUID();
    await database.write("INSERT IGNORE INTO notes (text, request) VALUES (?, ?)", [text, id.slice(0, 160)]);
    return [201, { text }];
  },
  "GET /api/status": async () => [200, { version, server: hostname(), environment: environment.ENVIRONMENT }],
  "GET /healthz": async () => [200, { ok: true }],
  "GET /readyz": async () => {
    // The statement fails on a read-only member.
    await database.write("DELETE FROM notes WHERE id = 0");
    await database.read("SELECT 1 FROM notes LIMIT 1");
    return [200, { ok: true }];
  },
});

function failure(error, request) {
  const fields = { request_id: request.headers["x-request-id"], path: request.url };
  console.log(
    JSON.stringify({ level: "error", message: String(error), timestamp: new Date().toISOString(), ...fields }),
  );
  return [error instanceof Unavailable ? 503 : 500, { error: "Try again later." }];
}

/** Creates the HTTP server. The server does not listen yet. */
export function createApplication(database, environment) {
  const known = routes(database, environment);
  return createServer(async (request, response) => {
    const method = request.method === "HEAD" ? "GET" : request.method;
    const route = known[`${method} ${request.url.split("?")[0]}`];
    const [status, body] = route
      ? await route(request).catch((error) => failure(error, request))
      : [404, { error: "There is nothing at this address." }];
    response.statusCode = status;
    response.setHeader("Content-Type", typeof body === "string" ? "text/html; charset=utf-8" : "application/json");
    response.setHeader("Cache-Control", "no-store");
    if (status === 503) response.setHeader("Retry-After", "5");
    response.end(typeof body === "string" ? body : JSON.stringify(body));
  });
}
