import { Hono } from "hono";
import type { Database } from "./database/database.js";
import { isDuplicate } from "./database/errors.js";
import type { Value } from "./database/statement.js";
import { type AppEnv, HttpError, readJson, type Routes } from "./http.js";

/** Maximum number of characters, as in the database table. */
const longest = { author: 80, text: 2000 };

/** Returns the text of a field. @throws HttpError with status 400 if the field is missing, too long or contains control characters */
function field(note: unknown, name: keyof typeof longest): string {
  const text = (note as Readonly<Record<string, unknown>> | null)?.[name];
  if (
    typeof text === "string" &&
    text !== "" &&
    [...text].length <= longest[name] &&
    !/[^\P{Cc}\n\t]|\p{Cs}/u.test(text)
  )
    return text;
  throw new HttpError(400, `${name}: must be a text of 1 to ${longest[name]} characters`);
}

const escapeHtml = (value: Value | undefined): string =>
  String(value).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

/** Returns the routes of the home page with the recent notes, and of the API that writes a note. */
export const noteRoutes = (database: Database, site: { domain: string; server: string; version: string }): Routes =>
  new Hono<AppEnv>()
    .get("/", async (c) => {
      const notes = await database.read({ sql: "SELECT author, text FROM notes ORDER BY id DESC LIMIT 20" });
      const items = notes.map(({ author, text }) => `<li>${escapeHtml(author)}: ${escapeHtml(text)}</li>`);
      return c.html(
        `<!doctype html><html lang="en"><meta charset="utf-8"><title>${escapeHtml(site.domain)}</title>` +
          `<h1>${escapeHtml(site.domain)}</h1><ul>${items.join("")}</ul>` +
          `<footer>Served by ${escapeHtml(site.server)}, version ${escapeHtml(site.version)}</footer></html>`,
      );
    })
    .post("/api/notes", async (c) => {
      const note = await readJson(c);
      const [author, text] = [field(note, "author"), field(note, "text")];
      await database
        .writeIdempotent({
          sql: "INSERT INTO notes (author, text, created_at, idempotency_key) VALUES (?, ?, ?, ?)",
          // If nginx repeats a request, it keeps the request id. A repeated request therefore writes a note only once.
          values: [author, text, new Date(), `request:${c.get("requestId")}`],
        })
        .catch((error: unknown) => {
          if (!isDuplicate(error)) throw error;
        });
      return c.json({ author, text }, 201);
    });
