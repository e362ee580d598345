import { applicationPart } from "../application/index.js";
import { datadogAgentPart } from "../datadog-agent/index.js";
import { hardeningPart } from "../hardening/index.js";
import { haproxyPart } from "../haproxy/index.js";
import { hostFirewallPart } from "../host-firewall/index.js";
import { mysqlPart } from "../mysql/index.js";
import { nginxPart } from "../nginx/index.js";
import { releasePart } from "../release/index.js";
import { basePart } from "./base.js";
import { mergeParts, renderCloudConfig } from "./cloud-config.js";
import type { PayloadContext, PayloadPart } from "./part.js";
import { perServer } from "./per-server.js";

/** Parts of a server by its roles. Their order is the order in which services start. */
function partsOf(context: PayloadContext): readonly PayloadPart[] {
  const { roles } = context.server;
  return [
    basePart(),
    hostFirewallPart(context),
    hardeningPart(context),
    releasePart(context),
    ...(roles.includes("database") ? [mysqlPart(context)] : []),
    ...(roles.includes("web") ? [haproxyPart(context), nginxPart(context), applicationPart(context)] : []),
    ...(context.config.monitoring.enabled ? [datadogAgentPart(context)] : []),
  ];
}

/** Literal cloud-config of one server: everything but the secrets. */
export const payloadOf = perServer((config, server) => mergeParts(server.name, partsOf({ config, server })));

/** The same as text: what the server boots with, but for the secrets. */
export const literalOf = perServer((config, server) => renderCloudConfig(payloadOf(config, server)));
