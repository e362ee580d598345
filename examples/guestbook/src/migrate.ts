import { applyMigrations, packagedMigrations, targetOf } from "./database/migrations.js";
import { Pool } from "./database/pool.js";
import { createLog } from "./log.js";
import { readSettings } from "./settings.js";

/** Maximum time of all migrations. */
const longestMs = 600_000;

/** `node migrate.js`: applies the missing migrations and exits. It runs before the release gets traffic, with a separate account. */
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
