import type { Machine } from "../../../lab/machine/machine.js";
import { query } from "../../../lab/machine/sql.js";

/** Name of the table for test writes that do not go through the application. */
const table = "app.proof";

/** Creates the test table if the table does not exist. */
export const makeOwnTable = (primary: Machine): Promise<unknown> =>
  query(primary, `CREATE TABLE IF NOT EXISTS ${table} (text VARCHAR(100) NOT NULL PRIMARY KEY)`);

/** Returns the SQL statement that inserts a text into the test table. @param text SQL expression */
export const insertOwn = (text: string): string => `INSERT INTO ${table} VALUES (${text})`;

/** Returns the texts in a member's test table that begin with `start`. */
export const ownTexts = (machine: Machine, start: string): Promise<readonly string[]> =>
  query(machine, `SELECT text FROM ${table} WHERE text LIKE '${start}%'`);
