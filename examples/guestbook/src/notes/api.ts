import { Hono } from "hono";
import { readJson } from "../http/body.js";
import { badRequest, notFound } from "../http/errors.js";
import type { AppEnv, Routes } from "../http/server.js";
import { limits } from "../limits.js";
import { idempotencyKey } from "./idempotency-key.js";
import { parseId, parseNote } from "./note.js";
import type { Notes } from "./store.js";

/** The JSON API of notes. */
export const noteApi = (store: Notes): Routes =>
  new Hono<AppEnv>()
    .get("/api/notes", async (c) => {
      const limit = parseLimit(c.req.query("limit"));
      const before = c.req.query("before");
      const notes = await store.list({ limit, before: before === undefined ? undefined : parseId(before) });
      return c.json({ notes, next: notes.length === limit ? (notes.at(-1)?.id ?? null) : null });
    })
    .post("/api/notes", async (c) => {
      const input = parseNote(await readJson(c));
      const key = idempotencyKey(c.get("requestId"), c.req.header("idempotency-key"));
      const { note, replayed } = await store.add({ ...input, idempotencyKey: key });
      if (replayed) c.header("idempotency-replayed", "true");
      return c.json(note, 201, { location: `/api/notes/${note.id}` });
    })
    .get("/api/notes/:id", async (c) => {
      const note = await store.find(parseId(c.req.param("id")));
      if (!note) throw notFound("There is no such note.");
      return c.json(note);
    });

const parseLimit = (text: string | undefined): number => {
  const limit = Number(text ?? limits.notes.pageSize);
  if (Number.isInteger(limit) && limit >= 1 && limit <= limits.notes.largestPage) return limit;
  throw badRequest(`The limit is a whole number from 1 to ${limits.notes.largestPage}.`);
};
