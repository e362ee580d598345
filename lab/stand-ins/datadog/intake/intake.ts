import { mkdir, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { ports } from "../../../../modules/platform/ports.js";
import { issue, type KeyPair } from "../../../keys/certificates.js";
import type { Layout } from "../../../layout.js";
import type { Host } from "../../../network/addresses.js";
import { startService } from "../../../system/service.js";
import { IntakeClient } from "./client.js";
import type { IntakeSettings } from "./main.js";

/** Host of the emulated Datadog. All names below the configured site point to this host, except the package archive `apt.datadoghq.com`. */
export const datadogHost: Host = {
  name: "datadog",
  index: 5,
  publicIpv4: "203.0.113.20",
  publicIpv6: "2001:db8:0:300::20",
};

/** Name under which the lab manages the process of the intake. */
const intakeService = "datadog-intake";

/**
 * Returns the names in the intake's certificate. The names cover all destinations of the agent: `<version>-app.agent.SITE` (metrics),
 * `agent-http-intake.logs.SITE`, `process.SITE`, `api.SITE`, …
 */
const intakeNames = (site: string): string[] => [`*.${site}`, `*.agent.${site}`, `*.logs.${site}`];

/** Returns the domains whose names all point to {@link datadogHost}: the Datadog site, and the domain of the agents' time servers. */
export const datadogDomains = (site: string): string[] => [site, "datadog.pool.ntp.org"];

const querySocket = (layout: Layout): string => path.join(layout.services, `${intakeService}.sock`);

/** Properties of {@link startIntake}. */
export interface StartIntakeProps {
  /** Datadog site of the environment. */
  readonly site: string;
  /** Path of the file with the only API key that the intake accepts. */
  readonly apiKeyFile: string;
  /** Certificate authority that machines trust for https. */
  readonly authority: KeyPair;
}

/** Starts the intake in the namespace of {@link datadogHost} if the intake is not running. */
export async function startIntake(layout: Layout, { site, apiKeyFile, authority }: StartIntakeProps): Promise<void> {
  await mkdir(layout.services, { recursive: true, mode: 0o700 });
  const [commonName = site, ...others] = intakeNames(site);
  const pair = await issue(authority, layout.secrets, intakeService, { commonName, dnsNames: [commonName, ...others] });
  const settings: IntakeSettings = {
    addresses: [datadogHost.publicIpv4, datadogHost.publicIpv6],
    port: ports.https,
    timePort: ports.ntp,
    certificate: pair.certificate,
    key: pair.key,
    apiKeyFile,
    querySocket: querySocket(layout),
  };
  const file = path.join(layout.services, `${intakeService}.json`);
  const configuration = JSON.stringify(settings);
  await writeFile(file, configuration);
  await startService(layout, {
    name: intakeService,
    host: datadogHost.name,
    command: [process.execPath, "--import", loader, fileURLToPath(new URL("main.ts", import.meta.url)), file],
    configuration,
  });
}

/** Absolute path of the TypeScript loader, so that the loader is found from every working directory. */
const loader = createRequire(import.meta.url).resolve("tsx");

/** Returns a client for the intake of a running lab. */
export const intakeClient = (layout: Layout): IntakeClient => new IntakeClient(querySocket(layout));
