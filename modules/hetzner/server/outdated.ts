import { TerraformLocal, type TerraformStack } from "cdktf";
import type { PlatformServer } from "./platform-server.js";
import type { SecretLabels } from "./secret-labels.js";

const addressOf = ({ server }: PlatformServer): string => `${server.terraformResourceType}.${server.friendlyUniqueId}`;

/**
 * Returns an expression that is true if a server has the configured payload, type and secrets. During a plan, Terraform
 * compares these inputs with the server's labels and type at Hetzner. The expression is one string, because cdktf would
 * otherwise resolve nested functions repeatedly for every server.
 */
const isCurrent = (server: PlatformServer, secrets: SecretLabels): string => {
  const address = addressOf(server);
  const conditions = [
    `lookup(${address}.labels, "payload", "none") == "${server.payloadHash}"`,
    `${address}.server_type == "${server.config.type}"`,
    ...secrets.conditions(server.config, `${address}.labels`),
  ];
  return `\${${conditions.join(" && ")}}`;
};

/** Returns the Terraform or OpenTofu command that rebuilds one server with the current payload. */
export const replaceCommand = (terraform: string, server: PlatformServer): string =>
  `${terraform} -chdir=cdktf.out/stacks/${server.server.cdktfStack.node.id} apply -replace=${addressOf(server)}`;

/**
 * Adds a check block for each server, so that every plan and apply warns of a server with an outdated payload or
 * another type. The warning contains the command that replaces the server. Terraform does not replace a server
 * automatically. This function uses an override, because cdktf has no construct for check blocks.
 * @returns an expression with the names of the outdated servers
 */
export function reportOutdated(
  stack: TerraformStack,
  servers: readonly PlatformServer[],
  { secrets, terraform }: { readonly secrets: SecretLabels; readonly terraform: string },
): string {
  const current = new TerraformLocal(
    stack,
    "is_current",
    Object.fromEntries(servers.map((server) => [server.config.name, isCurrent(server, secrets)])),
  );
  for (const server of servers) {
    const { name } = server.config;
    stack.addOverride(`check.${name}_current`, {
      assert: [
        {
          condition: `\${local.${current.friendlyUniqueId}["${name}"]}`,
          error_message: `Server ${name} has an outdated payload or key, or its type differs from the configuration. Replace one server at a time: ${replaceCommand(terraform, server)}`,
        },
      ],
    });
  }
  return `\${[for name, is_current in local.${current.friendlyUniqueId} : name if !is_current]}`;
}
