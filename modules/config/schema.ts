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

export { roles, type Role } from "./sections/servers.js";

/**
 * Schema of all settings of an environment, in the order in which the documentation lists them. Only this file and
 * `sections/` define descriptions and defaults, from which docs/configuration.md is generated.
 */
export const environmentSchema = z.strictObject({
  /** Registered domain. Visitors use `www.<domain>` or the domain itself. */
  domain: values.domain,
  application,
  /** Servers of the environment. Each key is the server's name. */
  servers: z.record(values.serverName, server),
  administrators: administrators.prefault({}),
  database,
  monitoring: monitoring.prefault({}),
  /** Hetzner location of the load balancer, and of the servers without `location` with their volumes. Default: "nbg1". */
  location: values.location.default("nbg1"),
  /** Hetzner server type (x86 only) of servers without `type`. `cx33` is larger and cheaper if it is in stock. Default: "cpx22". */
  serverType: values.serverType.default("cpx22"),
  /** Whether Hetzner backs up the servers' disks daily, for 20 % of the server price. Data volumes are not included. Default: true. */
  backups: z.boolean().default(true),
  /** Whether Terraform and Hetzner refuse to destroy resources with data or visitors. Default: true in production, otherwise false. */
  protect: z.boolean().optional(),
  /** Must be true in production if `protect` is false. Default: false. */
  acceptUnprotected: z.boolean().default(false),
  /** Destination of the continuous, encrypted backup. Existing members start backing up only after they are replaced. Default: no backup. */
  backup: backup.optional(),
  /** Must be true in production if `backup` is not set. Default: false. */
  acceptNoBackup: z.boolean().default(false),
  /** Data that the first database member restores from the bucket of `backup`, if no member has data. Remove this setting once the site is running. */
  restore: restore.optional(),
  /** "terminate": the load balancer terminates TLS. "passthrough": nginx on the web servers terminates TLS. Default: "terminate". */
  tls: tlsMode.default("terminate"),
  network: network.prefault({}),
  loadBalancer: loadBalancer.prefault({}),
  visitors: visitors.prefault({}),
  certificate: certificate.prefault({}),
  generations: generations.prefault({}),
  cloudflare: cloudflare.prefault({}),
  /** Where Terraform stores its state. */
  backend: backend.default({ type: "local", acceptLocalState: false }),
  aptSources: z.strictObject({ mysql: aptSource.prefault({}), datadog: aptSource.prefault({}) }).prefault({}),
});

/** Type of an environment in its file, before default values are filled in. */
export type EnvironmentInput = z.input<typeof environmentSchema>;

/** Type of an environment after the schema check, but before the rules between settings are checked. */
export type Sections = z.output<typeof environmentSchema>;

/** Configuration of one server, including the environment's defaults. */
export interface ServerConfig {
  readonly name: string;
  readonly privateIp: string;
  readonly roles: readonly Role[];
  readonly type: string;
  readonly location: string;
  readonly placementGroup: string;
}

/** A validated environment. All stacks and modules read this configuration. */
export type Config = Readonly<Omit<Sections, "application" | "servers" | "protect" | "network" | "certificate">> & {
  readonly application: Readonly<Sections["application"] & { readonly url: string }>;
  /** Name of the environment's file in `environments/`, without `.ts`. */
  readonly environment: string;
  /** Servers in the order of the configuration. */
  readonly servers: readonly ServerConfig[];
  readonly protect: boolean;
  readonly network: Readonly<Required<Sections["network"]>>;
  readonly certificate: Readonly<Required<Sections["certificate"]>>;
};

/** Returns the servers with a role, in the order of the configuration. */
export const serversWithRole = (config: Config, role: Role): readonly ServerConfig[] =>
  config.servers.filter((server) => server.roles.includes(role));

/** Returns the previous domain of the site if the configuration contains one. */
export function formerDomain({ domain, loadBalancer: { formerly } }: Pick<Sections, "domain" | "loadBalancer">) {
  return formerly?.domain === domain ? undefined : formerly?.domain;
}
