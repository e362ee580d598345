import { applyMigrations, packagedMigrations, targetOf } from "./database/migrations.js";
import { Pool } from "./database/pool.js";
import { createLog } from "./log.js";
import { readSettings } from "./settings.js";

/** Maximum time in milliseconds for all migrations together. */
const longestMs = 600_000;

/**
 * Applies the missing migrations and exits (`node migrate.js`). deploy-app runs this command with a separate account before the release
 * gets traffic.
 */
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
