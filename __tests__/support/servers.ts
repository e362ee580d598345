import type { Config, EnvironmentInput, ServerConfig } from "../../modules/config/schema.js";
import type { Overrides } from "./config.js";

/** Settings with one web server and three separate database servers, instead of the example's three servers. */
export const splitServers: Overrides<EnvironmentInput["servers"]> = {
  alpha: undefined,
  bravo: undefined,
  charlie: undefined,
  front: { privateIp: "10.0.1.131", roles: ["web"] },
  left: { privateIp: "10.0.1.11", roles: ["database"] },
  middle: { privateIp: "10.0.1.12", roles: ["database"] },
  right: { privateIp: "10.0.1.13", roles: ["database"] },
};

/**
 * Settings of an environment in three locations: alpha in nbg1 and bravo in fsn1 have both roles, charlie in hel1 is only a database
 * member. There are two load balancers.
 */
export const spread: Overrides<EnvironmentInput> = {
  servers: { bravo: { location: "fsn1" }, charlie: { location: "hel1", roles: ["database"] } },
  loadBalancer: { second: { location: "fsn1", privateIp: "10.0.1.6" } },
};

/** Returns the server with this name. */
export function serverOf(config: Config, name: string): ServerConfig {
  const server = config.servers.find((candidate) => candidate.name === name);
  if (!server) throw new Error(`no server ${name} in this configuration`);
  return server;
}
