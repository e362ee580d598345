export type Value = string | number | Date | null;
export type Row = Readonly<Record<string, Value>>;

/** One SQL statement with `?` placeholders, prepared by the server. */
export interface Statement {
  readonly sql: string;
  readonly values?: readonly Value[];
}

export interface Outcome {
  /** Rows of a SELECT. @default - empty for other statements */
  readonly rows: readonly Row[];
  /** Key that AUTO_INCREMENT gave to an inserted row; 0 otherwise. */
  readonly insertId: number;
}
