import * as z from "zod";
import { application } from "./application.js";
import { bufferPoolChunkMib } from "./buffer-pool.js";
import { monitoring } from "./monitoring.js";
import * as values from "./values/index.js";

/** What a server does. A server carries one or both. */
export const roles = ["web", "database"] as const;
/** A role of a server. What a member of the database group is, primary or replica, is called its member role. */
export type Role = (typeof roles)[number];

/** Validities that Cloudflare issues Origin CA certificates for, in days (API reference of origin_ca_certificate). */
const certificateValiditiesDays = [7, 30, 90, 365, 730, 1095, 5475] as const;

const server = z.strictObject({
  privateIp: z
    .ipv4()
    .describe("Fixed private address: in `network.databaseRange` with the role database, else in `network.webRange`."),
  roles: z
    .array(z.enum(roles))
    .min(1)
    .default(["web", "database"])
    .describe("What the server does. Database members must be an odd number of at least 3."),
  type: values.serverType.optional().describe("Hetzner server type. Default: `serverType` of the environment."),
  placementGroup: values.placementGroup
    .default("servers")
    .describe("Spread placement group, at most ten servers each. Decided when the server is created."),
});

const network = z.strictObject({
  cidr: values.networkCidr.default("10.0.0.0/16").describe("Private network."),
  subnet: values.subnetCidr.default("10.0.1.0/24").describe("Its one subnet, in which servers and balancer live."),
  databaseRange: values.databaseRangeCidr
    .optional()
    .describe(
      "Addresses of database members, present and future: the ones that servers trust as such. Default: the subnet's addresses 8 to 15.",
    ),
  webRange: values.rangeCidr
    .optional()
    .describe("Addresses of servers with the role web alone. Default: the upper half of the subnet."),
  balancerIp: z.ipv4().default("10.0.1.5").describe("Private address of the load balancer."),
  zone: values.zone.default("eu-central").describe("Hetzner network zone; the one `location` lies in."),
});

/** Networks that a rule of a provider firewall takes (Hetzner's OpenAPI description of `source_ips`: "100 CIDR blocks at most"). */
const mostSources = 100;

/** A file for each is more than anybody keeps in a safe; each makes every piece of the archive 200 bytes larger. */
const mostRecipients = 10;

const administrators = z.strictObject({
  cidrs: values
    .distinct(values.administratorCidr, mostSources)
    .default([])
    .describe(`Networks that SSH is allowed from, at most ${mostSources}. None means no SSH at all.`),
  sshKeys: z
    .record(values.sshKeyName, values.sshPublicKey.describe("Public key, one line as in ~/.ssh/id_ed25519.pub."))
    .default({})
    .describe("Public keys, by the name they get at Hetzner. Servers take them at creation only."),
});

/** Counts the keys, passwords or certificates that have been made one after the other. */
const generation = z.int().min(1).max(1000).default(1);

const certificate = z.strictObject({
  validityDays: z
    .literal(certificateValiditiesDays)
    .default(365)
    .describe("Validity of the Cloudflare Origin CA certificate, in days. A change waits for the next generation."),
  keyType: z
    .enum(["rsa", "ecdsa"])
    .optional()
    .describe(
      "Kind of its key. A change waits for the next generation. Default: RSA 2048 where the balancer ends TLS, since no public example shows one with another; else ECDSA P-256.",
    ),
  generation: generation.describe(
    "Raise it by one to issue a new key and certificate, then `npm run ops rotate origin-certificate`.",
  ),
});

const generations = z.strictObject({
  edgeToken: generation.describe(
    "Of the token that Cloudflare shows to the servers. Raise it by one, then `npm run ops rotate edge-token`.",
  ),
  databasePasswords: generation.describe(
    "Of the passwords of the application, the replication and the monitoring. Raise it by one, then `npm run ops rotate database-passwords`.",
  ),
  databaseAuthority: generation.describe(
    "Of the private authority of MySQL and the certificates that it signs. Raise it by one, then `npm run ops rotate database-authority`.",
  ),
  sshHostKeys: generation.describe(
    "Of the keys that servers show to whoever logs in. Raise it by one, then `npm run ops rotate ssh-host-keys`.",
  ),
});

/** Who ends TLS. */
const tlsMode = z.enum(["terminate", "passthrough"]);

const formerly = z.strictObject({
  domain: values.domain
    .optional()
    .describe(
      "Its `domain`, which leads to the new one when that is served, for as long as it stands here. Default: `domain`.",
    ),
  zoneName: values.domain.optional().describe("Zone that holds that domain. Default: the domain itself."),
  tls: tlsMode.describe("Its `tls`."),
  balancerIp: z.ipv4().describe("Its `network.balancerIp`."),
});

const loadBalancer = z.strictObject({
  number: z
    .literal([1, 2])
    .default(1)
    .describe("Which of two balancers this is. One that takes over from another has the other number."),
  formerly: formerly
    .optional()
    .describe(
      "The balancer before: `npm run ops rollout` [changes over from it](changes.md#change-the-domain-tls-mode-or-the-balancers-address). May stay until the next such change. Default: none.",
    ),
  type: values.loadBalancerType.default("lb11").describe("Hetzner load balancer type."),
  algorithm: z
    .enum(["round_robin", "least_connections"])
    .default("round_robin")
    .describe(
      "How requests are spread over the web servers. A server that has died and refuses at once has the fewest connections of all: `least_connections` leads most requests to it until a check has failed.",
    ),
  healthCheck: z
    .strictObject({
      intervalSeconds: z.int().min(3).max(60).default(3).describe("Time between two checks of a web server, 3 to 60."),
      timeoutSeconds: z.int().min(1).max(60).default(1).describe("Longest wait for an answer; less than the interval."),
      retries: z
        .int()
        .min(1)
        .max(5)
        .default(1)
        .describe("Failed checks in a row that take a web server out, and good ones that bring it back, 1 to 5."),
    })
    .prefault({}),
});

const visitors = z.strictObject({
  writesPerMinute: z
    .int()
    .min(1)
    .max(6000)
    .default(10)
    .describe(
      "Requests that write, of one address (with IPv6: one network of 64 bits), that each web server takes a minute, all at once if need be. More are answered with 429. Reading has no such limit.",
    ),
});

const database = z.strictObject({
  series: z.enum(["8.4", "9.7"]).default("9.7").describe("LTS series of MySQL's apt repository."),
  volumeSizeGb: z
    .int()
    .min(10)
    .max(10_240)
    .default(20)
    .describe("Size of each data volume, in GB, 10 to 10240. Volumes can grow and never shrink."),
  groupName: values.groupName.describe("Identity of the replication group, a UUID. Never changes while data exists."),
  bufferPoolMib: z
    .int()
    .min(bufferPoolChunkMib)
    .optional()
    .describe("InnoDB buffer pool, in MiB. Default, and limit: what a server's memory holds beside everything else."),
  privileges: z
    .enum(["append", "read-write", "schema-owner"])
    .default("read-write")
    .describe(
      'What the application may do in its schema. "append": SELECT and INSERT. "read-write": UPDATE and DELETE too. Without `application.migrate` both also CREATE, ALTER and INDEX. "schema-owner": everything, such as DROP.',
    ),
});

const backup = z.strictObject({
  endpoint: values.archiveUrl.describe('Of the object storage, for example "https://fsn1.your-objectstorage.com".'),
  region: values.region.describe('Region of the bucket, for example "fsn1".'),
  bucket: values.bucketName.describe(
    "Bucket of the archive, in a project of its own: a key of Hetzner's opens all buckets of a project.",
  ),
  recipients: values
    .distinct(values.ageRecipient, mostRecipients)
    .min(2)
    .describe(
      "Public keys of age, two at least: whoever has one of the private keys can read the archive, and nobody else, the servers included.",
    ),
  baseHours: z
    .int()
    .min(1)
    .max(168)
    .default(24)
    .describe(
      "Time between two copies of all data, in hours, 1 to 168. A restore replays what was written since the last one.",
    ),
  retentionDays: z
    .int()
    .min(1)
    .max(365)
    .default(14)
    .describe(
      "How far back a restore can go, in days, 1 to 365. Objects live for this, the time between two copies, and a week.",
    ),
  lock: z
    .enum(["compliance", "governance"])
    .default("compliance")
    .describe(
      'How objects are locked for as long as they live. "compliance": nobody can delete them, and they are paid for until then. "governance": the owner of the bucket can.',
    ),
});

const restore = z.strictObject({
  timeline: values.groupName.describe("`database.groupName` that the data was written under."),
  at: values.restoreMoment.describe('A time in UTC, "latest", or "before GTID".'),
});

const cloudflare = z.strictObject({
  number: z
    .literal([1, 2])
    .default(1)
    .describe("Which of two sites this is. A domain that takes over from another has the other number; else it stays."),
  zoneName: values.domain
    .optional()
    .describe(
      "Name of the zone, for all of which TLS and HSTS are set. With a parent of `domain`, www needs Cloudflare's Advanced Certificate Manager. Default: `domain`.",
    ),
  accountName: values.name
    .optional()
    .describe("Name of the account, only needed when two accounts hold a zone of this name."),
  minimumTlsVersion: z.enum(["1.2", "1.3"]).default("1.2").describe("Oldest TLS version that visitors may use."),
  hsts: z
    .strictObject({
      maxAgeSeconds: z
        .int()
        .min(0)
        .max(63_072_000)
        .default(31_536_000)
        .describe("How long browsers insist on HTTPS; up to two years."),
      includeSubdomains: z.boolean().default(true).describe("Whether that covers every subdomain."),
      preload: z.boolean().default(false).describe("Whether browsers may ship the domain as HTTPS only; hard to undo."),
    })
    .prefault({}),
  firewall: z
    .strictObject({
      expression: values.expression
        .optional()
        .describe("Requests to stop, in Cloudflare's Rules language. Default: scanners and dot files."),
      action: z.enum(["block", "managed_challenge", "js_challenge"]).default("block").describe("What happens to them."),
    })
    .prefault({}),
  rateLimit: z
    .strictObject({
      requestsPer10Seconds: z
        .int()
        .min(1)
        .max(1_000_000)
        .default(50)
        .describe("Requests of one address in 10 seconds before it is blocked for 10 seconds."),
      expression: values.expression
        .optional()
        .describe(
          "Requests that count, in Cloudflare's Rules language. Default: `application.writePaths` of every host of the zone, since rate limits of the free plan cannot look at the host.",
        ),
    })
    .prefault({}),
});

/** OpenTofu's state encryption; Terraform has none. */
const encryption = z
  .strictObject({
    step: z
      .enum(["enforced", "begin", "change-passphrase", "end"])
      .default("enforced")
      .describe(
        'With `encryption`, OpenTofu encrypts state and plans by the passphrase in `TF_VAR_state_passphrase`; "enforced" takes no plain state. Steps [to it and back](state.md#encrypt-the-state), a deploy each: "begin", "change-passphrase", "end". Without `encryption`: plain.',
      ),
    generation: generation.describe(
      "Counts the passphrases: raised by one in the deploy that changes it, and left there.",
    ),
  })
  .refine(({ step, generation }) => step !== "change-passphrase" || generation > 1, {
    path: ["generation"],
    message: "must be raised with the passphrase",
    params: { fix: "write one more than the generation of the passphrase until now" },
  })
  .optional();

const backend = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("local").describe("Where Terraform keeps its state; without `backend` a local file."),
    encryption,
    acceptLocalState: z.boolean().default(false).describe("In production, local state needs this explicit word."),
  }),
  z.strictObject({
    type: z.literal("s3").describe("Where Terraform keeps its state: object storage, with locking."),
    bucket: values.bucketName.describe("Bucket of the state files; it exists before the first deploy."),
    endpoint: values.endpointUrl.describe('Of the object storage, for example "https://fsn1.your-objectstorage.com".'),
    region: values.region.describe('Region of the bucket, for example "fsn1".'),
    prefix: values.folder
      .optional()
      .describe("Folder of the state files in the bucket. Default: the environment's name."),
    encryption,
  }),
]);

/** Replaces a vendor's apt repository, for a mirror. */
const aptSource = z
  .strictObject({
    url: values.mirrorUrl.optional().describe("Address of a mirror. Default: the vendor's own."),
    keyFile: values.publicKeyFile
      .optional()
      .describe(
        "File with the armored public key that signs it. Default: servers download the vendor's key and check its fingerprint.",
      ),
    publishedKey: z
      .strictObject({
        url: values.downloadUrl.describe("Where the vendor publishes the armored public key."),
        fingerprints: z
          .array(values.keyFingerprint)
          .min(1)
          .describe("Fingerprints of the primary keys that may sign, 40 hexadecimal digits each."),
        ends: values.day.describe("Last day of the key, as `gpg --show-keys` tells it; the review warns before."),
      })
      .optional()
      .describe("Another key than the one this project knows, once the vendor has changed it."),
  })
  .refine(({ keyFile, publishedKey }) => keyFile === undefined || publishedKey === undefined, {
    message: "must name one key, in keyFile or in publishedKey",
    params: { fix: "remove one of the two" },
  })
  .transform(({ url, keyFile, publishedKey }) => ({ url, key: keyFile ?? publishedKey }));

/**
 * Everything an environment can say, in the order of a reader's questions.
 * Each setting's description and default stand here only; docs/configuration.md is generated from them.
 */
export const environmentSchema = z.strictObject({
  domain: values.domain.describe("Registered domain; the site is `www.<domain>` and the apex."),
  application,
  servers: z.record(values.serverName, server).describe("Servers, by name."),
  administrators: administrators.prefault({}),
  database,
  monitoring: monitoring.prefault({}),
  location: values.location.default("nbg1").describe("Hetzner location of servers, volumes and balancer."),
  serverType: values.serverType
    .default("cpx22")
    .describe(
      "Hetzner server type, x86, of servers that name none. The default is the cheapest in stock with memory for both roles; cx33 is larger and cheaper when it can be had.",
    ),
  backups: z
    .boolean()
    .default(true)
    .describe(
      "Daily backups by Hetzner of the servers' disks, 20 % of the server's price. Data volumes are not in them.",
    ),
  protect: z
    .boolean()
    .optional()
    .describe(
      "Whether plans, and Hetzner, refuse to destroy what holds data or serves. Default: true in production, else false.",
    ),
  acceptUnprotected: z
    .boolean()
    .default(false)
    .describe("In production, `protect: false` needs this explicit word, for the day it is torn down."),
  backup: backup
    .optional()
    .describe(
      "Where the data goes, continuously and encrypted. Existing members begin when they are replaced. Default: nowhere.",
    ),
  acceptNoBackup: z.boolean().default(false).describe("In production, no `backup` needs this explicit word."),
  restore: restore
    .optional()
    .describe(
      "Data that the first database member begins with, out of the bucket of `backup`, while no member has any. Remove it when the site is up.",
    ),
  tls: tlsMode.default("terminate").describe('"terminate": the balancer ends TLS. "passthrough": nginx does.'),
  network: network.prefault({}),
  loadBalancer: loadBalancer.prefault({}),
  visitors: visitors.prefault({}),
  certificate: certificate.prefault({}),
  generations: generations.prefault({}),
  cloudflare: cloudflare.prefault({}),
  backend: backend.default({ type: "local", acceptLocalState: false }).describe("Where Terraform keeps its state."),
  aptSources: z.strictObject({ mysql: aptSource.prefault({}), datadog: aptSource.prefault({}) }).prefault({}),
});

/** An environment as its file writes it, before defaults are filled in. */
export type EnvironmentInput = z.input<typeof environmentSchema>;
/** What the schema makes of an environment, before the rules that span settings. */
export type Sections = z.output<typeof environmentSchema>;

/** One server, with the environment's defaults filled in. */
export interface ServerConfig {
  readonly name: string;
  readonly privateIp: string;
  readonly roles: readonly Role[];
  readonly type: string;
  readonly placementGroup: string;
}

/** A checked environment: what every stack and module reads. */
export type Config = Readonly<Omit<Sections, "servers" | "protect" | "network" | "certificate">> & {
  /** Name of the environment: the file's name under environments/. */
  readonly environment: string;
  /** In the order of the configuration. */
  readonly servers: readonly ServerConfig[];
  readonly protect: boolean;
  readonly network: Readonly<Required<Sections["network"]>>;
  readonly certificate: Readonly<Required<Sections["certificate"]>>;
};

/** Servers that carry a role, in the order of the configuration. */
export const serversWithRole = (config: Config, role: Role): readonly ServerConfig[] =>
  config.servers.filter((server) => server.roles.includes(role));
