import { describe, expect, it } from "vitest";
import { Allowance } from "../../../examples/guestbook/src/allowance.js";
import type { Database } from "../../../examples/guestbook/src/database/database.js";
import type { Row, Statement } from "../../../examples/guestbook/src/database/statement.js";
import { NoteStore } from "../../../examples/guestbook/src/notes/store.js";

const createdAt = new Date("2026-03-01T12:00:00.123Z");
const row = (id: number): Row => ({ id, author: "Ann", text: "hello", created_at: createdAt });
const note = (id: number) => ({ id, author: "Ann", text: "hello", createdAt });
const duplicate = Object.assign(new Error("duplicate"), { errno: 1062, sqlState: "23000" });

interface FakeProps {
  readonly replica?: readonly Row[];
  readonly primary?: readonly Row[];
  readonly insert?: number | Error;
}

const fakeStore = ({ replica = [], primary = [], insert = 1 }: FakeProps, primaryReads?: Allowance) => {
  const calls: [string, Statement][] = [];
  const answer = <T>(side: string, statement: Statement, result: T | Error): Promise<T> => {
    calls.push([side, statement]);
    return result instanceof Error ? Promise.reject(result) : Promise.resolve(result);
  };
  const database: Database = {
    read: (statement) => answer("replica", statement, replica),
    readPrimary: (statement) => answer("primary", statement, primary),
    writeIdempotent: (statement) =>
      answer("write", statement, insert instanceof Error ? insert : { rows: [], insertId: insert }),
  };
  return { store: new NoteStore(database, primaryReads), calls, sides: () => calls.map(([side]) => side) };
};

describe("listing notes", () => {
  it("lists the newest notes from a replica", async () => {
    const { store, calls } = fakeStore({ replica: [row(2), row(1)] });
    expect(await store.list({ limit: 20 })).toEqual([note(2), note(1)]);
    expect(calls).toEqual([
      ["replica", { sql: "SELECT id, author, text, created_at FROM notes ORDER BY id DESC LIMIT ?", values: ["20"] }],
    ]);
  });

  it("lists the notes before a given note", async () => {
    const { store, calls } = fakeStore({});
    await store.list({ limit: 5, before: 9 });
    expect(calls[0]?.[1]).toEqual({
      sql: "SELECT id, author, text, created_at FROM notes WHERE id < ? ORDER BY id DESC LIMIT ?",
      values: [9, "5"],
    });
  });

  it("lists notes from the primary if the replica does not have the reader's new note yet", async () => {
    const { store, sides } = fakeStore({ replica: [row(2)], primary: [row(3), row(2)] });
    expect(await store.list({ limit: 20, including: 3 })).toEqual([note(3), note(2)]);
    expect(sides()).toEqual(["replica", "primary"]);
  });

  it("lists notes from the replica if it has the reader's new note", async () => {
    const { store, sides } = fakeStore({ replica: [row(4), row(3)] });
    await store.list({ limit: 20, including: 3 });
    expect(sides()).toEqual(["replica"]);
  });
});

describe("notes that nobody has", () => {
  it("limits reads of missing notes from the primary to a few per second", async () => {
    let seconds = 0;
    const { store, sides } = fakeStore({ replica: [row(2)] }, new Allowance(3, () => seconds));
    const asked = async (): Promise<number> => {
      const before = sides().filter((side) => side === "primary").length;
      for (let n = 0; n < 20; n++) expect(await store.list({ limit: 20, including: 999_999 })).toBeDefined();
      return sides().filter((side) => side === "primary").length - before;
    };
    expect(await asked()).toBe(3);
    expect(await store.list({ limit: 20, including: 999_999 })).toEqual([note(2)]);
    seconds = 1;
    expect(await asked()).toBe(3);
    seconds = 100;
    expect(await asked()).toBe(3);
  });

  it("does not query the primary for missing notes above the limit", async () => {
    const { store, sides } = fakeStore({}, new Allowance(1, () => 0));
    for (let n = 0; n < 5; n++) expect(await store.find(7)).toBeUndefined();
    expect(sides().filter((side) => side === "primary")).toHaveLength(1);
  });
});

describe("finding a note", () => {
  it("reads a note from a replica", async () => {
    const { store, sides } = fakeStore({ replica: [row(3)] });
    expect(await store.find(3)).toEqual(note(3));
    expect(sides()).toEqual(["replica"]);
  });

  it("reads a note from the primary if the replica does not have it", async () => {
    const { store, sides } = fakeStore({ primary: [row(3)] });
    expect(await store.find(3)).toEqual(note(3));
    expect(sides()).toEqual(["replica", "primary"]);
  });

  it("finds no note if the primary does not have it either", async () => {
    expect(await fakeStore({}).store.find(3)).toBeUndefined();
  });
});

describe("adding a note", () => {
  const input = { author: "Ann", text: "hello", idempotencyKey: "client:k" };

  it("writes a note once and returns it with its new id", async () => {
    const { store, calls } = fakeStore({ insert: 7 });
    const { note: added, replayed } = await store.add(input);
    expect(added).toMatchObject({ id: 7, author: "Ann", text: "hello" });
    expect(replayed).toBe(false);
    expect(calls[0]?.[1].values).toEqual(["Ann", "hello", added.createdAt, "client:k"]);
  });

  it("returns the first note if the key was already used", async () => {
    const { store, sides } = fakeStore({ insert: duplicate, primary: [row(5)] });
    expect(await store.add(input)).toEqual({ note: note(5), replayed: true });
    expect(sides()).toEqual(["write", "primary"]);
  });

  it("returns 422 if the key was used for another note", async () => {
    const { store } = fakeStore({ insert: duplicate, primary: [row(5)] });
    await expect(store.add({ ...input, text: "other" })).rejects.toMatchObject({ props: { status: 422 } });
  });

  it("does not catch other errors", async () => {
    const error = new Error("database away");
    await expect(fakeStore({ insert: error }).store.add(input)).rejects.toBe(error);
  });
});
