import type { Rotated, Stage } from "../../modules/derived/generations.js";
import type { BalancerSettings } from "../../modules/derived/balancer.js";
import type { Config, ServerConfig } from "../../modules/config/schema.js";
import type { SecretName } from "../../modules/derived/secrets.js";
import type { LockStore } from "./lock.js";
import type { CloudServer } from "./snapshot.js";
import type { Login, Ssh } from "./ssh.js";
import type { BalancerTargets } from "./targets.js";

/** What tells a person how far a command is. */
export type Report = (line: string) => void;

/** Options of a replacement. */
export interface ReplacementProps {
  /** Also deletes the data volume; the server starts with an empty one. @default false */
  readonly newVolume?: boolean;
}

/** What differs between Hetzner and the lab: how servers are listed, and how one is replaced. All else goes over SSH. */
export interface Cloud {
  /** Servers of the environment that exist, in the configuration or not. */
  servers(): Promise<readonly CloudServer[]>;
  /** The targets of each load balancer; {@link targetHealth} combines them. */
  targets(): Promise<readonly BalancerTargets[]>;
  /** Asks for an orderly shutdown, as its power button does. */
  shutDown(name: string): Promise<void>;
  /** Switches a server off at once, and returns when it is off. What it has not written to its disks is lost. */
  cutPower(name: string): Promise<void>;
  /**
   * Makes sure of a replacement before anything is touched.
   * @returns whether there is a server that was made to its end; of any other, nobody can tell how far an interrupted run had come with it
   * @throws when the configuration does not pass, or when anything but this server would change
   */
  prepare(server: ServerConfig, report: Report): Promise<boolean>;
  /**
   * Replaces this one server with the current payload; it keeps its addresses and, by default, its volume.
   * The server is off. Returns when it boots, is protected and is a target of the balancer again.
   * @throws before any change, if anything but this server would change
   */
  replace(server: ServerConfig, report: Report, props?: ReplacementProps): Promise<void>;
  /**
   * Does what an interrupted replacement had not come to after it had made the server: its volume, its protection, its place on the balancer.
   * @throws when more would be done
   */
  complete(server: ServerConfig, report: Report): Promise<void>;
  /** Notes that a server was given the configured origin certificate: it is outdated no more, if nothing else was older. */
  noteCertificate(server: ServerConfig): Promise<void>;
  /** Updates the label with the digest of a server's secrets from outside: the server is current again if nothing else was older. */
  noteSecrets(server: ServerConfig, label: string): Promise<void>;
  /**
   * Makes sure of a removal before anything is touched.
   * @throws when the configuration does not pass, or when anything but this server would go
   */
  prepareRemoval(name: string, report: Report): Promise<void>;
  /**
   * Takes away what is left of a server that is off and that the configuration does not have: its place on the balancer, itself, then
   * addresses, firewall, disk and certificates. @throws before anything is changed, when anything else would go
   */
  remove(name: string, report: Report): Promise<void>;
}

/** How far the change from one balancer to another has come. */
export interface BalancerMigration {
  /** Whether Cloudflare leads all visitors to the new balancer. */
  readonly pointed: boolean;
  /** Whether there is no other balancer any more. */
  readonly over: boolean;
}

/** The two balancers there are while one takes over from the other, as `loadBalancer.formerly` declares it. */
export interface Balancers {
  /** How far it has come. */
  changeover(): Promise<BalancerMigration>;
  /** Names of the servers that the new balancer finds healthy. */
  healthy(): Promise<readonly string[]>;
  /**
   * Makes the new balancer beside the other one, and puts servers that were made for it on it.
   * @throws before anything is changed, when anything else would be; and when nobody answers under a new name
   */
  open(report: Report): Promise<void>;
  /**
   * Of two names lets neither lead to the other, where one does: each is served by its own balancer.
   * @throws before anything is changed, when anything else would be
   */
  part(report: Report): Promise<void>;
  /**
   * Leads visitors to the new balancer: points Cloudflare's records at it, or where the domain changes too, leads from the old name to the new one.
   * @throws before anything is changed, when anything else would be, and when nobody answers under the new name
   */
  point(report: Report): Promise<void>;
  /** Takes the other balancer away, and what only it needs. @throws before anything is changed, when anything else would go */
  close(report: Report): Promise<void>;
}

/** The load balancers that visitors can be directed to. */
export const directions = ["both", "first", "second"] as const;
export type Directed = (typeof directions)[number];

/** One of the active load balancers. */
export interface BalancerState extends Pick<BalancerSettings, "which" | "name" | "location"> {
  /** Public IPv4 address. @default - absent: it does not exist, or nobody knows its address */
  readonly address?: string;
  /** Names of the web servers that it finds healthy. @default - absent: the provider does not answer */
  readonly healthy?: readonly string[];
  /** Why it accepts no connection. */
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
  /** What a server gets now. @throws Error for a secret that was never made, and for a server that is not there */
  of(server: string, name: SecretName): string;
  /** What it got in the generation before the configured one; `undefined` where there is none. */
  before(server: string, name: SecretName): string | undefined;
}

/** Where secrets are made and kept: the stack of the credentials, or the lab's own. */
export interface SecretStore {
  /** Makes the configured generation, if it is not there yet. @throws before anything is changed, when anything else would be */
  make(what: Rotated, report: Report): Promise<void>;
  /** How far a rotation has come. @throws Error for a secret of which the store knows no stage */
  stage(what: Rotated): Promise<Stage>;
  /** All values, read once. */
  values(): Promise<SecretValues>;
  /**
   * Reads the values that the owner has set, each from its variable (without `TF_VAR_`), and updates the digests in the state.
   * @throws if a variable is not set, or if a deploy would change a server
   */
  fromOutside(variables: ReadonlyMap<SecretName, string>, report: Report): Promise<Pick<SecretValues, "of">>;
  /** The public keys by which each server may prove itself, in lines, the one that it shows first. */
  hostKeys(): Promise<ReadonlyMap<string, string>>;
  /** From now on the configured generation is the one that is used, or the oldest that is accepted. */
  advance(what: Rotated, number: "used" | "oldest", report: Report): Promise<void>;
  /** Lets what stands before the servers, Cloudflare and the balancer, show the generation that is used, and returns when it does. */
  show(what: Rotated, report: Report): Promise<void>;
  /** How long until that has reached the last of Cloudflare's data centres, in seconds. */
  readonly spreadSeconds: number;
}

/** What opening a site may be told. */
export interface OpenProps {
  /** Whether nothing of what follows could be done without a login. @default true */
  readonly needsLogin?: boolean;
}

/** A running environment, and how to reach it. */
export interface Site {
  readonly config: Config;
  readonly logins: ReadonlyMap<string, Login>;
  readonly ssh: Ssh;
  readonly cloud: Cloud;
  /** @default - absent: the configuration names no balancer before */
  readonly balancers?: Balancers;
  readonly secrets: SecretStore;
  readonly lock: LockStore;
}

/** @throws when the configuration has no such server; says which there are */
export function serverNamed({ config }: Pick<Site, "config">, name: string): ServerConfig {
  const server = config.servers.find((one) => one.name === name);
  if (server === undefined)
    throw new Error(`no server ${name}; use one of ${config.servers.map((one) => one.name).join(", ")}`);
  return server;
}

/** Where a server of the configuration is. @throws when it has never been deployed */
export function loginOf({ logins }: Pick<Site, "logins">, name: string): Login {
  const login = logins.get(name);
  if (login === undefined) throw new Error(`${name}: has no address or host key yet; deploy it first: npm run deploy`);
  return login;
}
