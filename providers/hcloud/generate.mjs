// Generates the hcloud bindings (package @cdktf/provider-hcloud) from the committed provider schema with `cdktf get`. Compiles the
// bindings to JavaScript, so that an app run does not compile 25 000 lines of TypeScript. Terraform and the provider are not necessary.
// With `--refresh`, deletes the schema and reads the schema again from the provider, which requires Terraform.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const require = createRequire(import.meta.url);
const schemaDirectory = join(here, "schema");
const generated = join(here, ".gen");
const [provider] = JSON.parse(readFileSync(join(here, "cdktf.json"), "utf8")).terraformProviders;
const schema = join(schemaDirectory, `${provider.split("/")[1]}.json`);
const stamp = join(here, "lib", "provider", "index.js");

if (process.argv.includes("--refresh")) rmSync(schema, { force: true });
else if (!existsSync(schema)) throw new Error(`providers/hcloud: ${schema} is missing; run: npm run hcloud:refresh`);

const isCurrent = existsSync(stamp) && existsSync(schema) && statSync(stamp).mtimeMs > statSync(schema).mtimeMs;
if (isCurrent) process.exit(0);

const run = (command, args, env = {}) =>
  execFileSync(process.execPath, [command, ...args], {
    cwd: here,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });

console.log(`generating @cdktf/provider-hcloud from ${provider} (once, about 15 s)`);
rmSync(join(here, "lib"), { recursive: true, force: true });
run(require.resolve("cdktf-cli/bundle/bin/cdktf"), ["get", "--force"], {
  CDKTF_EXPERIMENTAL_PROVIDER_SCHEMA_CACHE_PATH: schemaDirectory,
  CHECKPOINT_DISABLE: "1",
  CI: "1",
});
run(require.resolve("typescript/lib/tsc.js"), ["--project", "tsconfig.json"]);
renameSync(join(generated, "compiled"), join(here, "lib"));
rmSync(generated, { recursive: true, force: true });
