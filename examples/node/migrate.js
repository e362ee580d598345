import { readdirSync, readFileSync } from "node:fs";
import { openDatabase } from "./database.js";

/**
 * Applies each missing migration once. deploy-app runs this program on one server at a time, with an account that may change the schema.
 * Migrations use IF NOT EXISTS, because an interrupted migration is applied again.
 */
async function migrate({ write, close }) {
  await write("CREATE TABLE IF NOT EXISTS schema_migrations (name VARCHAR(100) NOT NULL PRIMARY KEY)");
  const done = (await write("SELECT name FROM schema_migrations")).map(({ name }) => name);
  for (const file of readdirSync("migrations").sort()) {
    if (done.includes(file)) continue;
    await write(readFileSync(`migrations/${file}`, "utf8"));
    await write("INSERT IGNORE INTO schema_migrations (name) VALUES (?)", [file]);
  }
  await close();
}

migrate(openDatabase(process.env, 600));
