import { randomUUID } from "node:crypto";
import { type Context, Hono } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { readForm } from "../http/body.js";
import { HttpError } from "../http/errors.js";
import type { AppEnv, Routes } from "../http/server.js";
import { limits } from "../limits.js";
import { idempotencyKey } from "./idempotency-key.js";
import { parseId, parseNote } from "./note.js";
import { homePage, type Site } from "./page.js";
import type { Notes } from "./store.js";

/** The pages for people. */
export const notePages = (store: Notes, site: Site): Routes =>
  new Hono<AppEnv>()
    .get("/", async (c) => {
      const including = c.req.query("note"); // set after writing, so that one sees one's own note
      const notes = await store.list({
        limit: limits.notes.pageSize,
        including: including === undefined ? undefined : parseId(including),
      });
      return c.html(homePage(site, notes, { key: randomUUID() }));
    })
    .post("/notes", async (c) => {
      refuseOtherSites(c);
      const form = await readForm(c);
      const author = form.get("author") ?? "";
      const text = form.get("text") ?? "";
      try {
        const key = idempotencyKey(c.get("requestId"), form.get("key") ?? undefined);
        const { note } = await store.add({ ...parseNote({ author, text }), idempotencyKey: key });
        return c.redirect(`/?note=${note.id}#note-${note.id}`, 303); // with GET: reloading the page does not send the form again
      } catch (error) {
        if (!(error instanceof HttpError) || error.props.status >= 500) throw error;
        const { status, message, problems = [message] } = error.props;
        const page = homePage(site, [], { key: randomUUID(), author, text, problems });
        return c.html(page, status as ContentfulStatusCode);
      }
    });

/** Browsers report which site sent a form. Another site must not write on behalf of a visitor. */
const refuseOtherSites = (c: Context): void => {
  const origin = c.req.header("sec-fetch-site");
  if (origin === undefined || origin === "same-origin" || origin === "none") return;
  throw new HttpError({ status: 403, code: "cross_site", message: "Forms of other sites are not accepted." });
};
