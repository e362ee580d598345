import { describe, expect, it } from "vitest";
import type { HttpError } from "../../../examples/guestbook/src/http/errors.js";
import { idempotencyKey } from "../../../examples/guestbook/src/notes/idempotency-key.js";
import { parseId, parseNote } from "../../../examples/guestbook/src/notes/note.js";

const problemsOf = (value: unknown): readonly string[] => {
  try {
    parseNote(value);
    return [];
  } catch (error) {
    return (error as HttpError).props.problems ?? [(error as HttpError).message];
  }
};

describe("a note from outside", () => {
  it("trims a note and normalizes its line ends", () =>
    expect(parseNote({ author: " Ann ", text: "\r\na\r\nb\rc\n" })).toEqual({ author: "Ann", text: "a\nb\nc" }));

  it("accepts a note of the maximum length in four-byte characters", () =>
    expect(problemsOf({ author: "🌍".repeat(80), text: "🌍".repeat(2000) })).toEqual([]));

  it.each([
    [null, "The body must be a JSON object with author and text."],
    [[], "The body must be a JSON object with author and text."],
    ["x", "The body must be a JSON object with author and text."],
    [{ author: "a" }, "text: must be text"],
    [{ author: "a", text: 5 }, "text: must be text"],
    [{ author: "  ", text: "t" }, "author: must not be empty"],
    [{ author: "a".repeat(81), text: "t" }, "author: must have at most 80 characters, got 81"],
    [{ author: "a", text: "t".repeat(2001) }, "text: must have at most 2000 characters, got 2001"],
    [{ author: "a", text: "t\u0000" }, "text: must not contain control characters"],
    [{ author: "a", text: "\ud800" }, "text: must not contain control characters"],
    [{ author: "a\nb", text: "t" }, "author: must be one line"],
    [{ author: "a", text: "t", admin: true }, "admin: unknown field; known are author and text"],
  ])("rejects the note %j", (value, problem) => expect(problemsOf(value)).toEqual([problem]));

  it("reports all problems of a note at once", () => expect(problemsOf({ author: "", x: 1 })).toHaveLength(3));
});

describe("an id from outside", () => {
  it("accepts a positive whole number as id", () => expect(parseId("42")).toBe(42));

  it.each(["", "0", "-1", "1.5", "1e3", "abc", "01", "9999999999999999", "1;DROP"])("rejects the id '%s'", (text) =>
    expect(() => parseId(text)).toThrow("An id is a positive whole number."),
  );
});

describe("the idempotency key", () => {
  it("uses the client's idempotency key", () => expect(idempotencyKey("r", "order-0001")).toBe("client:order-0001"));

  it("uses the request id without a client key, because nginx keeps the id in a retry", () =>
    expect(idempotencyKey("0123456789abcdef", undefined)).toBe("request:0123456789abcdef"));

  it.each(["short", "", "with space", "a".repeat(129), "umlaut-äöü"])("rejects the idempotency key '%s'", (key) =>
    expect(() => idempotencyKey("r", key)).toThrow("An idempotency key has 8 to 128"),
  );
});
