import { expect, it, vi } from "vitest";
import {
  applyMigrations,
  type MigrationTarget,
  packagedMigrations,
} from "../../../examples/guestbook/src/database/migrations.js";

const migrations = [
  { name: "0001-a", sql: "CREATE TABLE a" },
  { name: "0002-b", sql: "CREATE TABLE b" },
];

interface TargetProps {
  readonly recorded?: readonly string[];
  readonly taken?: number;
  /** MySQL's error number for each statement that fails. */
  readonly failing?: Readonly<Record<string, number>>;
}

const fakeTarget = ({ recorded = [], taken = 1, failing = {} }: TargetProps = {}) => {
  const log: string[] = [];
  const target: MigrationTarget = {
    execute: (sql, values = []) => {
      log.push([sql.split("\n")[0], ...values].join(" | "));
      const errno = failing[sql];
      if (errno) return Promise.reject(Object.assign(new Error(`error ${errno}`), { errno }));
      if (sql.startsWith("SELECT GET_LOCK")) return Promise.resolve([{ taken }]);
      return Promise.resolve(sql.startsWith("SELECT name") ? recorded.map((name) => ({ name })) : []);
    },
  };
  return { target, log };
};

it("the migration runner applies migrations in order under a lock, and records each migration", async () => {
  const { target, log } = fakeTarget();
  expect(await applyMigrations(target, migrations)).toEqual(["0001-a", "0002-b"]);
  expect(log).toEqual([
    "SELECT name FROM schema_migrations",
    "SELECT GET_LOCK(?, ?) AS taken | app.migrations | 10",
    "CREATE TABLE IF NOT EXISTS schema_migrations (",
    "SELECT name FROM schema_migrations",
    "CREATE TABLE a",
    "INSERT INTO schema_migrations (name) VALUES (?) | 0001-a",
    "CREATE TABLE b",
    "INSERT INTO schema_migrations (name) VALUES (?) | 0002-b",
    "SELECT RELEASE_LOCK(?) | app.migrations",
  ]);
});

it("the migration runner skips recorded migrations and keeps unknown records of a newer release", async () => {
  const { target, log } = fakeTarget({ recorded: ["0001-a", "0009-newer"] });
  expect(await applyMigrations(target, migrations)).toEqual(["0002-b"]);
  expect(log).not.toContain("CREATE TABLE a");
});

it("if all migrations are recorded, the migration runner only reads the schema, so any database account is sufficient", async () => {
  const { target, log } = fakeTarget({ recorded: ["0001-a", "0002-b"], taken: 0 });
  expect(await applyMigrations(target, migrations)).toEqual([]);
  expect(log).toEqual(["SELECT name FROM schema_migrations"]);
});

it("if there are no records, the migration runner applies all migrations", async () => {
  const { target, log } = fakeTarget();
  const first = vi
    .fn((sql: string, values?: readonly string[]) => target.execute(sql, values))
    .mockRejectedValueOnce(Object.assign(new Error("no table"), { errno: 1146 }));
  expect(await applyMigrations({ execute: first }, migrations)).toEqual(["0001-a", "0002-b"]);
  expect(log[0]).toContain("GET_LOCK");
});

it("the migration runner records a migration that was applied but not recorded before a crash", async () => {
  const { target, log } = fakeTarget({ failing: { "CREATE TABLE a": 1050 } });
  expect(await applyMigrations(target, migrations)).toEqual(["0001-a", "0002-b"]);
  expect(log).toContain("INSERT INTO schema_migrations (name) VALUES (?) | 0001-a");
});

it("the migration runner stops at the first failed migration, does not record it, and releases the lock", async () => {
  const { target, log } = fakeTarget({ failing: { "CREATE TABLE a": 1142 } });
  await expect(applyMigrations(target, migrations)).rejects.toThrow("error 1142");
  expect(log.slice(4)).toEqual(["CREATE TABLE a", "SELECT RELEASE_LOCK(?) | app.migrations"]);
});

it("the migration runner applies no migration while another server holds the lock", async () => {
  const { target, log } = fakeTarget({ taken: 0 });
  await expect(applyMigrations(target, migrations)).rejects.toThrow("another server has held the lock for 10 s");
  expect(log).toHaveLength(2);
});

const packaged = packagedMigrations();

it("the guestbook's migrations have unique names and consecutive numbers", () => {
  expect(packaged.map(({ name }) => Number(name.slice(0, 4)))).toEqual(packaged.map((_, index) => index + 1));
});

it.each(packaged)(
  "the migration $name is one statement; if it creates a table, the table has a primary key and uses InnoDB",
  ({ sql }) => {
    expect(sql).not.toContain(";");
    if (!sql.startsWith("CREATE TABLE")) return;
    expect(sql).toContain("PRIMARY KEY (");
    expect(sql).toContain("ENGINE = InnoDB");
  },
);
