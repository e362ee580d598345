import { conditional, Fn, Op, type IResolvable, type TerraformStack } from "cdktf";
import type { PlatformServer } from "./platform-server.js";

/** The label as Hetzner has it, which is the payload the server was created with. */
const bornWith = (server: PlatformServer): string => Fn.lookup(server.server.labels, "payload", "none") as string;

/** Whether a server has the payload and the type that the configuration asks for. */
const isCurrent = (server: PlatformServer): IResolvable =>
  Op.and(Op.eq(bornWith(server), server.payloadHash), Op.eq(server.server.serverType, server.config.type));

/** Names of servers that run another payload or type than the configuration's, as Terraform sees it at plan time. */
export const outdatedServers = (servers: readonly PlatformServer[]): string[] =>
  Fn.compact(servers.map((server) => conditional(isCurrent(server), "", server.config.name)) as unknown as string[]);

/** The command, of Terraform or OpenTofu, that builds one server anew with the current payload. */
export const replaceCommand = (terraform: string, server: PlatformServer): string =>
  `${terraform} -chdir=cdktf.out/stacks/${server.server.cdktfStack.node.id} apply -replace=${server.server.terraformResourceType}.${server.server.friendlyUniqueId}`;

/**
 * Adds a check block for each server: every plan and apply warns of a server with an older payload or another type and names the
 * command that brings it up to date. Nothing happens by itself. cdktf has no construct for check blocks, hence the override.
 */
export function reportOutdated(stack: TerraformStack, servers: readonly PlatformServer[], terraform: string): void {
  for (const server of servers)
    stack.addOverride(`check.${server.config.name}_current`, {
      assert: [
        {
          condition: isCurrent(server),
          error_message: `Server ${server.config.name} has an older payload or another type. Replace one server at a time: ${replaceCommand(terraform, server)}`,
        },
      ],
    });
}
