import { applyMigrations, packagedMigrations, targetOf } from "./database/migrations.js";
import { Pool } from "./database/pool.js";
import { createLog } from "./log.js";
import { readSettings } from "./settings.js";

/** Longest that all migrations may take. */
const longestMs = 600_000;

/** `node migrate.js`: applies the migrations that are missing and ends; run before traffic, under an account of its own. */
const main = async (): Promise<void> => {
  const { database, logLevel } = readSettings(process.env);
  const pool = new Pool({ name: "write", address: database.write, database, size: 1 });
  try {
    const applied = await pool.use(longestMs, (connection) =>
      applyMigrations(targetOf(connection), packagedMigrations()),
    );
    createLog({ level: logLevel, base: { service: "app" } }).info({ applied }, "migrations are applied");
  } finally {
    await pool.close();
  }
};

main().catch((error: unknown) => {
  createLog({ base: { service: "app" } }).error({ error }, "migrations could not be applied");
  process.exit(1);
});
