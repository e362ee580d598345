import { z } from "zod";

/** What a server does. A server carries one or both. */
export const roles = ["web", "database"] as const;
export type Role = (typeof roles)[number];

/** Validities that Cloudflare issues Origin CA certificates for, in days (API reference of origin_ca_certificate). */
export const certificateValiditiesDays = [7, 30, 90, 365, 730, 1095, 5475] as const;

const server = z.strictObject({
  /** Fixed address in the private subnet. */
  privateIp: z.ipv4(),
  /** @default both roles */
  roles: z.array(z.enum(roles)).min(1).default(["web", "database"]),
  /** Hetzner server type. @default `serverType` of the environment */
  type: z.string().optional(),
});

const network = z.strictObject({
  /** @default "10.0.0.0/16" */
  cidr: z.cidrv4().default("10.0.0.0/16"),
  /** @default "10.0.1.0/24" */
  subnet: z.cidrv4().default("10.0.1.0/24"),
  /** Private address of the load balancer. @default "10.0.1.5" */
  balancerIp: z.ipv4().default("10.0.1.5"),
  /** Hetzner network zone. @default "eu-central" */
  zone: z.string().default("eu-central"),
});

const administrators = z.strictObject({
  /** Networks that SSH is allowed from. @default none: no SSH at all */
  cidrs: z.array(z.string()).default([]),
  /** Public keys, by the name they get at Hetzner. @default none */
  sshKeys: z.record(z.string(), z.string()).default({}),
});

const application = z.strictObject({
  /** Where servers download the release from. */
  url: z.url(),
  /** SHA-256 of the release, 64 hexadecimal digits. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

const certificate = z.strictObject({
  /** Validity of the Cloudflare Origin CA certificate, in days. @default 365 */
  validityDays: z.literal(certificateValiditiesDays).default(365),
  /** Raise to issue a new key and certificate at the next deploy. @default 1 */
  generation: z.int().min(1).default(1),
});

const loadBalancer = z.strictObject({
  /** Hetzner load balancer type. @default "lb11" */
  type: z.string().default("lb11"),
  algorithm: z.enum(["round_robin", "least_connections"]).default("least_connections"),
  healthCheck: z
    .strictObject({
      intervalSeconds: z.int().min(3).max(60).default(3),
      timeoutSeconds: z.int().min(1).max(60).default(2),
      retries: z.int().min(1).max(5).default(2),
    })
    .prefault({}),
});

const database = z.strictObject({
  /** LTS series of MySQL's apt repository. @default "9.7" */
  series: z.enum(["8.4", "9.7"]).default("9.7"),
  /** Size of each data volume, in GB (10-10240). @default 20 */
  volumeSizeGb: z.int().min(10).max(10240).default(20),
  /** Identity of the replication group, a UUID. Never changes while data exists. */
  groupName: z.uuid(),
  /** @default - derived from the server type's memory and roles */
  bufferPoolMib: z.int().min(128).optional(),
});

const cloudflare = z.strictObject({
  /** Name of the zone. @default `domain` */
  zoneName: z.string().optional(),
  /** Name of the account, only needed when two accounts hold a zone of this name. @default none */
  accountName: z.string().optional(),
  minimumTlsVersion: z.enum(["1.2", "1.3"]).default("1.2"),
  hsts: z
    .strictObject({
      maxAgeSeconds: z.int().min(0).max(63_072_000).default(31_536_000),
      includeSubdomains: z.boolean().default(true),
      preload: z.boolean().default(false),
    })
    .prefault({}),
  firewall: z
    .strictObject({
      /** Expression (Cloudflare Rules language) of the requests to stop. @default scanners and dot files, see modules/cloudflare */
      expression: z.string().optional(),
      action: z.enum(["block", "managed_challenge", "js_challenge"]).default("block"),
    })
    .prefault({}),
  rateLimit: z
    .strictObject({
      /** Requests per address in 10 seconds before it is blocked. @default 50 */
      requestsPer10Seconds: z.int().min(1).default(50),
      /** Expression (Cloudflare Rules language) of the requests that count. @default paths under /api/ */
      expression: z.string().optional(),
    })
    .prefault({}),
});

const backend = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("local"),
    /** In production, local state needs this explicit word. @default false */
    acceptLocalState: z.boolean().default(false),
  }),
  z.strictObject({
    type: z.literal("s3"),
    bucket: z.string(),
    /** Of the object storage, for example "https://fsn1.your-objectstorage.com". */
    endpoint: z.url(),
    region: z.string(),
    /** Folder of the state files in the bucket. @default the environment's name */
    prefix: z.string().optional(),
  }),
]);

const monitoring = z.strictObject({
  /** @default true */
  enabled: z.boolean().default(true),
  /** Datadog site, for example "datadoghq.eu". @default "datadoghq.eu" */
  site: z
    .enum([
      "datadoghq.com",
      "us3.datadoghq.com",
      "us5.datadoghq.com",
      "datadoghq.eu",
      "ap1.datadoghq.com",
      "ap2.datadoghq.com",
      "ddog-gov.com",
    ])
    .default("datadoghq.eu"),
  receivers: z
    .strictObject({
      /** Datadog handles that wake a person, for example "@pagerduty-foobar". */
      urgent: z.array(z.string().startsWith("@")).default([]),
      /** Datadog handles for what can wait until morning. */
      notUrgent: z.array(z.string().startsWith("@")).default([]),
    })
    .prefault({}),
});

/** Replaces a vendor's apt repository, for a mirror. */
const aptSource = z.strictObject({
  url: z.url().optional(),
  /** File with the armored public key. @default the vendor's key in this repository */
  keyFile: z.string().optional(),
});

/** Everything an environment can say. The keys' order is the order of a reader's questions. */
export const environmentSchema = z.strictObject({
  /** Registered domain; the site is www.<domain> and the apex. */
  domain: z.string(),
  application,
  servers: z.record(z.string(), server),
  administrators: administrators.prefault({}),
  database,
  monitoring: monitoring.prefault({}),
  /** Hetzner location of servers, volumes and balancer. @default "nbg1" */
  location: z.string().default("nbg1"),
  /** Hetzner server type, x86. @default "cx33" */
  serverType: z.string().default("cx33"),
  /** Daily backups by Hetzner, 20 % of the server's price. @default true */
  backups: z.boolean().default(true),
  /** Delete and rebuild protection of everything that holds data or serves. @default true in production, else false */
  protect: z.boolean().optional(),
  /** "terminate": the balancer ends TLS. "passthrough": nginx does. @default "terminate" */
  tls: z.enum(["terminate", "passthrough"]).default("terminate"),
  network: network.prefault({}),
  loadBalancer: loadBalancer.prefault({}),
  certificate: certificate.prefault({}),
  cloudflare: cloudflare.prefault({}),
  backend: backend.default({ type: "local", acceptLocalState: false }),
  aptSources: z.strictObject({ mysql: aptSource.prefault({}), datadog: aptSource.prefault({}) }).prefault({}),
});

export type EnvironmentInput = z.input<typeof environmentSchema>;
type Parsed = z.output<typeof environmentSchema>;

/** One server, with the environment's defaults filled in. */
export interface ServerConfig {
  readonly name: string;
  readonly privateIp: string;
  readonly roles: readonly Role[];
  readonly type: string;
}

/** A checked environment: what every stack and module reads. */
export type Config = Readonly<Omit<Parsed, "servers" | "protect">> & {
  /** Name of the environment: the file's name under environments/. */
  readonly environment: string;
  /** In the order of the configuration. */
  readonly servers: readonly ServerConfig[];
  readonly protect: boolean;
};

/** Servers that carry a role, in the order of the configuration. */
export const serversWithRole = (config: Config, role: Role): readonly ServerConfig[] =>
  config.servers.filter((server) => server.roles.includes(role));
