/** Text that is HTML already. */
export class Html {
  constructor(readonly text: string) {}
}

/** What the template tag {@link html} takes. */
export type HtmlValue = string | number | Html | readonly Html[];

/** Template tag: every inserted value is escaped, unless it is {@link Html} itself. */
export const html = (parts: TemplateStringsArray, ...values: readonly HtmlValue[]): Html =>
  new Html(parts.reduce((text, part, index) => text + render(values[index - 1] ?? "") + part));

const render = (value: HtmlValue): string => {
  if (value instanceof Html) return value.text;
  if (typeof value === "string" || typeof value === "number") return escapeHtml(String(value));
  return value.map(({ text }) => text).join("");
};

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => entities[character] ?? "");
