import type { Machine } from "../../../lab/machine/machine.js";
import { query } from "../../../lab/machine/sql.js";

/** A table for writes of the tests that bypass the application. */
const table = "app.proof";

/** Creates the table if it does not exist. */
export const makeOwnTable = (primary: Machine): Promise<unknown> =>
  query(primary, `CREATE TABLE IF NOT EXISTS ${table} (text VARCHAR(100) NOT NULL PRIMARY KEY)`);

/** Statement that inserts a text. @param text SQL expression */
export const insertOwn = (text: string): string => `INSERT INTO ${table} VALUES (${text})`;

/** Texts of a member's table that begin with `start`. */
export const ownTexts = (machine: Machine, start: string): Promise<readonly string[]> =>
  query(machine, `SELECT text FROM ${table} WHERE text LIKE '${start}%'`);
