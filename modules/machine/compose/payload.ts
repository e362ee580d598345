import { createHash } from "node:crypto";
import { applicationPart } from "../parts/application/index.js";
import { backupPart } from "../parts/backup/index.js";
import { datadogAgentPart } from "../parts/datadog-agent/index.js";
import { hardeningPart } from "../parts/hardening/index.js";
import { haproxyPart } from "../parts/haproxy/index.js";
import { hostFirewallPart } from "../parts/host-firewall/index.js";
import { mysqlPart } from "../parts/mysql/index.js";
import { nginxPart } from "../parts/nginx/index.js";
import { privateNetworkPart } from "../parts/private-network/index.js";
import { releasePart } from "../parts/release/index.js";
import { basePart } from "../parts/base/index.js";
import { relaying } from "../../derived/conditions.js";
import type { Config, ServerConfig } from "../../config/schema.js";
import { mergeParts, ownConfig, renderCloudConfig, type CloudConfig } from "./cloud-config.js";
import { paths } from "../../platform/paths.js";
import { oncePerRoles, oncePerServer } from "./once.js";
import type { AptSource, PayloadContext, PayloadFile, PayloadPart } from "../part/part.js";

/**
 * Returns the parts of the payload for servers with these roles, in setup order. The monitoring agent precedes the
 * services that it monitors.
 */
const partsOf = oncePerRoles((config, roles): readonly PayloadPart[] => {
  const context: PayloadContext = { config, roles };
  return [
    hostFirewallPart(context),
    hardeningPart(context),
    ...(config.monitoring.enabled ? [datadogAgentPart(context)] : []),
    privateNetworkPart(),
    releasePart(context),
    ...(roles.includes("database") ? [mysqlPart(context)] : []),
    ...(roles.includes("database") && config.backup ? [backupPart(config, config.backup)] : []),
    ...(roles.includes("web") || relaying.holds(config) ? [haproxyPart(context)] : []),
    ...(roles.includes("web") ? [nginxPart(context), applicationPart(context)] : []),
    basePart(),
  ];
});

/** Returns the Debian packages of a server, in setup order. */
export const packagesOf = (config: Config, { roles }: Pick<ServerConfig, "roles">): readonly string[] =>
  partsOf(config, roles).flatMap(({ packages = [] }) => packages);

const ownFilesOf = oncePerServer((config, server): readonly PayloadFile[] =>
  partsOf(config, server.roles).flatMap((part) => part.ownFiles?.(server) ?? []),
);

/**
 * Replaces the content of each file by its `decisiveContent`. A server is outdated if its decisive content differs from
 * the configuration.
 */
const decisive = (files: readonly PayloadFile[] = []): readonly PayloadFile[] =>
  files.map((file) => ({ ...file, content: file.decisiveContent ?? file.content }));

const hashOf = (...values: readonly unknown[]): string =>
  createHash("sha256").update(JSON.stringify(values)).digest("hex");

/** Returns the cloud-init configuration that is identical on all servers with the same roles. */
export const sharedConfigOf = oncePerRoles((config, roles) => mergeParts(partsOf(config, roles)));

/**
 * Returns the cloud-init configuration of one server: its host name and a few files. cloud-init merges this
 * configuration with the shared configuration.
 */
const ownConfigOf = oncePerServer((config, server) =>
  ownConfig(server.name, ownFilesOf(config, server), sharedConfigOf(config, server.roles)),
);

/** Returns the text of the cloud-init configuration that all servers with the same roles share. */
export const sharedTextOf = oncePerRoles((config, roles) => renderCloudConfig(sharedConfigOf(config, roles)));
/** Returns the text of the cloud-init configuration that belongs to one server only. */
export const ownTextOf = oncePerServer((config, server) => renderCloudConfig(ownConfigOf(config, server)));

/** Returns the complete cloud-init configuration of one server without secrets. */
export function payloadOf(config: Config, server: ServerConfig): CloudConfig {
  const shared = sharedConfigOf(config, server.roles);
  const { hostname, write_files } = ownConfigOf(config, server);
  return { ...shared, hostname, write_files: [...shared.write_files, ...write_files] };
}

/**
 * Removes the vendors' apt keys before the hash is computed, because `npm run ops upgrade` updates these keys on
 * running servers.
 */
const withoutKeys = (sources: readonly AptSource[] = []): readonly AptSource[] =>
  sources.map((source) =>
    typeof source.key === "string" ? source : { ...source, key: { url: "", fingerprints: [], ends: "" } },
  );

const sharedHash = oncePerRoles((config, roles) =>
  hashOf(
    mergeParts(
      partsOf(config, roles).map((part) => ({
        ...part,
        files: decisive(part.files),
        aptSources: withoutKeys(part.aptSources),
      })),
    ),
  ),
);

/**
 * A file that `npm run ops upgrade` also updates on running servers: an apt source, the URLs of apt keys or the expiry
 * dates.
 */
export interface PackageFile {
  readonly path: string;
  readonly content: string;
}

/**
 * Returns the package files that a new server would get: apt sources with their published keys, URLs of these keys, and
 * known expiry dates.
 */
export function packageFilesOf(config: Config, server: Pick<ServerConfig, "roles">): readonly PackageFile[] {
  const { apt, write_files: written } = sharedConfigOf(config, server.roles);
  const sources = Object.entries(apt.sources).filter(([, { key }]) => key === undefined);
  return [
    ...written.filter(({ path }) => path === paths.ends || path === paths.setup.aptKeys),
    ...sources.map(([name, { source }]) => ({ path: `/etc/apt/sources.list.d/${name}.list`, content: `${source}\n` })),
  ].map(({ path, content }) => ({ path, content }));
}

/** Returns a hash of the decisive content of the payload. A server with another hash is outdated. */
export const decisiveHash = (config: Config, server: ServerConfig): string =>
  hashOf(sharedHash(config, server.roles), server.name, decisive(ownFilesOf(config, server)));
