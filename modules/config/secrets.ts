import {
  backedUp,
  migrating,
  monitored,
  passesThrough,
  privatelyReleased,
  restoring,
  terminates,
  type Condition,
} from "./conditions.js";
import { serversWithRole, type Config, type Role, type ServerConfig } from "./schema.js";
import { applicationSecret, paths } from "../platform/paths.js";
import { users, type ServiceUser } from "../platform/users.js";

/** Every secret value a server can need. Values come from the credentials stack, or from the lab. */
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

/** A secret of `application.secrets`. */
type ApplicationSecret = `application.secrets.${string}`;

/** What a secret of the application is called among all secrets. */
export const applicationSecretName = (name: string): ApplicationSecret => `application.secrets.${name}`;

/** Variable that Terraform takes a secret of the application from, without TF_VAR_. */
export const applicationSecretVariable = (name: string): string => `app_secret_${name.toLowerCase()}`;

/** A file that holds secrets, readable for its owner alone. Secrets reach a server in no other way. Certificates count as secrets here, since they travel with their keys. */
export interface SecretFile {
  readonly path: string;
  readonly owner: ServiceUser;
  /** Secrets the content is made of. */
  readonly needs: readonly SecretName[];
  /** Makes the file's text. `value(name)` gives what to write where the secret belongs. */
  readonly content: (value: (name: SecretName) => string) => string;
  /** Role of the servers that get the file. @default - all servers get it */
  readonly role?: Role;
  /** Configurations that need the file. @default always */
  readonly when?: Condition;
  /** Whether each server has values of its own. @default false, so all servers that get the file get the same one */
  readonly own?: boolean;
  /** Whether only the first server of the role gets it. @default false */
  readonly first?: boolean;
  /**
   * Whether its value comes from outside and may hold any character: it travels in base64.
   * @default false: Terraform makes it, of printable ASCII and line breaks
   */
  readonly given?: boolean;
  /** Whether it is a certificate. Every user of the server may read those, since the monitoring agent looks when they end. @default false */
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

/** All secret files, the one list that Terraform, the lab and the tests read. */
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
    // Options of curl. S3 requires the header, which not every version of curl sends.
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
    // All that are accepted, with | between them: letters and digits.
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
 * Secret files of a server: those that it shares with servers of the same roles, and those of which it has its own.
 * @param server without a name: any server with these roles but the first
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
