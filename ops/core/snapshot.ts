import type { Role } from "../../modules/config/schema.js";

/** Name of the origin certificate in {@link Observation.certificateDays}. The other certificates belong to MySQL. */
export const originCertificate = "the origin certificate";

/** A release, identified by its source. */
export interface Release {
  readonly url: string;
  readonly sha256: string;
}

/** Report of `mysql-group` about its member; see report.py. */
export interface Member {
  /** DOWN, OFFLINE, RECOVERING, ONLINE or ERROR. */
  readonly state: string;
  /** PRIMARY, SECONDARY or empty. */
  readonly role: string;
  readonly writable: boolean;
  /** Whether the member can communicate with more than half of the group. */
  readonly majority: boolean;
  /** Private addresses of the members that this member sees in its group. */
  readonly view: readonly string[];
  /** Private addresses of all members that this member counts for the majority, whether they are in the group or not. */
  readonly remembered: readonly string[];
  readonly lagSeconds: number;
  /**
   * Digest of the accounts that the member would create as the primary. @default - absent: an older version of the server, which does not
   * report the digest
   */
  readonly grants?: string;
  /** Action of the member, or the condition that it waits for. */
  readonly reason: string;
  /**
   * Folders with quarantined transactions: this member has received them, and the group does not have them. @default - absent: none, or an
   * older version of the server
   */
  readonly kept?: readonly string[];
}

/** A package with a newer version. */
export interface Upgradable {
  readonly name: string;
  /** Installed version; empty if another package would install it as a dependency. */
  readonly from: string;
  readonly to: string;
}

/** Report of a server about itself, written by files/observe.py. */
export interface Observation {
  /** Identity of the current boot. Every boot has another identity. */
  readonly bootId: string;
  /** `done` if the server is set up; `running` until then, with the awaited condition; otherwise a permanent failure. */
  readonly firstBoot: string;
  readonly failedUnits: readonly string[];
  /** Whether the server is in service; `null` if it is not a web server. */
  readonly inService: boolean | null;
  /** Whether the application answers, including the database; `null` if the server is not a web server. */
  readonly serves: boolean | null;
  /** Installed releases, the current one first. */
  readonly releases: readonly Release[];
  /** `null` if the server is not a database member. */
  readonly member: Member | null;
  /** Packages with a newer version; `null` if apt did not report in time. @default - absent: not requested */
  readonly upgradable?: readonly Upgradable[] | null;
  /** Packages that require a reboot; empty if there are none. */
  readonly rebootFor: readonly string[];
  /** Days until each certificate expires, by its purpose. */
  readonly certificateDays: Readonly<Record<string, number>>;
  /** Used space of each file system, in percent. */
  readonly diskPercent: Readonly<Record<string, number>>;
}

/** A server according to Hetzner. */
export interface CloudServer {
  readonly name: string;
  readonly running: boolean;
  /** Whether the server was created with the configured payload and type. False for an unconfigured server. */
  readonly current: boolean;
  /**
   * Digest of the settings that the server and the load balancer had to agree on when the server was created, see
   * modules/derived/agreement.ts. `undefined` if unknown.
   */
  readonly agreement: string | undefined;
  /** Whether Hetzner refuses to delete the server; `null` in the lab. */
  readonly isProtected: boolean | null;
  /** Roles that the server was created for. */
  readonly roles: readonly Role[];
  readonly privateIp: string;
}

/** State of one configured server at one time. */
export interface ServerState {
  readonly name: string;
  readonly roles: readonly Role[];
  readonly privateIp: string;
  /**
   * True if the member has fewer near members than other members have. @default - absent: the member is near the others, or the server has
   * no member
   */
  readonly isFar?: true;
  /** `undefined` if Hetzner has no such server. */
  readonly cloud: CloudServer | undefined;
  /** `undefined` if the server did not report. Then `silence` contains the reason. */
  readonly observation: Observation | undefined;
  readonly silence: string;
  /** Result of the load balancer's health check; `undefined` if the server is not a target. */
  readonly healthy: boolean | undefined;
}

/** State of the running environment at one time. */
export interface Snapshot {
  readonly environment: string;
  /** Whether Hetzner must refuse the deletion of servers. */
  readonly protect: boolean;
  /** The release that new servers start with. */
  readonly release: Release;
  readonly servers: readonly ServerState[];
  /** Names of active load balancers that find no healthy web server although the other load balancer finds one. */
  readonly idleBalancers: readonly string[];
  /** Servers that exist at Hetzner and are not in the configuration. */
  readonly outside: readonly CloudServer[];
}

/** Returns true if a server has the role web. */
export const isWeb = ({ roles }: Pick<ServerState, "roles">): boolean => roles.includes("web");
/** Returns true if a server has the role database. */
export const isDatabase = ({ roles }: Pick<ServerState, "roles">): boolean => roles.includes("database");

/** Returns the server whose member reports that it accepts writes. */
export const primaryOf = ({ servers }: Pick<Snapshot, "servers">): ServerState | undefined =>
  servers.find(({ observation }) => observation?.member?.role === "PRIMARY" && observation.member.writable);
