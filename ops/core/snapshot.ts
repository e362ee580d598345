import type { Role } from "../../modules/config/schema.js";

/** The origin certificate in {@link Observation.certificateDays}; the other certificates are MySQL's. */
export const originCertificate = "the origin certificate";

/** A release by where it comes from. */
export interface Release {
  readonly url: string;
  readonly sha256: string;
}

/** What `mysql-group` says of its member; see report.py. */
export interface Member {
  /** DOWN, OFFLINE, RECOVERING, ONLINE or ERROR. */
  readonly state: string;
  /** PRIMARY, SECONDARY or empty. */
  readonly role: string;
  readonly writable: boolean;
  /** More than half of the group is reachable. */
  readonly majority: boolean;
  /** Private addresses of the members it is in a group with. */
  readonly view: readonly string[];
  /** Private addresses of those that it counts as members, in the group or not. */
  readonly remembered: readonly string[];
  readonly lagSeconds: number;
  /** Digest of the accounts that it would make as the primary. @default - absent: it was made before members told */
  readonly grants?: string;
  /** What it waits for, or does. */
  readonly reason: string;
  /** Folders with quarantined transactions, which this member had received and the group lacks. @default - absent: none, or an older version */
  readonly kept?: readonly string[];
}

/** A package that a newer version is known of. */
export interface Upgradable {
  readonly name: string;
  /** Version that is installed; empty when it would come along with another. */
  readonly from: string;
  readonly to: string;
}

/** What a server tells of itself; see files/observe.py. */
export interface Observation {
  /** Identity of this run of the system: another one after every boot. */
  readonly bootId: string;
  /** `done` when the server has set itself up; `running` until then, with what it waits for; or what cannot come right by waiting. */
  readonly firstBoot: string;
  readonly failedUnits: readonly string[];
  /** Takes visitors; `null` on a server that is no web server. */
  readonly inService: boolean | null;
  /** The application answers, database included; `null` on a server that is no web server. */
  readonly serves: boolean | null;
  /** Releases that are kept there, the current one first. */
  readonly releases: readonly Release[];
  /** `null` on a server that is no database member. */
  readonly member: Member | null;
  /** Packages that a newer version is known of; `null` when apt did not tell in time. @default - absent: it was not looked for */
  readonly upgradable?: readonly Upgradable[] | null;
  /** Why a reboot is due; empty when none is. */
  readonly rebootFor: readonly string[];
  /** Days until each certificate ends, by what it is for. */
  readonly certificateDays: Readonly<Record<string, number>>;
  /** Space in use of each file system, in percent. */
  readonly diskPercent: Readonly<Record<string, number>>;
}

/** A server as the provider knows it. */
export interface CloudServer {
  readonly name: string;
  readonly running: boolean;
  /** Whether it was made with the payload and type that the configuration asks for now; not, of one that it does not have. */
  readonly current: boolean;
  /** What it and its balancer agreed on when it was made, see modules/derived/agreement.ts; `undefined` where nobody knows. */
  readonly agreement: string | undefined;
  /** Whether the provider refuses to delete it; `null` where there is no such thing. */
  readonly isProtected: boolean | null;
  /** What it was made for. */
  readonly roles: readonly Role[];
  readonly privateIp: string;
}

/** Everything that is known of one server of the configuration at one moment. */
export interface ServerState {
  readonly name: string;
  readonly roles: readonly Role[];
  readonly privateIp: string;
  /** A member with fewer near members than others have. @default - absent: it is near the others, or no member */
  readonly isFar?: true;
  /** `undefined` when the provider has no such server. */
  readonly cloud: CloudServer | undefined;
  /** `undefined` when it does not tell; `silence` says why. */
  readonly observation: Observation | undefined;
  readonly silence: string;
  /** What the balancer's health check says; `undefined` when it is no target. */
  readonly healthy: boolean | undefined;
}

/** The running environment at one moment. */
export interface Snapshot {
  readonly environment: string;
  /** Whether Hetzner is to refuse the deletion of servers. */
  readonly protect: boolean;
  /** The release that new servers start with. */
  readonly release: Release;
  readonly servers: readonly ServerState[];
  /** Names of active load balancers that find no web server healthy while the other one does. */
  readonly idleBalancers: readonly string[];
  /** Servers that exist and that the configuration does not have. */
  readonly outside: readonly CloudServer[];
}

/** Whether a server has the role web. */
export const isWeb = ({ roles }: Pick<ServerState, "roles">): boolean => roles.includes("web");
/** Whether a server has the role database. */
export const isDatabase = ({ roles }: Pick<ServerState, "roles">): boolean => roles.includes("database");

/** The member that takes writes, as it says itself. */
export const primaryOf = ({ servers }: Pick<Snapshot, "servers">): ServerState | undefined =>
  servers.find(({ observation }) => observation?.member?.role === "PRIMARY" && observation.member.writable);
