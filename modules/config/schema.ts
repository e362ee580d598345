import * as z from "zod";
import { administrators } from "./sections/administrators.js";
import { application } from "./sections/application.js";
import { aptSource } from "./sections/apt-sources.js";
import { backend } from "./sections/backend.js";
import { backup, restore } from "./sections/backup.js";
import { certificate } from "./sections/certificate.js";
import { cloudflare } from "./sections/cloudflare.js";
import { database } from "./sections/database.js";
import { generations } from "./sections/generations.js";
import { loadBalancer, tlsMode } from "./sections/load-balancer.js";
import { monitoring } from "./sections/monitoring.js";
import { network } from "./sections/network.js";
import { server, type Role } from "./sections/servers.js";
import { visitors } from "./sections/visitors.js";
import * as values from "./values/index.js";

export type { EnvironmentInput } from "./environment-input.js";
export { roles, type Role } from "./sections/servers.js";

/**
 * Everything an environment can say, in the order of a reader's questions.
 * Each description and default stands here or in `sections/` only; docs/configuration.md is made from them.
 */
export const environmentSchema = z.strictObject({
  domain: values.domain.describe("Registered domain; the site is `www.<domain>` and the apex."),
  application,
  servers: z.record(values.serverName, server).describe("Servers, by name."),
  administrators: administrators.prefault({}),
  database,
  monitoring: monitoring.prefault({}),
  location: values.location.default("nbg1").describe("Hetzner location of servers, volumes and balancer."),
  serverType: values.serverType
    .default("cpx22")
    .describe(
      "Hetzner server type, x86, of servers that name none. The default is the cheapest in stock with memory for both roles; cx33 is larger and cheaper when it can be had.",
    ),
  backups: z
    .boolean()
    .default(true)
    .describe(
      "Daily backups by Hetzner of the servers' disks, 20 % of the server's price. Data volumes are not in them.",
    ),
  protect: z
    .boolean()
    .optional()
    .describe(
      "Whether plans, and Hetzner, refuse to destroy what holds data or serves. Default: true in production, else false.",
    ),
  acceptUnprotected: z
    .boolean()
    .default(false)
    .describe("In production, `protect: false` needs this explicit word, for the day it is torn down."),
  backup: backup
    .optional()
    .describe(
      "Where the data goes, continuously and encrypted. Existing members begin when they are replaced. Default: nowhere.",
    ),
  acceptNoBackup: z.boolean().default(false).describe("In production, no `backup` needs this explicit word."),
  restore: restore
    .optional()
    .describe(
      "Data that the first database member begins with, out of the bucket of `backup`, while no member has any. Remove it when the site is up.",
    ),
  tls: tlsMode.default("terminate").describe('"terminate": the balancer ends TLS. "passthrough": nginx does.'),
  network: network.prefault({}),
  loadBalancer: loadBalancer.prefault({}),
  visitors: visitors.prefault({}),
  certificate: certificate.prefault({}),
  generations: generations.prefault({}),
  cloudflare: cloudflare.prefault({}),
  backend: backend.default({ type: "local", acceptLocalState: false }).describe("Where Terraform keeps its state."),
  aptSources: z.strictObject({ mysql: aptSource.prefault({}), datadog: aptSource.prefault({}) }).prefault({}),
});

/** What the schema makes of an environment, before the rules that span settings. */
export type Sections = z.output<typeof environmentSchema>;

/** One server, with the environment's defaults filled in. */
export interface ServerConfig {
  readonly name: string;
  readonly privateIp: string;
  readonly roles: readonly Role[];
  readonly type: string;
  readonly placementGroup: string;
}

/** A checked environment: what every stack and module reads. */
export type Config = Readonly<Omit<Sections, "application" | "servers" | "protect" | "network" | "certificate">> & {
  readonly application: Readonly<Sections["application"] & { readonly url: string }>;
  /** Name of the environment: the file's name under environments/. */
  readonly environment: string;
  /** In the order of the configuration. */
  readonly servers: readonly ServerConfig[];
  readonly protect: boolean;
  readonly network: Readonly<Required<Sections["network"]>>;
  readonly certificate: Readonly<Required<Sections["certificate"]>>;
};

/** Servers that carry a role, in the order of the configuration. */
export const serversWithRole = (config: Config, role: Role): readonly ServerConfig[] =>
  config.servers.filter((server) => server.roles.includes(role));
