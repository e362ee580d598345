import { type DestinationStream, type Logger, pino } from "pino";

/** Severity of a line, in ascending order. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** Functions that log, such as `log.info(fields, message)`. An `Error` in the field `error` is written as kind, message, code and stack. */
export type Log = Pick<Logger, LogLevel>;

/** Properties of {@link createLog}. */
export interface LogProps {
  /** Fields of every line, such as `service` and `version`. @default - none */
  readonly base?: Readonly<Record<string, unknown>>;
  /** Lowest level that is logged. @default "info" */
  readonly level?: LogLevel;
  /** Stream that receives one line at a time, including its newline. @default - standard output, which the journal records */
  readonly destination?: DestinationStream;
}

/**
 * Creates a logger that writes one JSON object per line. The severity is in `level`, because Datadog would also read `status` as severity.
 */
export const createLog = ({ base = {}, level = "info", destination = process.stdout }: LogProps = {}): Log => {
  return pino(
    {
      base,
      level,
      messageKey: "message",
      timestamp: () => `,"timestamp":"${new Date().toISOString()}"`,
      formatters: { level: (label: string) => ({ level: label }) },
      serializers: { error: describeError },
    },
    destination,
  );
};

/**
 * Converts an error to Datadog's standard attributes `error.kind`, `error.message` and `error.stack`. The stack also contains the causes.
 */
const describeError = (error: unknown): { kind: string; message: string; stack?: string; code?: unknown } => {
  if (!(error instanceof Error)) return { kind: typeof error, message: String(error) };
  return { kind: error.name, message: error.message, stack: stackOf(error), code: (error as { code?: unknown }).code };
};

/** Returns the messages of an error and its causes in one line. */
export const messageOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${messageOf(error.cause)}` : error.message;
};

const stackOf = (error: Error): string => {
  const own = error.stack ?? error.message;
  return error.cause instanceof Error ? `${own}\nCaused by: ${stackOf(error.cause)}` : own;
};
