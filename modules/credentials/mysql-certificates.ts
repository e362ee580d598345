import { Construct } from "constructs";
import { serversWithRole, type Config } from "../config/schema.js";
import { mysqlTlsName } from "../platform/names.js";
import { CertificateAuthority, SignedCertificate } from "./certificates/index.js";

/** Properties of {@link MysqlCertificates}. */
export interface MysqlCertificatesProps {
  /** The environment. Each server with the role database gets a certificate. */
  readonly config: Config;
  /** Generation of the authority. Later generations have the number in their name, because clients that trust two authorities distinguish them by name. @default 1 */
  readonly generation?: number;
}

/**
 * The private CA of the MySQL servers and a certificate for each. The application connects through HAProxy and verifies the name
 * `mysql.internal` of all members; members verify each other's address. Members are both servers and clients, so certificates allow both uses.
 */
export class MysqlCertificates extends Construct {
  /** Trusted by members and by the application. */
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

  /** Certificate of a database member. @throws Error for a server without that role */
  of(serverName: string): SignedCertificate {
    const certificate = this.certificates.get(serverName);
    if (!certificate) throw new Error(`no certificate for ${serverName} in ${this.node.path}`);
    return certificate;
  }
}
