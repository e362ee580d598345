/**
 * All ports of the platform, by the service that listens on them. The rule table, the rendered files, the load balancer, the monitors and
 * the lab use this list.
 */
export const ports = {
  /** Load balancer, public: HTTPS for visitors (through Cloudflare). */
  balancerHttps: 443,
  /** Load balancer, public: redirect to HTTPS (`tls: "terminate"` only). */
  balancerHttp: 80,
  /** nginx, private address: the site with `tls: "terminate"`, and in both TLS modes the load balancer's health check. */
  nginxHttp: 80,
  /** nginx, private address: PROXY protocol, TLS and Cloudflare's client certificate (`tls: "passthrough"` only). */
  nginxHttps: 443,
  /** nginx, loopback: `stub_status` for the Datadog agent. */
  nginxStatus: 8081,
  /** The application, loopback. */
  application: 3000,
  /** Application that opens its port itself, loopback. HAProxy listens on `application` in front of it. */
  applicationItself: 3002,
  /** Release that `deploy-app` tests, loopback. */
  applicationTrial: 3001,
  /** HAProxy, loopback: also leads to the application, for the load balancer's health check. */
  applicationHealth: 3003,
  /** HAProxy, loopback: always the primary (number as MySQL Router uses it). */
  databaseWrite: 6446,
  /** HAProxy, loopback: the healthy replicas (number as MySQL Router uses it). */
  databaseRead: 6447,
  /** HAProxy, private address: the primary, for web servers that cannot reach it themselves. */
  databaseRelay: 6448,
  /** HAProxy, private address: reports whether `databaseRelay` reaches a primary. */
  databaseRelayHealth: 6449,
  /** HAProxy, loopback: statistics. */
  haproxyStats: 8404,
  /** MySQL, private address. */
  mysql: 3306,
  /** MySQL Group Replication (XCom), private address. */
  mysqlGroup: 33061,
  /** mysql-group, private address: member role and state of a database member over HTTP. */
  memberRole: 8008,
  ssh: 22,
  dns: 53,
  ntp: 123,
  http: 80,
  https: 443,
} as const;
