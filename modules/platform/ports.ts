/**
 * All ports of the platform. The name of a port is the service that listens on it. The rule table, the rendered files, the load balancer,
 * the monitors and the lab use this list.
 */
export const ports = {
  /** Port of the load balancer for HTTPS. Visitors connect through Cloudflare. */
  balancerHttps: 443,
  /** Port of the load balancer that redirects to HTTPS, only with `tls: "terminate"`. */
  balancerHttp: 80,
  /**
   * Port of nginx on the private address. nginx serves the site on this port with `tls: "terminate"`, and the load balancer's health check
   * in both TLS modes.
   */
  nginxHttp: 80,
  /** Port of nginx on the private address for PROXY protocol, TLS and Cloudflare's client certificate, only with `tls: "passthrough"`. */
  nginxHttps: 443,
  /** Port of nginx on loopback that serves `stub_status` to the Datadog agent. */
  nginxStatus: 8081,
  /** Port on loopback to which nginx sends requests for the application. */
  application: 3000,
  /**
   * Port on loopback of an application that opens its port itself. HAProxy then listens on the port `application` and connects to this
   * port.
   */
  applicationItself: 3002,
  /** Port on loopback of a release that `deploy-app` tests. */
  applicationTrial: 3001,
  /** Port of HAProxy on loopback that leads to the application, for the load balancer's health check. */
  applicationHealth: 3003,
  /** Port of HAProxy on loopback that leads to the primary. MySQL Router uses the same number. */
  databaseWrite: 6446,
  /** Port of HAProxy on loopback that leads to healthy replicas. MySQL Router uses the same number. */
  databaseRead: 6447,
  /** Port of HAProxy on the private address that leads to the primary. Web servers use this port if they cannot reach the primary. */
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
