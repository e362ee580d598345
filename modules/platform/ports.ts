/**
 * All ports of the platform. Each port is named after the service that listens on the port. The rule table, the
 * rendered files, the load balancer, the monitors and the lab use this list.
 */
export const ports = {
  /** Port of the load balancer for HTTPS. Visitors connect through Cloudflare. */
  balancerHttps: 443,
  /** Port of the load balancer that redirects to HTTPS, only with `tls: "terminate"`. */
  balancerHttp: 80,
  /**
   * Port of nginx on the private address. nginx serves the load balancer's health check on this port, and with `tls:
   * "terminate"` also the site.
   */
  nginxHttp: 80,
  /** Port of nginx on the private address for PROXY protocol, TLS and Cloudflare's client certificate, only with `tls: "passthrough"`. */
  nginxHttps: 443,
  /** Port of nginx on loopback that serves `stub_status` to the Datadog agent. */
  nginxStatus: 8081,
  /** Port on loopback to which nginx sends requests for the application. */
  application: 3000,
  /**
   * Loopback port on which an application listens that opens its port itself. HAProxy then listens on the port
   * `application` and connects to this port.
   */
  applicationItself: 3002,
  /** Loopback port of a new release that `deploy-app` tests before the switch. */
  applicationTrial: 3001,
  /** Loopback port of HAProxy that forwards the load balancer's health check to the application. */
  applicationHealth: 3003,
  /** Loopback port of HAProxy that forwards to the primary. MySQL Router uses the same number. */
  databaseWrite: 6446,
  /** Loopback port of HAProxy that forwards to healthy replicas. MySQL Router uses the same number. */
  databaseRead: 6447,
  /**
   * Port of HAProxy on the private address that forwards to the primary. Web servers use this port if they cannot reach
   * the primary.
   */
  databaseRelay: 6448,
  /** Port of HAProxy on the private address that reports whether `databaseRelay` reaches a primary. */
  databaseRelayHealth: 6449,
  /** Port of HAProxy on loopback with statistics. */
  haproxyStats: 8404,
  /** Port of MySQL on the private address. */
  mysql: 3306,
  /** Port of MySQL Group Replication (XCom) on the private address. */
  mysqlGroup: 33061,
  /** Port of mysql-group on the private address. mysql-group reports the role and the state of a database member over HTTP. */
  memberRole: 8008,
  ssh: 22,
  dns: 53,
  ntp: 123,
  http: 80,
  https: 443,
} as const;
