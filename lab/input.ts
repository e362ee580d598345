import { fileURLToPath } from "node:url";
import { upToDateRelease } from "../release/build.js";
import { defineEnvironment } from "../modules/config/define.js";

// The lab uses a separate folder, because the default folder of `npm run app:build` may contain another application.
const release = await upToDateRelease({ folder: fileURLToPath(new URL("../dist/lab", import.meta.url)) });

/**
 * Environment of the lab (`npm run lab up`): the production site on three local machines. The lab signs its repositories with the MySQL
 * and Datadog packages. The release is built from this tree.
 */
export default defineEnvironment({
  domain: "foobar.com",
  application: {
    url: "https://releases.foobar.com/release.tar.gz",
    sha256: release.sha256,
    environment: { NODE_ENV: "production", NODE_OPTIONS: "--max-old-space-size=384" },
    statusPath: "/api/status",
    writePaths: ["/api/"],
    visitor: {
      path: "/api/notes",
      body: '{"author":"visitor","text":"{text}"}',
      table: "notes",
      column: "text",
    },
  },
  servers: {
    alpha: { privateIp: "10.0.1.11" },
    bravo: { privateIp: "10.0.1.12" },
    charlie: { privateIp: "10.0.1.13" },
  },
  // All visitors of the lab share one address, so the limit per address must be higher than in production.
  visitors: { writesPerMinute: 1800 },
  database: { groupName: "7d2f4c56-1f0e-4d0b-8a36-90d5a1c2e7b4", privileges: "append", bufferPoolMib: 128 },
  aptSources: {
    mysql: { keyFile: "/var/cache/foobar-lab/keys/repository-key.asc" },
    datadog: { keyFile: "/var/cache/foobar-lab/keys/repository-key.asc" },
  },
});
