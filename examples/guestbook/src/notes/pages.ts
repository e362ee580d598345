import { randomUUID } from "node:crypto";
import { readForm } from "../http/body.js";
import { HttpError } from "../http/errors.js";
import { type AppRequest, htmlReply, seeOther } from "../http/exchange.js";
import type { Route } from "../http/router.js";
import { limits } from "../limits.js";
import { idempotencyKey } from "./idempotency-key.js";
import { parseId, parseNote } from "./note.js";
import { homePage, type Site } from "./page.js";
import type { Notes } from "./store.js";

/** The pages for people. */
export const notePages = (store: Notes, site: Site): readonly Route[] => [
  {
    method: "GET",
    path: "/",
    class: "page",
    handle: async ({ query }) => {
      const including = query.get("note"); // set after writing, so that one sees one's own note
      const notes = await store.list({
        limit: limits.notes.pageSize,
        including: including === null ? undefined : parseId(including),
      });
      return htmlReply(200, homePage(site, notes, { key: randomUUID() }));
    },
  },
  {
    method: "POST",
    path: "/notes",
    class: "page",
    handle: async (request) => {
      refuseOtherSites(request);
      const form = await readForm(request);
      const author = form.get("author") ?? "";
      const text = form.get("text") ?? "";
      try {
        const key = idempotencyKey(request, form.get("key") ?? undefined);
        const { note } = await store.add({ ...parseNote({ author, text }), idempotencyKey: key });
        return seeOther(`/?note=${note.id}#note-${note.id}`);
      } catch (error) {
        if (!(error instanceof HttpError) || error.props.status >= 500) throw error;
        const { status, message, problems = [message] } = error.props;
        return htmlReply(status, homePage(site, [], { key: randomUUID(), author, text, problems }));
      }
    },
  },
];

/** Browsers tell where a form was sent from: another site must not write in a visitor's name. */
const refuseOtherSites = (request: AppRequest): void => {
  const origin = request.headers["sec-fetch-site"];
  if (origin === undefined || origin === "same-origin" || origin === "none") return;
  throw new HttpError({ status: 403, code: "cross_site", message: "Forms of other sites are not accepted." });
};
