import {
  backedUp,
  migrating,
  monitored,
  passesThrough,
  privatelyReleased,
  restoring,
  terminates,
  type ConfigCondition,
} from "./conditions.js";
import { serversWithRole, type Config, type Role, type ServerConfig } from "../config/schema.js";
import { applicationSecret, paths } from "../platform/paths.js";
import { users, type ServiceUser } from "../platform/users.js";

/** Names of all secrets that servers can need. The credentials stack or the lab provides the values. */
export type SecretName =
  | "applicationDatabasePassword"
  | "applicationDatabasePasswords"
  | "migrationsDatabasePassword"
  | "migrationsDatabasePasswords"
  | "replicationPasswords"
  | "monitoringPassword"
  | "monitoringPasswords"
  | "mysqlCa"
  | "mysqlServerCertificate"
  | "mysqlServerKey"
  | "edgeTokens"
  | "originCertificate"
  | "originKey"
  | "originPullCa"
  | "datadogApiKey"
  | "sshHostKey"
  | "releaseKey"
  | "backupBucketKey"
  | "restoreBucketKey"
  | "restorePrivateKey"
  | ApplicationSecret;

/** Name of a secret that is configured in `application.secrets`. */
type ApplicationSecret = `application.secrets.${string}`;

/** Returns the name of an application's secret in the list of all secrets. */
export const applicationSecretName = (name: string): ApplicationSecret => `application.secrets.${name}`;

/** Returns the name of the Terraform variable for an application secret, without the prefix TF_VAR_. */
export const applicationSecretVariable = (name: string): string => `app_secret_${name.toLowerCase()}`;

/**
 * A file with secrets that only the owner of the file can read. Secrets reach servers only in such files. Certificates
 * are also stored in secret files, because they are transferred together with their keys.
 */
export interface SecretFile {
  readonly path: string;
  readonly owner: ServiceUser;
  /** Names of the secrets in the file. */
  readonly needs: readonly SecretName[];
  /** Returns the content of the file. `value(name)` returns the text to insert for a secret. */
  readonly content: (value: (name: SecretName) => string) => string;
  /** Role of the servers that get the file. @default - all servers */
  readonly role?: Role;
  /** Condition under which the file is needed. @default - always */
  readonly when?: ConfigCondition;
  /** True if the content differs between servers. @default false */
  readonly own?: boolean;
  /** True if only the first server with the role gets the file. @default false */
  readonly first?: boolean;
  /**
   * True if an operator provides the value, which may contain any character and is transferred in base64. @default - false, because
   * Terraform generates the value from printable ASCII characters and line breaks
   */
  readonly given?: boolean;
  /**
   * True if the file is a certificate. All users of the server may read a certificate, because the monitoring agent checks its expiry date.
   * @default false
   */
  readonly certificate?: boolean;
}

const plain = (
  path: string,
  owner: ServiceUser,
  name: SecretName,
  role: Role,
  when?: SecretFile["when"],
): SecretFile => ({
  path,
  owner,
  needs: [name],
  content: (value) => value(name),
  role,
  when,
});

const certificate = (...file: Parameters<typeof plain>): SecretFile => ({ ...plain(...file), certificate: true });

const given = (file: SecretFile): SecretFile => ({ ...file, given: true });

/** All secret files of servers. Terraform, the lab and the tests read this list. */
const secretFiles: readonly SecretFile[] = [
  {
    path: paths.sshHostKey,
    owner: users.root,
    needs: ["sshHostKey"],
    content: (value) => value("sshHostKey"),
    own: true,
  },
  {
    path: paths.release.key,
    owner: users.root,
    needs: ["releaseKey"],
    // The file contains options of curl. S3 requires the header x-amz-content-sha256, which not every version of curl sends.
    content: (value) => `header = "x-amz-content-sha256: UNSIGNED-PAYLOAD"\nuser = "${value("releaseKey")}"\n`,
    given: true,
    when: privatelyReleased,
  },
  plain(paths.application.databasePassword, users.application, "applicationDatabasePassword", "web"),
  plain(paths.application.migrationsPassword, users.migrations, "migrationsDatabasePassword", "web", migrating),
  certificate(paths.application.mysqlCa, users.application, "mysqlCa", "web"),
  {
    path: paths.nginx.edgeToken,
    owner: users.root,
    // `edgeTokens` contains all accepted tokens, separated by `|`. A token consists of letters and digits, so it needs
    // no escaping.
    needs: ["edgeTokens"],
    content: (value) => `"~^(?:${value("edgeTokens")})$" 1;\n`,
    role: "web",
    when: terminates,
  },
  certificate(paths.nginx.originCertificate, users.root, "originCertificate", "web", passesThrough),
  plain(paths.nginx.originKey, users.root, "originKey", "web", passesThrough),
  certificate(paths.nginx.originPullCa, users.root, "originPullCa", "web", passesThrough),
  certificate(paths.mysql.ca, users.mysql, "mysqlCa", "database"),
  { ...certificate(paths.mysql.certificate, users.mysql, "mysqlServerCertificate", "database"), own: true },
  { ...plain(paths.mysql.key, users.mysql, "mysqlServerKey", "database"), own: true },
  plain(paths.mysql.replicationPassword, users.root, "replicationPasswords", "database"),
  plain(paths.mysql.applicationPassword, users.root, "applicationDatabasePasswords", "database"),
  plain(paths.mysql.migrationsPassword, users.root, "migrationsDatabasePasswords", "database", migrating),
  plain(paths.mysql.monitoringPassword, users.root, "monitoringPasswords", "database"),
  {
    path: paths.datadog.mysqlOptions,
    owner: users.datadog,
    needs: ["monitoringPassword"],
    content: (value) =>
      `[client]\nsocket=${paths.mysql.socket}\nuser=datadog\npassword=${value("monitoringPassword")}\n`,
    role: "database",
    when: monitored,
  },
  {
    path: paths.datadog.environmentFile,
    owner: users.datadog,
    needs: ["datadogApiKey"],
    content: (value) => `DD_API_KEY=${value("datadogApiKey")}\n`,
    given: true,
    when: monitored,
  },
  {
    ...given(plain(paths.backup.bucketKey, users.backup, "backupBucketKey", "database", backedUp)),
    own: true,
  },
  ...(
    [
      [paths.backup.restoreBucketKey, "restoreBucketKey"],
      [paths.backup.restorePrivateKey, "restorePrivateKey"],
    ] as const
  ).map(([path, name]) => ({ ...given(plain(path, users.root, name, "database", restoring)), own: true, first: true })),
];

const applicationSecretFiles = ({ application }: Config): readonly SecretFile[] =>
  Object.keys(application.secrets).map((name) =>
    given(plain(applicationSecret(name), users.application, applicationSecretName(name), "web")),
  );

/**
 * Returns the secret files of a server: files that all servers with the same roles share, and files for this server
 * only.
 * @param server a server, or only its roles, which means any server with these roles except the first server
 */
export function secretFilesOf(
  config: Config,
  { roles, name }: Pick<ServerConfig, "roles"> & Partial<Pick<ServerConfig, "name">>,
): { readonly shared: readonly SecretFile[]; readonly own: readonly SecretFile[] } {
  const files = [...secretFiles, ...applicationSecretFiles(config)].filter(
    (file) =>
      (!file.role || roles.includes(file.role)) &&
      (!file.first || serversWithRole(config, file.role ?? "database")[0]?.name === name) &&
      (file.when?.holds(config) ?? true),
  );
  return { shared: files.filter(({ own }) => !own), own: files.filter(({ own }) => own) };
}
