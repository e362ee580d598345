import type { CloudServer, Member, Observation, ServerState, Snapshot } from "../../../ops/core/snapshot.js";

export const release = (digit: string) => ({
  url: `https://releases.foobar.com/${digit}.tar.gz`,
  sha256: digit.repeat(64),
});

const addresses = { alpha: "10.0.1.11", bravo: "10.0.1.12", charlie: "10.0.1.13" } as const;
type Name = keyof typeof addresses;

const member = (changes: Partial<Member> = {}): Member => ({
  state: "ONLINE",
  role: "SECONDARY",
  writable: false,
  majority: true,
  view: Object.values(addresses),
  remembered: Object.values(addresses),
  lagSeconds: 0,
  reason: "",
  ...changes,
});

const observation = (changes: Partial<Observation> = {}): Observation => ({
  bootId: "boot",
  firstBoot: "done",
  failedUnits: [],
  inService: true,
  serves: true,
  releases: [release("2"), release("1")],
  member: member(),
  rebootFor: [],
  certificateDays: { "MySQL's certificate": 3000 },
  diskPercent: { "/": 20 },
  ...changes,
});

/** Properties of a server that differ from those of a healthy server. */
export interface Difference {
  readonly cloud?: Partial<CloudServer> | null;
  readonly observation?: Partial<Observation> | null;
  readonly member?: Partial<Member>;
  readonly healthy?: boolean | null;
  readonly roles?: ServerState["roles"];
  readonly isFar?: true;
}

export const cloudServer = (name: Name, changes: Partial<CloudServer> = {}): CloudServer => ({
  name,
  running: true,
  current: true,
  agreement: "terminate-10.0.1.5-fcc63e85",
  isProtected: true,
  roles: ["web", "database"],
  privateIp: addresses[name],
  ...changes,
});

/** Returns a snapshot of three healthy servers with the given differences. alpha is the primary. */
export function snapshot(differences: Partial<Record<Name, Difference>> = {}): Snapshot {
  const server = (name: Name): ServerState => {
    const { cloud, observation: seen, member: group, healthy, roles, isFar } = differences[name] ?? {};
    const role = name === "alpha" ? { role: "PRIMARY", writable: true } : {};
    return {
      name,
      roles: roles ?? ["web", "database"],
      privateIp: addresses[name],
      cloud: cloud === null ? undefined : cloudServer(name, cloud),
      observation: seen === null ? undefined : observation({ member: member({ ...role, ...group }), ...seen }),
      silence: "connection timed out",
      healthy: healthy === null ? undefined : (healthy ?? true),
      ...(isFar && { isFar }),
    };
  };
  return {
    environment: "production",
    protect: true,
    release: release("2"),
    idleBalancers: [],
    outside: [],
    servers: (Object.keys(addresses) as Name[]).map(server),
  };
}
