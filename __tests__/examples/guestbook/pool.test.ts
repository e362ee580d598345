import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ConnectFailure } from "../../../examples/guestbook/src/database/errors.js";
import { Pool, type PoolProps } from "../../../examples/guestbook/src/database/pool.js";
import { makeCertificate, type TestCertificate } from "./support/certificate.js";
import { FakeMysql, type FakeMysqlProps } from "./support/fake-mysql.js";

const statement = { sql: "SELECT 1" };
let certificate: TestCertificate;
let mysql: FakeMysql;
let pool: Pool;

const start = async (
  server: Partial<FakeMysqlProps> = {},
  props: Partial<PoolProps> = {},
  tlsName = "mysql.internal",
) => {
  mysql = new FakeMysql({ certificate, ...server });
  const address = await mysql.listen();
  pool = makePool(address, props, tlsName);
};

const makePool = (address: PoolProps["address"], props: Partial<PoolProps> = {}, tlsName = "mysql.internal"): Pool =>
  new Pool({
    name: "write",
    address,
    connectMs: 5000,
    database: {
      write: address,
      read: address,
      name: "app",
      user: "app",
      password: "x",
      ca: certificate.certificate,
      tlsName,
    },
    ...props,
  });

const causeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => "no error",
    (error: Error) => (error.cause as Error).message,
  );

beforeAll(() => {
  certificate = makeCertificate("mysql.internal");
});

afterEach(async () => {
  await pool.close(50);
  await mysql.close();
});

describe("TLS to the database", () => {
  it("a database connection is accepted if the server's certificate contains the expected name, regardless of the address", async () => {
    await start();
    expect(await pool.run(statement, 5000)).toEqual({ rows: [], insertId: 0 });
  });

  it("a database connection is rejected if the server's certificate has another name", async () => {
    await start({}, {}, "other.internal");
    expect(await causeOf(pool.run(statement, 5000))).toContain("does not match certificate's altnames");
  });

  it("a database connection is rejected if another authority signed the server's certificate", async () => {
    await start({ certificate: makeCertificate("mysql.internal") });
    expect(await causeOf(pool.run(statement, 5000))).toMatch(/self-signed certificate|signature failure/);
  });

  it("a database connection fails, and no password is sent, if the server offers no TLS", async () => {
    await start({ withTls: false });
    expect(await causeOf(pool.run(statement, 5000))).toBe("Server does not support secure connection");
  });
});

describe("results", () => {
  beforeEach(() => start());

  it("a SELECT statement returns rows", async () => {
    mysql.answer = () => ({
      columns: ["id", "author"],
      rows: [
        [7, "Ann"],
        [8, "Bob"],
      ],
    });
    const { rows } = await pool.run({ sql: "SELECT id, author FROM notes WHERE id > ?", values: [6] }, 1000);
    expect(rows).toEqual([
      { id: 7, author: "Ann" },
      { id: 8, author: "Bob" },
    ]);
  });

  it("an INSERT statement returns the new key", async () => {
    mysql.answer = () => ({ insertId: 42 });
    expect((await pool.run({ sql: "INSERT" }, 1000)).insertId).toBe(42);
  });
});

describe("an unusable connection", () => {
  beforeEach(() => start());

  const openTwo = async (): Promise<void> => {
    mysql.answer = () => "ok";
    await Promise.all([pool.run(statement, 5000), pool.run(statement, 5000)]);
    expect(mysql.accepted).toBe(2);
  };

  it.each([
    ["dies", "die"],
    ["leads to a former primary", { errno: 1290 }],
    ["leads to a member in offline mode", { errno: 3032 }],
    ["gets its commit rejected by the group", { errno: 3100 }],
  ] as const)(
    "if a database connection %s, the connection pool closes this connection and all its other connections",
    async (_, answer) => {
      await openTwo();
      mysql.answer = () => answer;
      await expect(pool.run(statement, 5000)).rejects.toThrow();
      mysql.answer = () => "ok";
      await pool.run(statement, 5000);
      expect(mysql.accepted).toBe(3);
      expect(pool.reachability.state.reachable).toBe(true);
    },
  );

  it("the connection pool closes a database connection that does not answer in time, and does not try other idle connections", async () => {
    await openTwo();
    mysql.answer = () => "hang";
    const before = Date.now();
    await expect(pool.run(statement, 150)).rejects.toThrow("write database: no answer within");
    expect(Date.now() - before).toBeLessThan(2000);
    expect(pool.reachability.state.reachable).toBe(false);
    mysql.answer = () => "ok";
    await pool.run(statement, 5000);
    expect(mysql.accepted).toBe(3);
  });

  it("the connection pool keeps a database connection if only the statement was wrong", async () => {
    mysql.answer = () => ({ errno: 1062 });
    await expect(pool.run(statement, 5000)).rejects.toMatchObject({ errno: 1062 });
    mysql.answer = () => "ok";
    await pool.run(statement, 5000);
    expect(mysql.accepted).toBe(1);
  });
});

it("connecting to the database fails within the time limit if the server accepts the connection but sends nothing", async () => {
  await start({ mute: true }, { connectMs: 200 });
  const before = Date.now();
  await expect(pool.run(statement, 5000)).rejects.toThrow(ConnectFailure);
  expect(Date.now() - before).toBeLessThan(2000);
});

it("connecting to the database fails while no server listens, and succeeds as soon as a server listens", async () => {
  mysql = new FakeMysql({ certificate });
  const address = await mysql.listen();
  await mysql.close();
  pool = makePool(address, { size: 2 });
  for (let attempt = 0; attempt < 5; attempt += 1)
    expect(await causeOf(pool.run(statement, 5000))).toContain("ECONNREFUSED");
  expect(pool.reachability.state.reason).toContain("ECONNREFUSED");
  mysql = new FakeMysql({ certificate });
  await mysql.listen(address.port);
  expect(await pool.run(statement, 5000)).toEqual({ rows: [], insertId: 0 });
});

it("a database request waits for a free connection if all connections of the connection pool are in use", async () => {
  await start({}, { size: 1 });
  await Promise.all([1, 2, 3].map(() => pool.run(statement, 5000)));
  expect(mysql.accepted).toBe(1);
  expect(mysql.statements).toHaveLength(3);
});

it("a database request fails if no connection of the connection pool becomes free in time", async () => {
  await start({}, { size: 1 });
  mysql.answer = () => "hang";
  const busy = pool.run(statement, 400).catch(() => undefined);
  await expect(pool.run(statement, 100)).rejects.toThrow(ConnectFailure);
  await busy;
});

const readOnly = (value: number) => () => ({ columns: ["readOnly"], rows: [[value]] });

it("a probe of the write endpoint fails on a read-only member and closes the endpoint's connections", async () => {
  await start();
  mysql.answer = readOnly(1);
  await expect(pool.probe(5000)).rejects.toThrow("the write port leads to a read-only member");
  mysql.answer = readOnly(0);
  await pool.probe(5000);
  expect(mysql.accepted).toBe(2);
});

it("the health check of the read endpoint passes for any member", async () => {
  await start({}, { name: "read" });
  mysql.answer = readOnly(1);
  await expect(pool.probe(5000)).resolves.toBeUndefined();
});

it("closing the connection pool ends idle and frozen database connections within the time limit", async () => {
  await start();
  mysql.answer = (sql) => (sql === "SLOW" ? "hang" : "ok");
  const frozen = pool.run({ sql: "SLOW" }, 300).catch(() => undefined);
  await pool.run(statement, 5000);
  expect(mysql.connections).toBe(2);
  await pool.close(50);
  await frozen;
  await expect.poll(() => mysql.connections).toBe(0);
});
