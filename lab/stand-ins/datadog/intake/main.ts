import { readFileSync, rmSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { Intake } from "./server.js";
import { serveTime } from "./time.js";

/* The intake's process: `main.ts SETTINGS`, a JSON file with IntakeSettings. */

/** Settings of the intake's process. */
export interface IntakeSettings {
  /** Addresses on which the intake accepts connections of agents. */
  readonly addresses: readonly string[];
  readonly port: number;
  /** Port of the time server on the same addresses. */
  readonly timePort: number;
  /** Path of the PEM file with the certificate. */
  readonly certificate: string;
  readonly key: string;
  /** Path of the file with the only API key that the intake accepts. */
  readonly apiKeyFile: string;
  /** Path of the Unix socket for the lab's queries. Machines cannot reach this socket. */
  readonly querySocket: string;
}

const [settingsFile] = process.argv.slice(2);
if (settingsFile === undefined) throw new Error("usage: main.ts SETTINGS");
const settings = JSON.parse(readFileSync(settingsFile, "utf8")) as IntakeSettings;
const read = (file: string): string => readFileSync(file, "utf8");

const intake = new Intake(read(settings.apiKeyFile).trim());
const tls = { cert: read(settings.certificate), key: read(settings.key) };
for (const address of settings.addresses) createHttpsServer(tls, intake.agents).listen(settings.port, address);
for (const address of settings.addresses) serveTime(address, settings.timePort);

rmSync(settings.querySocket, { force: true });
createHttpServer(intake.queries).listen(settings.querySocket);
