import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { setTimeout } from "node:timers/promises";
import { createPool } from "mysql2/promise";

/** Error if the database did not answer in time. The visitor gets status 503 with `Retry-After`. */
export class Unavailable extends Error {}

/**
 * Returns a pool of connections to one side. The connections use TLS through HAProxy. Every member's certificate contains
 * DATABASE_TLS_NAME.
 */
function side(address, environment) {
  const [host, port] = address.split(":");
  const pool = createPool({
    // mysql2 checks the certificate for `host`. `stream` connects to the real address.
    host: environment.DATABASE_TLS_NAME,
    stream: () => connect({ host, port: Number(port), noDelay: true }),
    ssl: { ca: readFileSync(environment.DATABASE_CA_FILE), rejectUnauthorized: true, verifyIdentity: true },
    database: environment.DATABASE_NAME,
    user: environment.DATABASE_USER,
    password: readFileSync(environment.DATABASE_PASSWORD_FILE, "utf8").trim(),
    connectTimeout: 2000,
    connectionLimit: 10,
    // If more requests wait for a connection, they fail at once.
    queueLimit: 500,
  });
  // After an error of an idle connection, the driver removes the connection. The error needs no other handling.
  pool.on("connection", (connection) => connection.on("error", () => undefined));
  return pool;
}

/**
 * Runs a statement. If the statement fails or does not answer in time, the connection is closed. If the statement itself is wrong, the
 * connection stays open.
 */
async function run(pool, sql, values, seconds) {
  const connection = await pool.getConnection();
  try {
    const [result] = await connection.query({ sql, values, timeout: seconds * 1000 });
    connection.release();
    return result;
  } catch (error) {
    if (isFinal(error)) connection.release();
    else connection.destroy();
    throw error;
  }
}

/**
 * Returns true if a repetition of the statement is useless, because of a duplicate key, an unknown column or table, wrong syntax, or a
 * value out of range.
 */
const isFinal = ({ errno }) => [1054, 1062, 1064, 1146, 1264, 1406].includes(errno);

/** Repeats an operation on the given sides in turn until the time limit. */
export async function repeat(operation, sides, seconds) {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    let cause;
    for (const one of sides) {
      try {
        return await operation(one);
      } catch (error) {
        if (isFinal(error)) throw error;
        cause = error;
      }
    }
    if (Date.now() > deadline) throw new Unavailable(cause.message, { cause });
    await setTimeout(100);
  }
}

/** Opens connections to the primary and to a replica. Operations are repeated, so that a failover of 7 to 8 s causes no error. */
export function openDatabase(environment, statementSeconds = 3) {
  const [primary, replica] = ["WRITE", "READ"].map((name) => side(environment[`DATABASE_${name}`], environment));
  const query = (sides, seconds) => (sql, values) =>
    repeat((one) => run(one, sql, values, statementSeconds), sides, seconds);
  return {
    /** Reads from a replica. If no replica answers, reads from the primary. */
    read: query([replica, primary], 5),
    /**
     * Runs a statement on the primary. If an answer is lost, the statement may run twice, so a unique key must make the repetition
     * harmless.
     */
    write: query([primary], 10),
    close: () => Promise.all([primary.end(), replica.end()]),
  };
}
