import type { Machine } from "../../../lab/machine/machine.js";
import { query } from "../../../lab/machine/sql.js";

/** A table of the proof's own, for what is written past the application. */
const table = "app.proof";

/** Makes the table, where it is not there. */
export const makeOwnTable = (primary: Machine): Promise<unknown> =>
  query(primary, `CREATE TABLE IF NOT EXISTS ${table} (text VARCHAR(100) NOT NULL PRIMARY KEY)`);

/** Statement that writes a text, which SQL computes. */
export const insertOwn = (text: string): string => `INSERT INTO ${table} VALUES (${text})`;

/** Texts of the table that begin with `start`, as a member has them. */
export const ownTexts = (machine: Machine, start: string): Promise<readonly string[]> =>
  query(machine, `SELECT text FROM ${table} WHERE text LIKE '${start}%'`);
