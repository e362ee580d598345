import type { HttpError } from "../http/errors.js";
import { type Html, html } from "../http/html.js";
import { limits } from "../limits.js";
import type { Note } from "./note.js";

/** The server of the page. */
export interface Site {
  readonly domain: string;
  readonly server: string;
  readonly version: string;
}

/** Content of the form: empty, or rejected input with its problems. */
export interface FormState {
  /** Ensures that the same form is written only once. */
  readonly key: string;
  /** @default "" */
  readonly author?: string;
  /** @default "" */
  readonly text?: string;
  /** Problems of the note, one sentence each. @default - none */
  readonly problems?: readonly string[];
}

/** The home page: a form and the recent notes. */
export const homePage = (site: Site, notes: readonly Note[], form: FormState): string =>
  layout(
    site,
    html`${noteForm(form)}
      <section aria-label="Notes">${notes.map(noteArticle)}</section>`,
  );

/** The page for an error, with the request id for a search in the logs. */
export const errorPage =
  (site: Site) =>
  ({ props: { status, message, problems = [] } }: HttpError, requestId: string): string =>
    layout(
      site,
      html`<section class="error">
        <h2>${message}</h2>
        ${problemList(problems)}
        <p>Error ${status}, request ${requestId}. <a href="/">Back to the notes</a></p>
      </section>`,
    );

const layout = (site: Site, content: Html): string =>
  html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${site.domain}</title>
        <link rel="icon" href="/assets/icon.svg" type="image/svg+xml" />
        <link rel="stylesheet" href="/assets/site.css" />
      </head>
      <body>
        <header>
          <h1><a href="/">${site.domain}</a></h1>
        </header>
        <main>${content}</main>
        <footer>Served by ${site.server}, version ${site.version}</footer>
      </body>
    </html>`.text;

const noteForm = ({ key, author = "", text = "", problems = [] }: FormState): Html =>
  html`<form method="post" action="/notes">
    ${problemList(problems)}
    <input type="hidden" name="key" value="${key}" />
    <label>Name <input name="author" value="${author}" maxlength="${limits.notes.authorCharacters}" required /></label>
    <label>
      Note
      <textarea name="text" rows="3" maxlength="${limits.notes.textCharacters}" required>${text}</textarea>
    </label>
    <button>Leave a note</button>
  </form>`;

const problemList = (problems: readonly string[]): readonly Html[] =>
  problems.length === 0
    ? []
    : [
        html`<ul role="alert">
          ${problems.map((problem) => html`<li>${problem}</li>`)}
        </ul>`,
      ];

const noteArticle = ({ id, author, text, createdAt }: Note): Html =>
  html`<article id="note-${id}">
    <h2>${author}</h2>
    <p>${text}</p>
    <time datetime="${createdAt.toISOString()}">${createdAt.toISOString().slice(0, 16).replace("T", " ")} UTC</time>
  </article>`;
