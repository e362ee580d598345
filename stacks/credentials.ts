import { CloudflareProvider } from "@cdktf/provider-cloudflare/lib/provider/index.js";
import { RandomProvider } from "@cdktf/provider-random/lib/provider/index.js";
import { TlsProvider } from "@cdktf/provider-tls/lib/provider/index.js";
import { Fn, TerraformOutput } from "cdktf";
import type { Construct } from "constructs";
import type { ClientCertificate } from "../modules/cloudflare/index.js";
import { type Config, serversWithRole, type ServerConfig } from "../modules/config/schema.js";
import { MysqlCertificates } from "../modules/credentials/mysql-certificates.js";
import { originCertificates, type OriginCertificate } from "../modules/credentials/origin-certificate.js";
import { OriginPull } from "../modules/credentials/origin-pull.js";
import { Passwords } from "../modules/credentials/passwords.js";
import { type OldestAccepted, RotatedSecret } from "../modules/credentials/rotation.js";
import { SshHostKeys } from "../modules/credentials/ssh-host-keys.js";
import type { SecretReferences } from "../modules/hetzner/server/index.js";
import { PlatformStack, type PlatformStackProps } from "./platform-stack.js";

const accounts = ["application", "migrations", "replication", "monitoring"] as const;
type Account = (typeof accounts)[number];

/** Passwords of the database accounts, with their generation. */
interface NumberedPasswords {
  readonly generation: number;
  readonly passwords: Passwords;
}

/**
 * Creates all secrets that Terraform generates. The stacks `servers` and `edge` use these secrets, so their states also contain them. With
 * read access to any of the three states, a person can access the database.
 */
export class CredentialsStack extends PlatformStack {
  /** Origin certificate of the configured generation. */
  readonly originCertificate: OriginCertificate;
  /** Client certificate that Cloudflare presents. nginx requires it with `tls: "passthrough"`. */
  private readonly originPull: RotatedSecret<OriginPull>;
  /** Secret token that Cloudflare sends. nginx requires it with `tls: "terminate"`. */
  private readonly edgeTokens: RotatedSecret<string>;
  private readonly passwords: RotatedSecret<NumberedPasswords>;
  private readonly mysql: RotatedSecret<MysqlCertificates>;
  private readonly digest: Passwords;
  private readonly sshHostKeys: RotatedSecret<SshHostKeys>;

  constructor(scope: Construct, { config }: PlatformStackProps) {
    super(scope, "credentials", { config });
    new CloudflareProvider(this, "cloudflare");
    new TlsProvider(this, "tls");
    new RandomProvider(this, "random");
    const { protect } = config;
    this.passwords = new RotatedSecret(this, {
      what: "database-passwords",
      generation: config.generations.databasePasswords,
      make: (ending, generation) => ({
        generation,
        passwords: new Passwords(this, `password${ending}`, {
          names: accounts,
          protect,
        }),
      }),
    });
    this.mysql = new RotatedSecret(this, {
      what: "database-authority",
      generation: config.generations.databaseAuthority,
      make: (ending, generation) => new MysqlCertificates(this, `mysql${ending}`, { config, generation }),
    });
    this.sshHostKeys = new RotatedSecret(this, {
      what: "ssh-host-keys",
      generation: config.generations.sshHostKeys,
      make: (ending) => new SshHostKeys(this, `ssh-host-key${ending}`, { config }),
    });
    const origin = originCertificates(this, config);
    this.originCertificate = origin.current;
    // The token and the client certificate exist in both TLS modes, because existing servers still need them while the TLS mode changes.
    this.edgeTokens = new RotatedSecret(this, {
      what: "edge-token",
      generation: config.generations.edgeToken,
      make: (ending) =>
        new Passwords(this, `edge${ending}`, { names: ["token"], length: 48, protect: false }).value("token"),
    });
    this.digest = new Passwords(this, "digest", { names: ["key"], protect });
    this.originPull = new RotatedSecret(this, {
      what: "origin-pull-authority",
      generation: config.generations.originPullAuthority,
      isLate: true,
      make: (ending, generation) => new OriginPull(this, `origin-pull${ending}`, { config, generation }),
    });
    this.addOutputs(config, origin.stage);
  }

  /** Key of the digests of external secrets. */
  get digestKey(): string {
    return this.digest.value("key");
  }

  /** Token that Cloudflare must send. */
  get edgeToken(): string {
    return this.edgeTokens.used((token) => token);
  }

  /** Client certificate that Cloudflare presents. */
  get originPullClient(): ClientCertificate {
    return {
      certificate: this.originPull.used(({ client }) => client.certificate.certPem),
      key: this.originPull.used(({ client }) => client.key.privateKeyPem),
    };
  }

  /** Certificates of the authorities that nginx trusts. */
  private get originPullCa(): string {
    const accepted = this.originPull.accepted(({ authority }) => authority.certificate.certPem);
    return this.originPull.isFirst ? (accepted[0] as string) : Fn.join("", Fn.sort(accepted));
  }

  /** Returns Terraform references to the secrets that servers share. */
  sharedSecrets(): SecretReferences {
    return {
      applicationDatabasePassword: this.passwordUsed("application"),
      migrationsDatabasePassword: this.passwordUsed("migrations"),
      migrationsDatabasePasswords: this.allPasswords("migrations"),
      monitoringPassword: this.passwordUsed("monitoring"),
      applicationDatabasePasswords: this.allPasswords("application"),
      replicationPasswords: this.allPasswords("replication"),
      monitoringPasswords: this.allPasswords("monitoring"),
      // The separator is empty, because each certificate ends with a line break.
      mysqlCa: Fn.join(
        "",
        // The certificates are sorted, so that files with both certificates are equal in every step of a rotation.
        Fn.sort(this.mysql.accepted(({ authority }) => authority.certificate.certPem)),
      ),
      edgeTokens: Fn.join(
        "|",
        this.edgeTokens.accepted((token) => token),
      ),
      originCertificate: this.originCertificate.certificate.certificate,
      originKey: this.originCertificate.key.privateKeyPem,
      originPullCa: this.originPullCa,
    };
  }

  private passwordUsed(account: Account): string {
    return this.passwords.used(({ passwords }) => passwords.value(account));
  }

  private passwordBefore(account: Account) {
    return this.passwords.before(({ passwords }) => passwords.value(account));
  }

  /** Returns all accepted passwords of an account, one per line, in the format of mysql-group. */
  private allPasswords(account: Account): string {
    const line = ({ generation, passwords }: NumberedPasswords): string =>
      // The line of the first generation has no number.
      this.passwords.isFirst
        ? passwords.value(account)
        : // The words are joined, because cdktf cannot write text around a reference in an argument of a function.
          Fn.join(" ", [String(generation), passwords.value(account)]);
    return Fn.join("\n", this.passwords.accepted(line));
  }

  /** Returns the certificate of a database member in the previous generation. */
  private certificateBefore(server: string): SecretReferences {
    return {
      mysqlServerCertificate: this.mysql.before((mysql) => mysql.of(server).certificate.certPem),
      mysqlServerKey: this.mysql.before((mysql) => mysql.of(server).key.privateKeyPem),
    };
  }

  /** Returns the accepted public SSH host keys of a server, one per line. */
  private hostKeysOf(server: string): string {
    return Fn.join(
      "\n",
      this.sshHostKeys.accepted((keys) => keys.publicKeyOf(server)),
    );
  }

  /** Returns Terraform references to the secrets of one server. */
  ownSecretsOf(server: ServerConfig): SecretReferences {
    const isMember = server.roles.includes("database");
    return {
      ...(isMember && {
        mysqlServerCertificate: this.mysql.used((mysql) => mysql.of(server.name).certificate.certPem),
        mysqlServerKey: this.mysql.used((mysql) => mysql.of(server.name).key.privateKeyPem),
      }),
      sshHostKey: this.sshHostKeys.used((keys) => keys.of(server.name).privateKeyPem),
    };
  }

  private addOutputs(config: Config, originStage: OldestAccepted["stage"]): void {
    new TerraformOutput(this, "origin_certificate_expires_on", {
      value: this.originCertificate.certificate.expiresOn,
      description: "Expiry of the origin certificate: raise certificate.generation before this day",
    });
    new TerraformOutput(this, "stages", {
      value: {
        "edge-token": this.edgeTokens.stage,
        "database-passwords": this.passwords.stage,
        "database-authority": this.mysql.stage,
        "ssh-host-keys": this.sshHostKeys.stage,
        "origin-pull-authority": this.originPull.stage,
        "origin-certificate": originStage,
      },
      description: "Stage of each rotation; see npm run ops rotate",
    });
    new TerraformOutput(this, "secrets", {
      value: {
        shared: this.sharedSecrets(),
        own: Object.fromEntries(config.servers.map((server) => [server.name, this.ownSecretsOf(server)])),
        before: {
          shared: {
            edgeTokens: this.edgeTokens.before((token) => token),
            applicationDatabasePassword: this.passwordBefore("application"),
            migrationsDatabasePassword: this.passwordBefore("migrations"),
            monitoringPassword: this.passwordBefore("monitoring"),
          },
          own: Object.fromEntries(
            serversWithRole(config, "database").map(({ name }) => [name, this.certificateBefore(name)]),
          ),
        },
      },
      sensitive: true,
      description: "Secrets of the servers, for npm run ops rotate",
    });
    new TerraformOutput(this, "ssh_host_keys", {
      value: Object.fromEntries(config.servers.map(({ name }) => [name, this.hostKeysOf(name)])),
      description: "SSH host key of each server, as in known_hosts; two lines during a rotation",
    });
  }
}
