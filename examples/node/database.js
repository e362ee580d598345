import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { setTimeout } from "node:timers/promises";
import { createPool } from "mysql2/promise";

/** The database did not answer in time: 503 and Retry-After. */
export class Unavailable extends Error {}

/** Connections to one side. They use TLS through HAProxy; every member's certificate contains DATABASE_TLS_NAME. */
function side(address, environment) {
  const [host, port] = address.split(":");
  const pool = createPool({
    // mysql2 checks the certificate against `host`; `stream` connects to the real address.
    host: environment.DATABASE_TLS_NAME,
    stream: () => connect({ host, port: Number(port), noDelay: true }),
    ssl: { ca: readFileSync(environment.DATABASE_CA_FILE), rejectUnauthorized: true, verifyIdentity: true },
    database: environment.DATABASE_NAME,
    user: environment.DATABASE_USER,
    password: readFileSync(environment.DATABASE_PASSWORD_FILE, "utf8").trim(),
    connectTimeout: 2000,
    connectionLimit: 10,
    // More waiting requests fail at once.
    queueLimit: 500,
  });
  // An error of an idle connection only means that the driver removes it.
  pool.on("connection", (connection) => connection.on("error", () => undefined));
  return pool;
}

/** Runs a statement. A connection is closed if it fails or does not answer in time, unless the statement itself is wrong. */
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

/** Whether repeating the statement is useless: a duplicate key, an unknown column or table, wrong syntax, a value out of range. */
const isFinal = ({ errno }) => [1054, 1062, 1064, 1146, 1264, 1406].includes(errno);

/** Repeats an operation on the sides in turn until the time limit. */
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

/** Access to the primary and to a replica. Operations are repeated, so that a failover of 7 to 8 s causes no error. */
export function openDatabase(environment, statementSeconds = 3) {
  const [primary, replica] = ["WRITE", "READ"].map((name) => side(environment[`DATABASE_${name}`], environment));
  const query = (sides, seconds) => (sql, values) =>
    repeat((one) => run(one, sql, values, statementSeconds), sides, seconds);
  return {
    /** Reads from a replica, or from the primary if no replica answers. */
    read: query([replica, primary], 5),
    /** Runs on the primary. The statement may run twice if an answer is lost, so a unique key must make the repetition harmless. */
    write: query([primary], 10),
    close: () => Promise.all([primary.end(), replica.end()]),
  };
}
