import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { accepted, type Rotated } from "../../modules/derived/generations.js";
import { formerDomain, type Config, type ServerConfig } from "../../modules/config/schema.js";
import { mysqlTlsName } from "../../modules/platform/names.js";
import { applicationSecretName, applicationSecretVariable, type SecretName } from "../../modules/derived/secrets.js";
import { authority, issue, type KeyPair } from "./certificates.js";
import { archiveKeys, downloadKey, writerKey } from "../stand-ins/archive/archive.js";
import { hostKey, type HostKey } from "./ssh.js";
import { stageOf } from "./stages.js";

/** All secrets of the lab. In production, the credentials stack creates the secrets. */
export interface Credentials {
  /** Returns the value of a secret on one server. @throws Error if the secret has no value in the lab */
  value(server: ServerConfig, name: SecretName): string;
  /** Returns the value of a secret in the previous generation; `undefined` if no previous generation exists. */
  before(server: string, name: SecretName): string | undefined;
  /** The lab's Origin CA. The Origin CA signs the certificate with which the load balancer or nginx identifies itself to the edge. */
  readonly originCa: KeyPair;
  /** Certificate with which the load balancer or nginx identifies itself to the edge. */
  readonly origin: KeyPair;
  /** Client certificate that the edge sends to nginx if the TLS mode is `passthrough`. */
  readonly originPull: KeyPair;
  /** Secret that the edge sends in the header of each request. */
  readonly edgeToken: string;
  /** Path of the file with Datadog's API key. */
  readonly datadogApiKeyFile: string;
}

type Values = Partial<Record<SecretName, string>>;

/**
 * Reads the credentials in `directory` and creates missing credentials. @throws Error if openssl or ssh-keygen fails, or a file cannot be
 * read
 */
export async function createCredentials(directory: string, config: Config): Promise<Credentials> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const mysql = await mysqlCertificates(directory, config);
  const originCa = await authority(directory, "origin-ca", "lab Origin CA");
  const domains = [config.domain, formerDomain(config) ?? config.domain];
  const names = [...new Set(domains)].flatMap((domain) => [domain, `*.${domain}`]);
  const { used: origin } = await generations(directory, config, "origin-certificate", (ending) =>
    issue(originCa, directory, `origin${ending}`, { commonName: config.domain, dnsNames: names }),
  );
  const originPull = await originPullPairs(directory, config);
  const edgeTokens = await generations(directory, config, "edge-token", (ending) =>
    password(path.join(directory, `edge-token${ending}`)),
  );
  const databases = await databasePasswords(directory, config);
  const archive = (config.backup ?? config.application.storage) && (await archiveKeys(directory));
  const shared: Values = {
    ...databases.now,
    datadogApiKey: await password(path.join(directory, "datadog-api-key")),
    edgeTokens: edgeTokens.accepted.join("|"),
    mysqlCa: mysql.authorities,
    originCertificate: await pem(origin.certificate),
    originKey: await pem(origin.key),
    originPullCa: originPull.authorities,
    ...(archive && { restoreBucketKey: archive.reader, restorePrivateKey: archive.privateKey }),
    ...(archive && { releaseKey: downloadKey(archive) }),
    ...(await applicationSecrets(directory, config)),
  };
  const own = new Map<string, Values>();
  for (const { name } of config.servers) {
    const { used } = await hostKeysOf(directory, config, name);
    own.set(name, {
      ...mysql.used.get(name),
      sshHostKey: used.privateKey,
      ...(archive && { backupBucketKey: writerKey(archive, name) }),
    });
  }
  return {
    originCa,
    origin,
    originPull: originPull.client,
    edgeToken: edgeTokens.used,
    datadogApiKeyFile: path.join(directory, "datadog-api-key"),
    before: (server, name) =>
      name === "edgeTokens" ? edgeTokens.before : (mysql.before.get(server)?.[name] ?? databases.before[name]),
    value: (server, name) => {
      const value = own.get(server.name)?.[name] ?? shared[name];
      if (value === undefined)
        throw new Error(`lab: secret ${name} of ${server.name} has no value; create it in lab/keys/credentials.ts`);
      return value;
    },
  };
}

/** Creates or reads the trusted MySQL authorities and each member's certificate in the current and the previous generation. */
async function mysqlCertificates(directory: string, config: Config) {
  const { accepted, used, before } = await generations(directory, config, "database-authority", async (ending) => ({
    ending,
    // Each generation has a unique name, because clients that trust two authorities select an authority by name.
    pair: await authority(directory, `mysql-ca${ending}`, `lab MySQL CA${ending}`),
  }));
  const signedBy = async (issuer: typeof used): Promise<ReadonlyMap<string, Values>> => {
    const signed = new Map<string, Values>();
    for (const { name, privateIp } of config.servers) {
      const { certificate, key } = await issue(issuer.pair, directory, `mysql-${name}${issuer.ending}`, {
        commonName: name,
        dnsNames: [name, mysqlTlsName],
        addresses: [privateIp],
      });
      signed.set(name, { mysqlServerCertificate: await pem(certificate), mysqlServerKey: await pem(key) });
    }
    return signed;
  };
  const authorities = await Promise.all(accepted.map(({ pair }) => pem(pair.certificate)));
  return {
    authorities: authorities.sort().join(""),
    used: await signedBy(used),
    before: before ? await signedBy(before) : new Map<string, Values>(),
  };
}

/** Creates or reads the trusted origin pull authorities and the edge's current client certificate. */
async function originPullPairs(directory: string, config: Config) {
  const { accepted, used } = await generations(directory, config, "origin-pull-authority", async (ending) => {
    const ca = await authority(directory, `origin-pull-ca${ending}`, `lab Origin Pull CA${ending}`);
    return { ca, client: await issue(ca, directory, `origin-pull${ending}`, { commonName: "edge" }) };
  });
  const authorities = await Promise.all(accepted.map(({ ca }) => pem(ca.certificate)));
  return { authorities: authorities.sort().join(""), client: used.client };
}

/** Creates or reads the application's secrets. The values are random and not longer than the secrets' maximum length. */
async function applicationSecrets(directory: string, { application }: Config): Promise<Values> {
  const made = Object.entries(application.secrets).map(async ([name, { maxBytes }]) => {
    const value = await password(path.join(directory, applicationSecretVariable(name)));
    return [applicationSecretName(name), value.slice(0, maxBytes)];
  });
  return Object.fromEntries(await Promise.all(made)) as Values;
}

/** Names of the secrets with the passwords of each database account. */
const accounts = {
  application: { shown: "applicationDatabasePassword", all: "applicationDatabasePasswords" },
  migrations: { shown: "migrationsDatabasePassword", all: "migrationsDatabasePasswords" },
  replication: { shown: undefined, all: "replicationPasswords" },
  monitoring: { shown: "monitoringPassword", all: "monitoringPasswords" },
} as const satisfies Readonly<Record<string, { readonly shown?: SecretName; readonly all: SecretName }>>;

/** Creates or reads the passwords of all database accounts in the current and the previous generation. */
async function databasePasswords(directory: string, config: Config) {
  const now: Values = {};
  const before: Values = {};
  for (const [account, { shown, all }] of Object.entries(accounts)) {
    const made = await generations(directory, config, "database-passwords", async (ending, generation) => ({
      generation,
      password: await password(path.join(directory, `password-${account}${ending}`)),
    }));
    const line = ({ generation, password }: typeof made.used): string =>
      made.before ? `${generation} ${password}` : password;
    now[all] = made.accepted.map(line).join("\n");
    if (shown === undefined) continue;
    now[shown] = made.used.password;
    before[shown] = made.before?.password;
  }
  return { now, before };
}

const hostKeysOf = (directory: string, config: Config, server: string): Promise<Generations<HostKey>> =>
  generations(directory, config, "ssh-host-keys", (ending) => hostKey(directory, server, ending));

/** Returns the accepted public host keys of a server, one per line, in the format of the credentials stack. */
export async function acceptedHostKeys(directory: string, config: Config, server: string): Promise<string> {
  const { accepted } = await hostKeysOf(directory, config, server);
  return accepted.map(({ publicKey }) => publicKey).join("\n");
}

async function password(file: string): Promise<string> {
  if (!existsSync(file)) await writeFile(file, randomBytes(16).toString("hex"), { mode: 0o600 });
  return readFile(file, "utf8");
}

/** Generations of one secret: the generation in use, all accepted generations and the previous generation. */
interface Generations<Secret> {
  readonly used: Secret;
  /** All accepted generations. The first element is the generation in use. */
  readonly accepted: readonly Secret[];
  /** The generation before the configured generation. @default - none */
  readonly before?: Secret;
}

/** Creates or reads all accepted generations and the previous generation. In production, modules/credentials/rotation.ts does the same. */
async function generations<Secret>(
  directory: string,
  config: Config,
  what: Rotated,
  make: (ending: string, generation: number) => Promise<Secret>,
): Promise<Generations<Secret>> {
  const stage = await stageOf(directory, config, what);
  const at = (generation: number): Promise<Secret> => make(generation === 1 ? "" : `-${generation}`, generation);
  return {
    used: await at(stage.used),
    accepted: await Promise.all(accepted(stage).map(at)),
    before: stage.configured > 1 ? await at(stage.configured - 1) : undefined,
  };
}

const pem = (file: string): Promise<string> => readFile(file, "utf8");
