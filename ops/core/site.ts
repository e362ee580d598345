import type { Rotated, RotationStage } from "../../modules/derived/generations.js";
import type { BalancerSettings } from "../../modules/derived/balancer.js";
import type { Config, ServerConfig } from "../../modules/config/schema.js";
import type { SecretName } from "../../modules/derived/secrets.js";
import type { LockStore } from "./lock.js";
import type { CloudServer } from "./snapshot.js";
import type { Login, Ssh } from "./ssh.js";
import type { BalancerTargets } from "./targets.js";

/** Reports the progress of a command. */
export type Report = (line: string) => void;

/** Options of a replacement. */
export interface ReplacementProps {
  /** Also deletes the data volume; the server starts with an empty one. @default false */
  readonly newVolume?: boolean;
}

/**
 * Operations on servers that Hetzner and the lab implement differently, such as the list of servers and a replacement. All other
 * operations use SSH.
 */
export interface Cloud {
  /** Existing servers of the environment, including unconfigured ones. */
  servers(): Promise<readonly CloudServer[]>;
  /** The targets of each load balancer; {@link targetHealth} combines them. */
  targets(): Promise<readonly BalancerTargets[]>;
  /** Requests an orderly shutdown, like the power button. */
  shutDown(name: string): Promise<void>;
  /** Powers a server off immediately, and returns when it is off. Data that is not yet written to its disks is lost. */
  cutPower(name: string): Promise<void>;
  /**
   * Checks a replacement before any change.
   * @returns whether a completely created server exists; the progress of an incomplete one is unknown
   * @throws if the configuration is invalid, or if another resource would change
   */
  prepare(server: ServerConfig, report: Report): Promise<boolean>;
  /**
   * Replaces only this server with the current payload; it keeps its addresses and, by default, its volume. The server must be off.
   * Returns when it boots, is protected and is a target of the load balancer again.
   * @throws before any change, if another resource would change
   */
  replace(server: ServerConfig, report: Report, props?: ReplacementProps): Promise<void>;
  /**
   * Completes a replacement that was interrupted after the creation of the server: attaches the volume, and restores protection and
   * registration with the load balancer.
   * @throws Error if another resource would change
   */
  complete(server: ServerConfig, report: Report): Promise<void>;
  /** Records that a server has the configured origin certificate. The server is then current, unless another part of it is outdated. */
  noteCertificate(server: ServerConfig): Promise<void>;
  /**
   * Updates the server's label with the digest of its secrets from variables. The server is then current, unless another part of it is
   * outdated.
   */
  noteSecrets(server: ServerConfig, label: string): Promise<void>;
  /**
   * Checks a removal before any change.
   * @throws if the configuration is invalid, or if another resource would be removed
   */
  prepareRemoval(name: string, report: Report): Promise<void>;
  /**
   * Removes the resources of a server that is no longer configured and is off. The order: registration with the load balancer, server,
   * addresses, firewall, disk, certificates. @throws Error before any change, if another resource would be removed
   */
  remove(name: string, report: Report): Promise<void>;
}

/** Progress of a load balancer migration. */
export interface BalancerMigration {
  /** True if Cloudflare directs all visitors to the new load balancer. */
  readonly pointed: boolean;
  /** Whether the previous load balancer no longer exists. */
  readonly over: boolean;
}

/**
 * Operations on the previous and the new load balancer during a migration. The setting `loadBalancer.formerly` declares the previous one.
 */
export interface Balancers {
  /** Progress of the migration. */
  changeover(): Promise<BalancerMigration>;
  /** Names of the servers that the new load balancer considers healthy. */
  healthy(): Promise<readonly string[]>;
  /**
   * Creates the new load balancer and registers the servers that were created for it.
   * @throws before any change, if another resource would change, or if the new domain does not answer
   */
  open(report: Report): Promise<void>;
  /**
   * Removes redirects between the two domains, so that each load balancer serves its own domain.
   * @throws before any change, if another resource would change
   */
  part(report: Report): Promise<void>;
  /**
   * Directs visitors to the new load balancer: changes Cloudflare's records, or if the domain changes, redirects the old domain to the
   * new one.
   * @throws before any change, if another resource would change, or if the new domain does not answer
   */
  point(report: Report): Promise<void>;
  /**
   * Removes the previous load balancer and the resources that only it needs. @throws before any change, if another resource would be
   * removed
   */
  close(report: Report): Promise<void>;
}

/** The load balancers that visitors can be directed to. */
export const directions = ["both", "first", "second"] as const;
export type Directed = (typeof directions)[number];

/** One of the active load balancers. */
export interface BalancerState extends Pick<BalancerSettings, "which" | "name" | "location"> {
  /** Public IPv4 address. @default - absent: the load balancer does not exist, or its address is unknown */
  readonly address?: string;
  /** Names of the web servers that the load balancer considers healthy. @default - absent: Hetzner does not answer */
  readonly healthy?: readonly string[];
  /** Reason why the load balancer accepts no connection. */
  readonly refusal: string | undefined;
  /** Whether the DNS records of all names of the site contain its address. */
  readonly directed: boolean;
}

/** Directs visitors to the active load balancers. Needs no state, no lock and no login, so it works while a location is lost. */
export interface Direction {
  balancers(): Promise<readonly BalancerState[]>;
  /** Changes the DNS records, if they differ. @throws Error if they cannot be changed */
  direct(wanted: Directed, balancers: readonly BalancerState[], report: Report): Promise<void>;
}

/** Values of secrets at one stage of their rotation. */
export interface SecretValues {
  /** Current value for a server. @throws Error for an unknown secret or server */
  of(server: string, name: SecretName): string;
  /** Value of the generation before the configured one; `undefined` if there is none. */
  before(server: string, name: SecretName): string | undefined;
}

/** Store of secrets: the credentials stack, or the lab's own files. */
export interface SecretStore {
  /**
   * Creates the configured generation of a secret if it does not exist. @throws Error before any change, if another resource would change
   */
  make(what: Rotated, report: Report): Promise<void>;
  /** Returns the progress of a rotation. @throws Error if the store has no stage of the secret */
  stage(what: Rotated): Promise<RotationStage>;
  /** Reads the values of all secrets once. */
  values(): Promise<SecretValues>;
  /**
   * Reads the values that the owner has set in variables (names without `TF_VAR_`), and updates the digests in the state.
   * @throws Error if a variable is not set, or if a deploy would change a server
   */
  fromOutside(variables: ReadonlyMap<SecretName, string>, report: Report): Promise<Pick<SecretValues, "of">>;
  /** Returns the accepted public host keys of each server, one per line. The server presents the first key. */
  hostKeys(): Promise<ReadonlyMap<string, string>>;
  /** Records that the configured generation is now in use, or that it is now the oldest accepted generation. */
  advance(what: Rotated, number: "used" | "oldest", report: Report): Promise<void>;
  /** Makes Cloudflare and the load balancer present the generation in use. Returns when both present it. */
  show(what: Rotated, report: Report): Promise<void>;
  /** Seconds until all data centres of Cloudflare have applied a change. */
  readonly spreadSeconds: number;
}

/** Options for opening a site. */
export interface OpenProps {
  /** Whether the command needs a login to the servers. @default true */
  readonly needsLogin?: boolean;
}

/** A running environment, with its servers, logins, lock and secrets. */
export interface Site {
  readonly config: Config;
  readonly logins: ReadonlyMap<string, Login>;
  readonly ssh: Ssh;
  readonly cloud: Cloud;
  /** @default - absent: the configuration has no previous load balancer */
  readonly balancers?: Balancers;
  readonly secrets: SecretStore;
  readonly lock: LockStore;
}

/** Returns the configuration of a server. @throws Error that lists the configured servers, if there is no server with this name */
export function serverNamed({ config }: Pick<Site, "config">, name: string): ServerConfig {
  const server = config.servers.find((one) => one.name === name);
  if (server === undefined)
    throw new Error(`no server ${name}; use one of ${config.servers.map((one) => one.name).join(", ")}`);
  return server;
}

/** Returns the login of a configured server. @throws Error if the server was never deployed */
export function loginOf({ logins }: Pick<Site, "logins">, name: string): Login {
  const login = logins.get(name);
  if (login === undefined) throw new Error(`${name}: has no address or host key yet; deploy it first: npm run deploy`);
  return login;
}
