/** Severity of a line, the least important first. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** Fields of a log line. An `Error` under `error` is written as kind, message, code and stack. */
export interface LogFields {
  /** @default - none */
  readonly error?: unknown;
  readonly [name: string]: unknown;
}

/** A function for each level. */
export type Log = Readonly<Record<LogLevel, (message: string, fields?: LogFields) => void>>;

/** Properties of {@link createLog}. */
export interface LogProps {
  /** Fields of every line, such as `service` and `version`. @default - none */
  readonly base?: LogFields;
  /** Lines below this level are dropped. @default "info" */
  readonly level?: LogLevel;
  /** Takes one line, its newline included. @default - standard output, which the journal records */
  readonly write?: (line: string) => void;
}

const order: readonly LogLevel[] = ["debug", "info", "warn", "error"];

/** A logger that writes one JSON object per line. The level is called `level`, not `status`: Datadog reads both as severity. */
export const createLog = ({ base = {}, level = "info", write = writeToStandardOutput }: LogProps = {}): Log => {
  const writer =
    (own: LogLevel) =>
    (message: string, fields: LogFields = {}) => {
      if (order.indexOf(own) < order.indexOf(level)) return;
      const { error, ...rest } = fields;
      const line = { timestamp: new Date().toISOString(), level: own, message, ...base, ...rest };
      write(`${JSON.stringify(error === undefined ? line : { ...line, error: describeError(error) })}\n`);
    };
  return { debug: writer("debug"), info: writer("info"), warn: writer("warn"), error: writer("error") };
};

/** An error as Datadog's standard attributes `error.kind`, `error.message` and `error.stack`; causes follow in the stack. */
const describeError = (error: unknown): { kind: string; message: string; stack?: string; code?: unknown } => {
  if (!(error instanceof Error)) return { kind: typeof error, message: String(error) };
  return { kind: error.name, message: error.message, stack: stackOf(error), code: (error as { code?: unknown }).code };
};

/** The messages of an error and its causes, in one line. */
export const messageOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${messageOf(error.cause)}` : error.message;
};

const stackOf = (error: Error): string => {
  const own = error.stack ?? error.message;
  return error.cause instanceof Error ? `${own}\nCaused by: ${stackOf(error.cause)}` : own;
};

const writeToStandardOutput = (line: string): void => void process.stdout.write(line);
