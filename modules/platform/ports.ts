/**
 * Every port of the platform, by the name of the service that listens on it.
 * The rule table, the rendered files, the balancer, the monitors and the lab all read this one list.
 */
export const ports = {
  /** Balancer, public: HTTPS for visitors (through Cloudflare). */
  balancerHttps: 443,
  /** Balancer, public: redirect to HTTPS (`tls: "terminate"` only). */
  balancerHttp: 80,
  /** nginx, private address: the site in `terminate` mode, and the health check of the balancer in both modes. */
  nginxHttp: 80,
  /** nginx, private address: PROXY protocol, TLS and Cloudflare's client certificate (`tls: "passthrough"` only). */
  nginxHttps: 443,
  /** nginx, loopback: `stub_status` for the Datadog agent. */
  nginxStatus: 8081,
  /** The application, loopback. */
  application: 3000,
  /** An application that opens its port itself, loopback; HAProxy stands before it, at `application`. */
  applicationItself: 3002,
  /** A release that `deploy-app` tries, loopback. */
  applicationTrial: 3001,
  /** HAProxy, loopback: the application once more, for the balancer's health check. */
  applicationHealth: 3003,
  /** HAProxy, loopback: always the primary (number as MySQL Router uses it). */
  databaseWrite: 6446,
  /** HAProxy, loopback: the healthy replicas (number as MySQL Router uses it). */
  databaseRead: 6447,
  /** HAProxy, private address: the primary, for web servers that cannot reach it themselves. */
  databaseRelay: 6448,
  /** HAProxy, private address: whether `databaseRelay` leads to a primary. */
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
