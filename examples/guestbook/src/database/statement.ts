/** A parameter of a statement, or a value in a result. */
export type Value = string | number | Date | null;
/** One row of a result, by column. */
export type Row = Readonly<Record<string, Value>>;

/** One SQL statement with `?` placeholders, prepared by the server. */
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
