/** A parameter of a statement, or a value in a result. */
export type Value = string | number | Date | null;
/** A row of a result, with the column names as keys. */
export type Row = Readonly<Record<string, Value>>;

/** An SQL statement with `?` placeholders, which MySQL prepares. */
export interface Statement {
  readonly sql: string;
  /** Values of the placeholders, in their order. @default - none */
  readonly values?: readonly Value[];
}

/** The result of a statement. */
export interface Outcome {
  /** Rows of a SELECT. @default - empty for other statements */
  readonly rows: readonly Row[];
  /** AUTO_INCREMENT key of an inserted row; otherwise 0. */
  readonly insertId: number;
}
