import { readJson } from "../http/body.js";
import { badRequest, notFound } from "../http/errors.js";
import { jsonReply } from "../http/exchange.js";
import type { Route } from "../http/router.js";
import { limits } from "../limits.js";
import { idempotencyKey } from "./idempotency-key.js";
import { parseId, parseNote } from "./note.js";
import type { Notes } from "./store.js";

/** The JSON API of notes. */
export const noteApi = (store: Notes): readonly Route[] => [
  {
    method: "GET",
    path: "/api/notes",
    class: "api",
    handle: async ({ query }) => {
      const limit = parseLimit(query.get("limit"));
      const before = query.get("before");
      const notes = await store.list({ limit, before: before === null ? undefined : parseId(before) });
      return jsonReply(200, { notes, next: notes.length === limit ? (notes.at(-1)?.id ?? null) : null });
    },
  },
  {
    method: "POST",
    path: "/api/notes",
    class: "api",
    handle: async (request) => {
      const input = parseNote(await readJson(request));
      const header = request.headers["idempotency-key"];
      const key = idempotencyKey(request, header === undefined ? undefined : String(header));
      const { note, replayed } = await store.add({ ...input, idempotencyKey: key });
      return jsonReply(201, note, {
        location: `/api/notes/${note.id}`,
        ...(replayed ? { "idempotency-replayed": "true" } : {}),
      });
    },
  },
  {
    method: "GET",
    path: "/api/notes/:id",
    class: "api",
    handle: async ({ parameters }) => {
      const note = await store.find(parseId(parameters["id"] ?? ""));
      if (!note) throw notFound("There is no such note.");
      return jsonReply(200, note);
    },
  },
];

const parseLimit = (text: string | null): number => {
  const limit = Number(text ?? limits.notes.pageSize);
  if (Number.isInteger(limit) && limit >= 1 && limit <= limits.notes.largestPage) return limit;
  throw badRequest(`The limit is a whole number from 1 to ${limits.notes.largestPage}.`);
};
