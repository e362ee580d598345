import { readdirSync } from "node:fs";
import type { PoolConnection, RowDataPacket } from "mysql2/promise";
import { type Log, messageOf } from "../log.js";
import { packagedPath, readPackaged } from "../packaged.js";
import type { Pool } from "./pool.js";
import { pause } from "./time.js";

/**
 * A schema change: a file with only one statement, because MySQL commits each schema statement separately. The previous release must also
 * work with the changed schema, because both releases run during a deployment and a rollback keeps the schema.
 */
export interface Migration {
  /** File name without `.sql`. The leading number defines the order. */
  readonly name: string;
  readonly sql: string;
}

/** Returns the migrations of the release, in their order. */
export const packagedMigrations = (): readonly Migration[] =>
  readdirSync(packagedPath("migrations"))
    .filter((file) => file.endsWith(".sql"))
    .sort()
    .map((file) => ({ name: file.replace(/\.sql$/, ""), sql: readPackaged(`migrations/${file}`) }));

/** Connection to the primary for {@link applyMigrations}. */
export interface MigrationTarget {
  execute(sql: string, values?: readonly string[]): Promise<readonly Readonly<Record<string, unknown>>[]>;
}

/** Maximum time in seconds to wait for the lock, because another server may be applying migrations. */
const lockSeconds = 10;
const lockName = "app.migrations";

const createRecord = `CREATE TABLE IF NOT EXISTS schema_migrations (
  name VARCHAR(100) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  applied_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
  PRIMARY KEY (name)
) ENGINE = InnoDB`;

/** MySQL errors for changes that already exist, because an earlier run ended between the change and its record. */
const alreadyDone = new Set([
  1050, // ER_TABLE_EXISTS_ERROR
  1060, // ER_DUP_FIELDNAME
  1061, // ER_DUP_KEYNAME
  1091, // ER_CANT_DROP_FIELD_OR_KEY
]);

/**
 * Returns the migrations that have no record. Unknown records are ignored, because a newer release may have written them before a rollback.
 */
const missingOf = async (target: MigrationTarget, migrations: readonly Migration[]): Promise<readonly Migration[]> => {
  const recorded = await target.execute("SELECT name FROM schema_migrations");
  const known = new Set(recorded.map((row) => row["name"]));
  return migrations.filter(({ name }) => !known.has(name));
};

const noSuchTable = 1146;

const allMissing =
  (migrations: readonly Migration[]) =>
  (error: Error & { errno?: number }): readonly Migration[] => {
    if (error.errno !== noSuchTable) throw error;
    return migrations;
  };

/**
 * Applies each missing migration once. A lock on the primary ensures that only one server applies migrations at a time. If no migration is
 * missing, this function only reads, because the server's account may not change tables after `migrate.js` has run.
 * @returns the names of the applied migrations
 */
export const applyMigrations = async (
  target: MigrationTarget,
  migrations: readonly Migration[],
): Promise<readonly string[]> => {
  if ((await missingOf(target, migrations).catch(allMissing(migrations))).length === 0) return [];
  const [lock] = await target.execute("SELECT GET_LOCK(?, ?) AS taken", [lockName, String(lockSeconds)]);
  if (lock?.["taken"] !== 1) throw new Error(`migrations: another server has held the lock for ${lockSeconds} s`);
  try {
    await target.execute(createRecord);
    const missing = await missingOf(target, migrations);
    for (const { name, sql } of missing) {
      await target.execute(sql).catch(ignoreDone);
      await target.execute("INSERT INTO schema_migrations (name) VALUES (?)", [name]);
    }
    return missing.map(({ name }) => name);
  } finally {
    await target.execute("SELECT RELEASE_LOCK(?)", [lockName]).catch(() => undefined); // MySQL also releases the lock when the connection ends.
  }
};

const ignoreDone = (error: Error & { errno?: number }): void => {
  if (!alreadyDone.has(error.errno ?? 0)) throw error;
};

/** State of the migrations. */
export interface MigrationState {
  readonly done: boolean;
  /** Reason why the migrations are not complete. @default - absent if the migrations are complete */
  readonly reason?: string;
}

/** Applies the migrations in the background. Retries, because the database may start later than the application. */
export class Migrator {
  /** Result of the last attempt. */
  state: MigrationState = { done: false, reason: "not tried yet" };
  private stopped = false;

  constructor(
    private readonly pool: Pool,
    private readonly log: Log,
    private readonly migrations: readonly Migration[] = packagedMigrations(),
  ) {}

  /** Retries until all migrations are applied or {@link stop} is called, with pauses from 0.5 s to 5 s. */
  async run(): Promise<void> {
    for (let round = 0; !this.stopped && !this.state.done; round += 1) {
      if (round > 0) await pause(Math.min(5000, 250 * 2 ** round));
      try {
        const applied = await this.pool.use(60_000, (connection) =>
          applyMigrations(targetOf(connection), this.migrations),
        );
        this.state = { done: true };
        this.log.info({ applied }, "migrations are applied");
      } catch (error) {
        this.state = { done: false, reason: messageOf(error) };
        this.log.warn({ error }, "migrations must wait");
      }
    }
  }

  /** Stops after the current attempt. */
  stop(): void {
    this.stopped = true;
  }
}

/** Adapts a connection of a pool for {@link applyMigrations}. */
export const targetOf = (connection: PoolConnection): MigrationTarget => ({
  execute: async (sql, values = []) => {
    const [rows] = await connection.query<RowDataPacket[]>(sql, [...values]);
    return Array.isArray(rows) ? rows : [];
  },
});
