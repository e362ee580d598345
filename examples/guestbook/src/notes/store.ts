import { Allowance } from "../allowance.js";
import type { Database } from "../database/database.js";
import { isDuplicate } from "../database/errors.js";
import type { Row } from "../database/statement.js";
import { HttpError } from "../http/errors.js";
import { limits } from "../limits.js";
import type { Note, NoteInput } from "./note.js";

/** A note to write, and the key that identifies repeated requests. */
export interface NewNote extends NoteInput {
  readonly idempotencyKey: string;
}

/** Result of a write. */
export interface Added {
  readonly note: Note;
  /** Whether an earlier request or attempt with this key has written the note. */
  readonly replayed: boolean;
}

/** Properties of {@link NoteStore.list}. */
export interface ListProps {
  /** Maximum number of notes. */
  readonly limit: number;
  /** Only notes older than this one. @default - the newest notes */
  readonly before?: number;
  /** The list must contain this note, which the reader has just written. @default - any list */
  readonly including?: number;
}

const columns = "id, author, text, created_at";

/** Interface of {@link NoteStore} for the routes. */
export type Notes = Pick<NoteStore, "list" | "find" | "add">;

/** Notes in the database. */
export class NoteStore {
  /** @param primaryReads limit of reads from the primary for notes that no replica has, because visitors can request any id */
  constructor(
    private readonly database: Database,
    private readonly primaryReads = new Allowance(limits.notes.primaryReadsPerSecond),
  ) {}

  /** Lists notes from a replica, newest first; from the primary if the replica does not have `including` yet and the limit allows it. */
  async list({ limit, before, including }: ListProps): Promise<readonly Note[]> {
    const statement = {
      sql: `SELECT ${columns} FROM notes ${before ? "WHERE id < ? " : ""}ORDER BY id DESC LIMIT ?`,
      values: [...(before ? [before] : []), String(limit)], // LIMIT takes no floating point number, which numbers are sent as
    };
    const notes = (await this.database.read(statement)).map(toNote);
    const isBehind = including !== undefined && (notes[0]?.id ?? 0) < including;
    return isBehind && this.primaryReads.take() ? (await this.database.readPrimary(statement)).map(toNote) : notes;
  }

  /** Reads a note from a replica; from the primary if the replica does not have it (yet) and the limit allows it. */
  async find(id: number): Promise<Note | undefined> {
    const statement = { sql: `SELECT ${columns} FROM notes WHERE id = ?`, values: [id] };
    const [row] = await this.database.read(statement);
    if (row || !this.primaryReads.take()) return optionalNote(row);
    return optionalNote((await this.database.readPrimary(statement))[0]);
  }

  /**
   * Writes a note once per key. Because of the unique key, the insert can be repeated after a failover with an unknown
   * outcome.
   * @throws 422 if the key was used for another note
   */
  async add({ author, text, idempotencyKey }: NewNote): Promise<Added> {
    const createdAt = new Date();
    try {
      const { insertId } = await this.database.writeIdempotent({
        sql: "INSERT INTO notes (author, text, created_at, idempotency_key) VALUES (?, ?, ?, ?)",
        values: [author, text, createdAt, idempotencyKey],
      });
      return { note: { id: insertId, author, text, createdAt }, replayed: false };
    } catch (error) {
      if (!isDuplicate(error)) throw error;
      const note = await this.findByKey(idempotencyKey);
      if (note?.author !== author || note.text !== text) throw keyReused();
      return { note, replayed: true };
    }
  }

  private async findByKey(key: string): Promise<Note | undefined> {
    const sql = `SELECT ${columns} FROM notes WHERE idempotency_key = ?`;
    return optionalNote((await this.database.readPrimary({ sql, values: [key] }))[0]);
  }
}

const toNote = (row: Row): Note => ({
  id: Number(row["id"]),
  author: String(row["author"]),
  text: String(row["text"]),
  createdAt: row["created_at"] as Date,
});

const optionalNote = (row: Row | undefined): Note | undefined => row && toNote(row);

const keyReused = (): HttpError =>
  new HttpError({
    status: 422,
    code: "idempotency_key_reused",
    message: "This idempotency key was used for another note.",
  });
