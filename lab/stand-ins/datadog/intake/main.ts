import { readFileSync, rmSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { IntakeSettings } from "./settings.js";
import { intakeListener, queryListener } from "./server.js";
import { Store } from "./store.js";
import { serveTime } from "./time.js";

/* The intake's process: `main.ts SETTINGS`, a JSON file with IntakeSettings. */

const [settingsFile] = process.argv.slice(2);
if (settingsFile === undefined) throw new Error("usage: main.ts SETTINGS");
const settings = JSON.parse(readFileSync(settingsFile, "utf8")) as IntakeSettings;
const read = (file: string): string => readFileSync(file, "utf8");

const store = new Store();
const tls = { cert: read(settings.certificate), key: read(settings.key) };
const listener = intakeListener(store, read(settings.apiKeyFile).trim());
for (const address of settings.addresses) createHttpsServer(tls, listener).listen(settings.port, address);
for (const address of settings.addresses) serveTime(address, settings.timePort);

rmSync(settings.querySocket, { force: true });
createHttpServer(queryListener(store)).listen(settings.querySocket);
