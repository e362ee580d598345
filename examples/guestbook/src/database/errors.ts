/** Error of an unavailable database. The visitor gets status 503 with `Retry-After`. The cause is the error of the last attempt. */
export class DatabaseUnavailable extends Error {
  override readonly name = "DatabaseUnavailable";
}

/** Error if no connection could be opened. No statement was sent, so another attempt is safe. */
export class ConnectFailure extends Error {
  override readonly name = "ConnectFailure";
}

/** Error if a connection works but leads to a member that cannot serve this side, for example a read-only member for writes. */
export class WrongMember extends Error {
  override readonly name = "WrongMember";
}

/**
 * How to handle an error. `reject` returns the error to the caller, and `retry` repeats the statement. `renew` first replaces all
 * connections, because the whole side (write or read) is unavailable.
 */
export type ErrorReaction = "reject" | "retry" | "renew";

/** MySQL errors after which the statement conflicted with another transaction. The connection is still usable. */
const lostToAnother = new Set([
  1205, // ER_LOCK_WAIT_TIMEOUT
  1213, // ER_LOCK_DEADLOCK
  3101, // ER_TRANSACTION_ROLLBACK_DURING_COMMIT: the group rejected the transaction
]);

/**
 * MySQL errors after which the connected member can no longer serve this side. Another member takes over the work, so these connections are
 * useless.
 */
const wrongMember = new Set([
  1021, // ER_DISK_FULL: a primary without room hands its role over
  1026, // ER_ERROR_ON_WRITE
  1040, // ER_CON_COUNT_ERROR
  1053, // ER_SERVER_SHUTDOWN
  1077, // ER_NORMAL_SHUTDOWN
  1114, // ER_RECORD_FILE_FULL: what a full volume is called first
  1180, // ER_ERROR_DURING_COMMIT
  1290, // ER_OPTION_PREVENTS_STATEMENT: super_read_only, what a former primary says
  1317, // ER_QUERY_INTERRUPTED
  1598, // ER_BINLOG_LOGGING_IMPOSSIBLE
  1792, // ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION
  1836, // ER_READ_ONLY_MODE
  1927, // ER_CONNECTION_KILLED
  3032, // ER_SERVER_OFFLINE_MODE: what a member that left the group says
  3100, // ER_RUN_HOOK_ERROR: Group Replication refused the commit
  3169, // ER_SESSION_WAS_KILLED
  3781, // ER_GR_HOLD_WAIT_TIMEOUT: a new primary still applies its backlog
  3782, // ER_GR_HOLD_KILLED
  3783, // ER_GR_HOLD_MEMBER_STATUS_ERROR
  3796, // ER_GRP_TRX_CONSISTENCY_NOT_ALLOWED
  3797, // ER_GRP_TRX_CONSISTENCY_BEFORE
  3798, // ER_GRP_TRX_CONSISTENCY_AFTER_ON_TRX_BEGIN
  4031, // ER_CLIENT_INTERACTION_TIMEOUT
  4094, // ER_OPERATION_NOT_ALLOWED_WHILE_PRIMARY_CHANGE_IS_RUNNING: its primary is stepping down
]);

/**
 * MySQL errors that occur while the schema does not exist yet: at the first boot, or on a replica that is some milliseconds behind a
 * migration.
 */
const notYet = new Set([
  1146, // ER_NO_SUCH_TABLE
]);

interface DriverError extends Error {
  /**
   * Error number of MySQL or of the driver. Only errors from MySQL also have a `sqlState`. @default - absent for errors of the driver or
   * the network
   */
  readonly errno?: number;
  /** MySQL's five-character class of the error. @default - absent if the error is not from MySQL */
  readonly sqlState?: string;
  /** True if the connection is lost. @default - absent if the connection can still be used */
  readonly fatal?: boolean;
  /** Name of the error, such as `ECONNRESET`. @default - absent */
  readonly code?: string;
}

/** Decides how to handle an error of the driver. Errors from MySQL have a number. All other errors are connection errors. */
export const judge = (error: unknown): ErrorReaction => {
  if (!(error instanceof Error)) return "reject";
  if (error instanceof ConnectFailure || error instanceof WrongMember) return "renew";
  const { errno = 0, sqlState, fatal, code } = error as DriverError;
  if (lostToAnother.has(errno) || notYet.has(errno)) return "retry";
  if (wrongMember.has(errno)) return "renew";
  if (sqlState !== undefined) return "reject";
  return fatal === true || code !== undefined ? "renew" : "reject";
};

const duplicateEntry = 1062; // ER_DUP_ENTRY

/** Returns true if an insert failed because its unique key already exists. */
export const isDuplicate = (error: unknown): boolean => (error as DriverError).errno === duplicateEntry;

/**
 * Returns true for the second error of a failed TLS handshake. While mysql2 (3.24) handles the first error, it closes the socket. If closing
 * fails too, mysql2 emits a second error to which no listener can be attached. The connection is already closed then.
 */
export const isSecondHandshakeError = (error: unknown): boolean => {
  const { code, fatal } = (error ?? {}) as Partial<DriverError>;
  return code === "HANDSHAKE_SSL_ERROR" && fatal === true;
};
