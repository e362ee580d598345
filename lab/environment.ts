import ipaddr from "ipaddr.js";
import { checkEnvironment } from "../modules/config/load.js";
import type { Config, EnvironmentInput } from "../modules/config/schema.js";
import { administrator, balancer, type Host, server } from "./network/addresses.js";
import type { PrivateNetwork } from "./network/fabric.js";

/** The environment that the lab boots, and where its hosts are. */
export interface LabEnvironment {
  readonly config: Config;
  readonly network: PrivateNetwork;
  readonly balancer: Host;
  /** In the order of the configuration. */
  readonly servers: readonly Host[];
}

/** What a lab may change in environments/lab.ts. */
export type LabOverrides = Pick<
  Partial<EnvironmentInput>,
  "tls" | "servers" | "database" | "generations" | "certificate" | "backup" | "restore"
>;

/**
 * Loads environments/lab.ts.
 * @param administratorKey public key of the lab's administrator, who may log in to the machines
 * @throws when it has problems
 */
export async function loadLabEnvironment(overrides: LabOverrides, administratorKey: string): Promise<LabEnvironment> {
  const { default: input } = await import("../environments/lab.js");
  const config = checkEnvironment("lab", {
    ...input,
    ...overrides,
    administrators: {
      cidrs: [`${administrator.publicIpv4}/32`, `${administrator.publicIpv6}/128`],
      sshKeys: { lab: administratorKey },
    },
  });
  return {
    config,
    network: { range: config.network.cidr, gateway: routerOf(config.network.cidr) },
    balancer: balancer(config.network.balancerIp),
    servers: config.servers.map(({ name, privateIp }, position) => server(name, position, privateIp)),
  };
}

/** Hetzner's router has the first address of a network. */
function routerOf(range: string): string {
  const octets = ipaddr.IPv4.networkAddressFromCIDR(range).octets;
  return [...octets.slice(0, 3), (octets[3] ?? 0) + 1].join(".");
}
