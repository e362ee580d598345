import { connect, type Socket } from "node:net";
import {
  createPool,
  type Pool as DriverPool,
  type PoolConnection,
  type ResultSetHeader,
  type RowDataPacket,
  type SslOptions,
} from "mysql2/promise";
import { limits } from "../limits.js";
import type { Address, DatabaseSettings } from "../settings.js";
import { ConnectFailure, judge, WrongMember } from "./errors.js";
import { Reachability } from "./reachability.js";
import type { ProbedPool } from "./endpoint.js";
import type { Outcome, Statement } from "./statement.js";
import { within } from "./time.js";

/** A group of connections that are created and closed together. */
interface Generation {
  readonly connections: DriverPool;
  /** All open sockets, so that frozen connections can be closed. */
  readonly sockets: Set<Socket>;
}

/** Properties of {@link Pool}. */
export interface PoolProps {
  /** The `write` endpoint must lead to a member that accepts writes. Messages contain the name. */
  readonly name: "write" | "read";
  /** Address on which HAProxy listens for this side. */
  readonly address: Address;
  /** Account, schema, and the CA that verifies the certificates of members. */
  readonly database: DatabaseSettings;
  /** Maximum number of connections. @default limits.database.connectionsPerEndpoint */
  readonly size?: number;
  /** Time limit for TCP, TLS and login together, in milliseconds. @default limits.database.connectSeconds */
  readonly connectMs?: number;
}

/**
 * Connections to one endpoint of the database. They use TLS, and the member's certificate must contain `database.tlsName`.
 *
 * If one connection is dead, frozen or leads to a member that lost its role, the other connections probably are too. So the pool closes
 * the whole generation, and the next attempt opens a new connection instead of using another frozen one.
 */
export class Pool implements ProbedPool {
  /** Records whether the last statement on these connections got an answer. */
  readonly reachability = new Reachability();
  /** TLS options that all connections share, because the driver caches parsed certificates and TLS sessions in this object. */
  private readonly ssl: SslOptions;
  private current: Generation;

  constructor(private readonly props: PoolProps) {
    this.ssl = { ca: props.database.ca, minVersion: "TLSv1.2", rejectUnauthorized: true, verifyIdentity: true };
    this.current = this.generation();
  }

  /** Runs one statement within `timeoutMs` in total. The promise rejects with the driver's error or {@link ConnectFailure}. */
  run(statement: Statement, timeoutMs: number): Promise<Outcome> {
    return this.use(timeoutMs, async (connection) => {
      const { sql, values = [] } = statement;
      const [result] = await connection.execute<RowDataPacket[] | ResultSetHeader>(sql, [...values]);
      return Array.isArray(result) ? { rows: result, insertId: 0 } : { rows: [], insertId: result.insertId };
    });
  }

  /** Checks whether the endpoint can do its work. Rejects with {@link WrongMember} if the write endpoint leads to a read-only member. */
  async probe(timeoutMs: number): Promise<void> {
    await this.use(timeoutMs, async (connection) => {
      const [rows] = await connection.query<RowDataPacket[]>("SELECT @@global.super_read_only AS readOnly");
      if (this.props.name === "write" && rows[0]?.["readOnly"] !== 0)
        throw new WrongMember("the write port leads to a read-only member");
    });
  }

  /** Gives one connection to `work`. The connection returns to the pool only if it is healthy. */
  async use<T>(timeoutMs: number, work: (connection: PoolConnection) => Promise<T>): Promise<T> {
    const until = Date.now() + timeoutMs;
    const generation = this.current;
    const connection = await this.acquire(generation, timeoutMs);
    // A statement that waited long for a connection still gets half of its time for the answer before the connection is closed.
    const workMs = Math.max(timeoutMs / 2, until - Date.now());
    try {
      const result = await within(workMs, `${this.props.name} database`, work(connection));
      this.reachability.answered();
      connection.release();
      return result;
    } catch (error) {
      this.settle(error, generation, connection);
      throw error;
    }
  }

  /** Closes all connections. Idle connections are closed at once, busy connections after their statement or after `graceMs`. */
  async close(graceMs = 1000): Promise<void> {
    await retire(this.current, graceMs);
  }

  private async acquire(generation: Generation, timeoutMs: number): Promise<PoolConnection> {
    const pending = generation.connections.getConnection();
    try {
      return await within(timeoutMs, `${this.props.name} database: connection`, pending);
    } catch (error) {
      pending.then(
        (late) => late.release(),
        () => undefined,
      );
      const failure = new ConnectFailure(`${this.props.name} database: cannot connect`, { cause: error });
      if (generation === this.current) this.reachability.failed(failure);
      throw failure;
    }
  }

  private settle(error: unknown, generation: Generation, connection: PoolConnection): void {
    if (judge(error) !== "renew") {
      this.reachability.answered();
      connection.release();
      return;
    }
    this.reachability.failed(error);
    connection.destroy();
    if (generation !== this.current) return; // Another request was faster.
    this.current = this.generation();
    void retire(generation, limits.database.attemptSeconds * 1000);
  }

  private generation(): Generation {
    const { address, database, size, connectMs } = this.props;
    const sockets = new Set<Socket>();
    const connections = createPool({
      // The driver verifies the certificate for `host`, so `host` is the name in the certificate. `stream` connects to the real address.
      host: database.tlsName,
      stream: () => openSocket(address, sockets),
      ssl: this.ssl,
      database: database.name,
      user: database.user,
      password: database.password,
      timezone: "Z",
      connectTimeout: connectMs ?? limits.database.connectSeconds * 1000,
      connectionLimit: size ?? limits.database.connectionsPerEndpoint,
    });
    // After an error of an idle connection, the driver removes the connection. Without this listener, the error would end the process.
    connections.on("connection", (connection) => void connection.on("error", () => undefined));
    return { connections, sockets };
  }
}

const openSocket = (address: Address, sockets: Set<Socket>): Socket => {
  const socket = connect({ ...address, noDelay: true, keepAlive: true, keepAliveInitialDelay: 5000 });
  sockets.add(socket);
  return socket.once("close", () => sockets.delete(socket));
};

const retire = async ({ connections, sockets }: Generation, graceMs: number): Promise<void> => {
  const ended = connections.end().catch(() => undefined);
  await within(graceMs, "end of connections", ended).catch(() => undefined);
  for (const socket of sockets) socket.destroy();
};
