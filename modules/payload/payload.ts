import { applicationPart } from "../application/index.js";
import { datadogAgentPart } from "../datadog-agent/index.js";
import { hardeningPart } from "../hardening/index.js";
import { haproxyPart } from "../haproxy/index.js";
import { hostFirewallPart } from "../host-firewall/index.js";
import { mysqlPart } from "../mysql/index.js";
import { nginxPart } from "../nginx/index.js";
import { releasePart } from "../release/index.js";
import { basePart } from "./base.js";
import type { Config, ServerConfig } from "../config/schema.js";
import { mergeParts, renderCloudConfig, type CloudConfig } from "./cloud-config.js";
import type { PayloadContext, PayloadPart } from "./part.js";
import { perServer } from "./per-server.js";

/** Parts of a server by its roles. Their order is the order in which services start. */
const partsOf = perServer((config, server): readonly PayloadPart[] => {
  const context: PayloadContext = { config, server };
  const { roles } = server;
  return [
    basePart(),
    hostFirewallPart(context),
    hardeningPart(context),
    releasePart(context),
    ...(roles.includes("database") ? [mysqlPart(context)] : []),
    ...(roles.includes("web") ? [haproxyPart(context), nginxPart(context), applicationPart(context)] : []),
    ...(config.monitoring.enabled ? [datadogAgentPart(context)] : []),
  ];
});

/** Literal cloud-config of one server: everything but the secrets. */
export const payloadOf = perServer((config, server) => mergeParts(server.name, partsOf(config, server)));

/** The same as text: what the server boots with, but for the secrets. */
export const literalOf = perServer((config, server) => renderCloudConfig(payloadOf(config, server)));

/** The part of the payload that makes a server outdated when it changes: see {@link PayloadFile.lasting}. */
export const lastingPayloadOf = (config: Config, server: ServerConfig): CloudConfig =>
  mergeParts(
    server.name,
    partsOf(config, server).map(({ files, ...part }) => ({
      ...part,
      files: files?.map((file) => ({ ...file, content: file.lasting ?? file.content })),
    })),
  );
