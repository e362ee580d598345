import type { Role } from "../../modules/config/schema.js";

/** The origin certificate in {@link Observation.certificateDays}; the other certificates are MySQL's. */
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
  /** Whether more than half of the group is reachable. */
  readonly majority: boolean;
  /** Private addresses of the members in its group. */
  readonly view: readonly string[];
  /** Private addresses of all members that it counts, in the group or not. */
  readonly remembered: readonly string[];
  readonly lagSeconds: number;
  /** Digest of the accounts that it would create as primary. @default - absent: created before members reported it */
  readonly grants?: string;
  /** What the member waits for or does. */
  readonly reason: string;
  /** Folders with quarantined transactions, which this member had received and the group lacks. @default - absent: none, or an older version */
  readonly kept?: readonly string[];
}

/** A package with a newer version. */
export interface Upgradable {
  readonly name: string;
  /** Installed version; empty if another package would install it as a dependency. */
  readonly from: string;
  readonly to: string;
}

/** A server's report about itself; see files/observe.py. */
export interface Observation {
  /** Identity of this boot; different after every boot. */
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
  /** Load balancer contract at the creation of the server, see modules/derived/agreement.ts; `undefined` if unknown. */
  readonly agreement: string | undefined;
  /** Whether Hetzner refuses to delete the server; `null` in the lab. */
  readonly isProtected: boolean | null;
  /** Roles that the server was created for. */
  readonly roles: readonly Role[];
  readonly privateIp: string;
}

/** All knowledge about one configured server at one moment. */
export interface ServerState {
  readonly name: string;
  readonly roles: readonly Role[];
  readonly privateIp: string;
  /** Whether the member has fewer near members than others have. @default - absent: it is near the others, or not a member */
  readonly isFar?: true;
  /** `undefined` if Hetzner has no such server. */
  readonly cloud: CloudServer | undefined;
  /** `undefined` if the server does not report; `silence` contains the reason. */
  readonly observation: Observation | undefined;
  readonly silence: string;
  /** Result of the load balancer's health check; `undefined` if the server is not a target. */
  readonly healthy: boolean | undefined;
}

/** The running environment at one moment. */
export interface Snapshot {
  readonly environment: string;
  /** Whether Hetzner must refuse the deletion of servers. */
  readonly protect: boolean;
  /** The release that new servers start with. */
  readonly release: Release;
  readonly servers: readonly ServerState[];
  /** Names of active load balancers that find no web server healthy while the other one does. */
  readonly idleBalancers: readonly string[];
  /** Existing servers that are not configured. */
  readonly outside: readonly CloudServer[];
}

/** Whether a server has the role web. */
export const isWeb = ({ roles }: Pick<ServerState, "roles">): boolean => roles.includes("web");
/** Whether a server has the role database. */
export const isDatabase = ({ roles }: Pick<ServerState, "roles">): boolean => roles.includes("database");

/** The member that accepts writes, according to its own report. */
export const primaryOf = ({ servers }: Pick<Snapshot, "servers">): ServerState | undefined =>
  servers.find(({ observation }) => observation?.member?.role === "PRIMARY" && observation.member.writable);
