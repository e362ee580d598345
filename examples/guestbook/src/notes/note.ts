import { badRequest } from "../http/errors.js";
import { limits } from "../limits.js";

/** A visitor's note. */
export interface NoteInput {
  readonly author: string;
  readonly text: string;
}

/** A stored note. */
export interface Note extends NoteInput {
  readonly id: number;
  readonly createdAt: Date;
}

const fields = ["author", "text"] as const;
const longest = { author: limits.notes.authorCharacters, text: limits.notes.textCharacters };

/** Control characters other than tab and newline, and halves of surrogate pairs, which UTF-8 cannot hold. */
const unprintable = /[^\P{Cc}\n\t]|\p{Cs}/u;

/** Checks untrusted input and normalises white space. @throws 400 that lists every problem */
export const parseNote = (value: unknown): NoteInput => {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw badRequest("The body must be a JSON object with author and text.");
  const input = value as Readonly<Record<string, unknown>>;
  const unknown = Object.keys(input).filter((key) => !fields.some((field) => field === key));
  const note = { author: normalise(input["author"]), text: normalise(input["text"]) };
  const problems = [
    ...unknown.map((key) => `${key.slice(0, 40)}: unknown field; known are ${fields.join(" and ")}`),
    ...fields.flatMap((field) => problemsOf(field, note[field])),
  ];
  if (problems.length > 0) throw badRequest("The note cannot be accepted.", problems);
  return { author: note.author ?? "", text: note.text ?? "" };
};

const normalise = (value: unknown): string | undefined =>
  typeof value === "string" ? value.replace(/\r\n?/g, "\n").trim() : undefined;

const problemsOf = (field: (typeof fields)[number], value: string | undefined): readonly string[] => {
  if (value === undefined) return [`${field}: must be text`];
  if (value === "") return [`${field}: must not be empty`];
  const characters = [...value].length; // code points, as MySQL counts them
  if (characters > longest[field])
    return [`${field}: must have at most ${longest[field]} characters, got ${characters}`];
  if (unprintable.test(value)) return [`${field}: must not contain control characters`];
  return field === "author" && value.includes("\n") ? [`${field}: must be one line`] : [];
};

/** Checks an id from a path or query. @throws 400 */
export const parseId = (text: string): number => {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw badRequest("An id is a positive whole number.");
};
