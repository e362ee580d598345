import { Construct } from "constructs";
import { serversWithRole, type Config } from "../config/schema.js";
import { mysqlTlsName } from "../platform/names.js";
import { CertificateAuthority, SignedCertificate } from "./certificates/index.js";

/** Properties of {@link MysqlCertificates}. */
export interface MysqlCertificatesProps {
  /** Configuration of the environment. Each server with the role `database` gets a certificate. */
  readonly config: Config;
  /**
   * Generation of the certificate authority (CA). The name of a later CA contains the generation, because a client that
   * trusts two CAs distinguishes them by name. @default 1
   */
  readonly generation?: number;
}

/**
 * Creates the private CA of the MySQL servers, and a certificate for each server. The application connects through
 * HAProxy and verifies the name `mysql.internal`, which all members have. Members verify the addresses of other
 * members. A member is both TLS server and TLS client, so its certificate allows both uses.
 */
export class MysqlCertificates extends Construct {
  /** Certificate authority that the members and the application trust. */
  readonly authority: CertificateAuthority;
  private readonly certificates: ReadonlyMap<string, SignedCertificate>;

  constructor(scope: Construct, id: string, { config, generation = 1 }: MysqlCertificatesProps) {
    super(scope, id);
    this.authority = new CertificateAuthority(this, "authority", {
      commonName: `${config.environment} MySQL CA${generation === 1 ? "" : ` ${generation}`}`,
    });
    this.certificates = new Map(
      serversWithRole(config, "database").map((server) => [
        server.name,
        new SignedCertificate(this, server.name, {
          authority: this.authority,
          commonName: server.name,
          dnsNames: [server.name, mysqlTlsName],
          ipAddresses: [server.privateIp],
          uses: ["server_auth", "client_auth"],
        }),
      ]),
    );
  }

  /** Returns the certificate of a database member. @throws Error if the server does not have the role `database` */
  of(serverName: string): SignedCertificate {
    const certificate = this.certificates.get(serverName);
    if (!certificate) throw new Error(`no certificate for ${serverName} in ${this.node.path}`);
    return certificate;
  }
}
