// Generated from modules/config/schema.ts by `npm run docs`. Do not edit.

/** An environment as its file writes it, before defaults are filled in. */
export interface EnvironmentInput {
  /**
   * Registered domain. The site is served at `www.<domain>` and at the domain itself.
   * @example
   * domain: "foobar.com"
   */
  domain: string;
  /**
   * @example
   * application: {
   *   url: "https://releases.foobar.com/release-1.2.0.tar.gz",
   *   sha256: "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
   *   command: [
   *     "/usr/bin/python3",
   *     "serve.py"
   *   ],
   *   packages: [
   *     "python3-flask"
   *   ],
   *   environment: {
   *     GREETING: "hello"
   *   },
   *   writePaths: [
   *     "/orders/"
   *   ]
   * }
   */
  application: {
    /**
     * Public URL of the release, which contains the application and mysql-group. Required unless `application.storage` is set.
     */
    url?: string | undefined;
    /**
     * Private bucket that holds the releases, instead of `url`. `npm run app:publish` uploads a release; servers download it with `TF_VAR_release_key`.
     */
    storage?:
      | {
          /**
           * URL of the object storage, for example "https://nbg1.your-objectstorage.com".
           */
          endpoint: string;
          /**
           * Region of the bucket, for example "nbg1".
           */
          region: string;
          /**
           * Private bucket of the releases. Create it in a separate Hetzner project, because a Hetzner key gives access to all buckets of its project.
           */
          bucket: string;
        }
      | undefined;
    /**
     * SHA-256 of the release, 64 hexadecimal digits. The build prints it.
     */
    sha256: string;
    /**
     * Command that starts the application in the release's folder, without a shell: a program and its arguments, each as a separate text. The program must belong to a Debian package or to the release (`./…`). Nothing else can be executed.
     * @default ["/usr/bin/node","server.js"]
     */
    command?: string[] | undefined;
    /**
     * "socket": the application accepts requests from a socket that systemd passes to it. "port": the application listens on `PORT` itself, and HAProxy holds requests while one release stops and the next one starts.
     * @default "socket"
     */
    listens?: "socket" | "port" | undefined;
    /**
     * Command that updates the database schema with a separate account. `deploy-app` runs it before it tests a release, on one server at a time. If the schema is current, the command must change nothing. Without this command, the application may extend the schema itself.
     */
    migrate?: string[] | undefined;
    /**
     * Additional release commands that always run, at most 20.
     * @default {}
     */
    workers?:
      | Record<
          string,
          {
            /**
             * Command that starts the worker, in the same form as `application.command`.
             */
            command: string[];
            /**
             * "one": the worker runs on one web server at a time; if that server fails, another one starts the worker within 40 s. "all": it runs on every web server.
             * @default "one"
             */
            on?: "one" | "all" | undefined;
            /**
             * Maximum memory of the command, in MiB, 32 to 65536. Every web server reserves this memory.
             * @default 128
             */
            memoryMib?: number | undefined;
          }
        >
      | undefined;
    /**
     * Release commands that run at given times, at most 20.
     * @default {}
     */
    schedules?:
      | Record<
          string,
          {
            /**
             * Command that does the work and then exits, in the same form as `application.command`.
             */
            command: string[];
            /**
             * Times of the runs in the format of systemd's `OnCalendar=`, at most one per minute, in UTC unless a time zone is given. Each time starts at most one run, on one web server.
             */
            at: string;
            /**
             * Whether another server may repeat a run that was interrupted, for example by a power failure.
             * @default false
             */
            repeatable?: boolean | undefined;
            /**
             * Maximum memory of the command, in MiB, 32 to 65536. Every web server reserves this memory.
             * @default 128
             */
            memoryMib?: number | undefined;
          }
        >
      | undefined;
    /**
     * Debian packages that the release needs, at most 50. Recommended packages are not installed.
     * @default ["nodejs"]
     */
    packages?: string[] | undefined;
    /**
     * @default {}
     */
    environment?: Record<string, string> | undefined;
    /**
     * Path that returns 200 while this server can serve requests. The load balancer's health check requests it; visitors cannot.
     * @default "/healthz"
     */
    healthPath?: string | undefined;
    /**
     * Path that returns 200 if the whole application works, including the database. A new release must pass this check. Visitors cannot request this path.
     * @default "/readyz"
     */
    readyPath?: string | undefined;
    /**
     * Path of an HTML page that returns 200 to visitors. Monitoring and the lab request it from outside. Choose a page that reads from the database.
     * @default "/"
     */
    pagePath?: string | undefined;
    /**
     * Path that returns JSON with the environment's name in `environment`. Monitoring requests it from outside. Default: none; this check is then omitted.
     */
    statusPath?: string | undefined;
    /**
     * Paths that visitors write to, at most 20. A path that ends with a slash includes all paths below it. The write limits of nginx and, by default, of Cloudflare count requests to these paths.
     * @default ["/"]
     */
    writePaths?: string[] | undefined;
    visitor?:
      | {
          /**
           * Path that the lab's visitors write to. Without `visitor`, the lab skips everything that needs writes.
           */
          path: string;
          /**
           * HTTP method of the write request.
           * @default "POST"
           */
          method?: "POST" | "PUT" | "PATCH" | undefined;
          /**
           * @default {}
           */
          headers?: Record<string, string> | undefined;
          /**
           * Body of the write request. In the body and in the headers, each request replaces `{text}` with a new text of 20 to 30 letters, digits and hyphens.
           */
          body: string;
          /**
           * HTTP status, 200 to 399, that confirms the write.
           * @default 201
           */
          status?: number | undefined;
          /**
           * Table in the schema `app` that contains a row with the text after the write.
           */
          table: string;
          /**
           * Column of this table that contains the text.
           */
          column: string;
        }
      | undefined;
    /**
     * Maximum memory of the application, in MiB, 128 to 65536. If the server also runs MySQL, MySQL gets the remaining memory.
     * @default 768
     */
    memoryMib?: number | undefined;
    /**
     * Secrets of the application, at most 20.
     * @default {}
     */
    secrets?:
      | Record<
          string,
          {
            /**
             * Maximum length of the value in bytes, 1 to 4096; user data reserves this space. Terraform reads the value from `TF_VAR_app_secret_<name in lower case>`. For the application, `<NAME>_FILE` contains the path of a file with the value. To change the value, run `npm run ops rotate application-secrets`.
             */
            maxBytes: number;
          }
        >
      | undefined;
    /**
     * Networks that the application may connect to in addition to the database, by TCP only. The application cannot resolve names, so it must use addresses.
     * @default []
     */
    egress?:
      | {
          /**
           * Public network in CIDR notation, `0.0.0.0/0` for all of IPv4, or `::/0` for all of IPv6.
           */
          cidr: string;
          /**
           * TCP ports, at most 5 per network and 30 in total. At most 10 networks are allowed.
           */
          ports: number[];
        }[]
      | undefined;
    /**
     * Folder below `app/` in the release that nginx serves as /static/ with cache headers. Default: none; the application then handles /static/.
     */
    staticFolder?: string | undefined;
  };
  /**
   * Servers of the environment. Each key is the server's name.
   * @example
   * servers: {
   *   delta: {
   *     privateIp: "10.0.1.134",
   *     roles: [
   *       "web"
   *     ]
   *   }
   * }
   */
  servers: Record<
    string,
    {
      /**
       * Fixed private address. If the server has the role database, the address must be in `network.databaseRange`; otherwise in `network.webRange`.
       */
      privateIp: string;
      /**
       * Roles of the server. The number of servers with the role database must be odd, from 3 to 9.
       * @default ["web","database"]
       */
      roles?: ("web" | "database")[] | undefined;
      /**
       * Hetzner server type (x86 only). Default: `serverType` of the environment.
       */
      type?: string | undefined;
      /**
       * Hetzner location of the server, its addresses and its volume. An existing server cannot move: add a server in the new location, then remove the old one. Default: `location` of the environment.
       */
      location?: string | undefined;
      /**
       * Spread placement group, with at most ten servers each. A change applies only when the server is created.
       * @default "servers"
       */
      placementGroup?: string | undefined;
    }
  >;
  /**
   * @default {}
   * @example
   * administrators: {
   *   cidrs: [
   *     "198.51.100.0/28"
   *   ],
   *   sshKeys: {
   *     jane: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPFZ/roqeaHsTrFUQhiC0SNDQn5N+Y9IuXxUOWlxf+U5 jane@foobar.com"
   *   }
   * }
   */
  administrators?:
    | {
        /**
         * Networks that may connect by SSH, at most 100. If the list is empty, SSH is closed.
         * @default []
         */
        cidrs?: string[] | undefined;
        /**
         * Public keys of the administrators. Each key's name is also its name at Hetzner. Servers get the keys only when they are created.
         * @default {}
         */
        sshKeys?: Record<string, string> | undefined;
      }
    | undefined;
  /**
   * @example
   * database: {
   *   groupName: "0b5d3c6e-7c1a-4e0f-9a53-6f6f2b6d9a11",
   *   volumeSizeGb: 100
   * }
   */
  database: {
    /**
     * LTS series of MySQL, installed from MySQL's apt repository.
     * @default "9.7"
     */
    series?: "8.4" | "9.7" | undefined;
    /**
     * Size of each data volume, in GB, 10 to 10240. Volumes can grow but not shrink.
     * @default 20
     */
    volumeSizeGb?: number | undefined;
    /**
     * UUID of the replication group. It must not change while the database contains data.
     */
    groupName: string;
    /**
     * Size of the InnoDB buffer pool, in MiB. Default and maximum: the largest pool that fits into the server's remaining memory.
     */
    bufferPoolMib?: number | undefined;
    /**
     * Privileges of the application in its schema. "append": SELECT and INSERT. "read-write": also UPDATE and DELETE. Without `application.migrate`, both include CREATE, ALTER and INDEX. "schema-owner": all privileges, including DROP.
     * @default "read-write"
     */
    privileges?: "append" | "read-write" | "schema-owner" | undefined;
  };
  /**
   * @default {}
   * @example
   * monitoring: {
   *   receivers: {
   *     urgent: [
   *       "@pagerduty-foobar"
   *     ],
   *     notUrgent: [
   *       "@slack-foobar-operations"
   *     ]
   *   },
   *   monitors: {
   *     "cpu-busy": {
   *       reason: "nightly reports keep the CPU busy",
   *       warning: 8,
   *       critical: 2
   *     }
   *   }
   * }
   */
  monitoring?:
    | {
        /**
         * Whether servers run the Datadog agent and the monitors exist.
         * @default true
         */
        enabled?: boolean | undefined;
        /**
         * Datadog site of the account.
         * @default "datadoghq.eu"
         */
        site?:
          | "datadoghq.com"
          | "us3.datadoghq.com"
          | "us5.datadoghq.com"
          | "datadoghq.eu"
          | "ap1.datadoghq.com"
          | "ap2.datadoghq.com"
          | "ddog-gov.com"
          | undefined;
        /**
         * @default {}
         */
        receivers?:
          | {
              /**
               * Datadog handles that get urgent alerts, day and night, at most 20.
               * @default []
               */
              urgent?: string[] | undefined;
              /**
               * Datadog handles that get alerts that can wait until morning, at most 20.
               * @default []
               */
              notUrgent?: string[] | undefined;
            }
          | undefined;
        /**
         * URL of docs/runbook.md, for links in alerts. Default: alerts contain only the path of the file.
         */
        runbookUrl?: string | undefined;
        /**
         * Changed or disabled monitors, by name. The headings of docs/runbook.md are the names.
         * @default {}
         */
        monitors?:
          | {
              [
                Name in
                  | "requests-anomaly"
                  | "balancer-silent"
                  | "balancer-down"
                  | "visitors-gone"
                  | "server-error-share"
                  | "server-error-count"
                  | "server-errors"
                  | "latency-p95"
                  | "latency-anomaly"
                  | "nginx-down"
                  | "application-down"
                  | "application-errors"
                  | "web-server-unhealthy"
                  | "cpu-busy"
                  | "load-high"
                  | "memory-low"
                  | "disk-full"
                  | "disk-forecast"
                  | "inodes-low"
                  | "clock-drift"
                  | "reboot-required"
                  | "vendor-updates"
                  | "updates-failing"
                  | "expiry-near"
                  | "drift-unchecked"
                  | "server-incomplete"
                  | "host-firewall-missing"
                  | "private-address-missing"
                  | "server-silent"
                  | "mysql-down"
                  | "mysql-group-down"
                  | "member-not-online"
                  | "members-missing"
                  | "member-unreachable"
                  | "no-primary"
                  | "two-primaries"
                  | "primary-changed"
                  | "applier-queue"
                  | "certification-queue"
                  | "connections-near-limit"
                  | "connections-anomaly"
                  | "slow-queries-anomaly"
                  | "mysql-errors"
                  | "data-volume-full"
                  | "archive-behind"
                  | "archive-refused"
                  | "archive-base-old"
                  | "archive-base-room"
                  | "archive-drill-failed"
                  | "archive-gap"
                  | "archive-key-left"
                  | "ssh-login"
                  | "ssh-failures"
                  | "edge-bypassed"
                  | "firewall-drops-anomaly"
                  | "throttled-requests-anomaly"
                  | "package-change"
                  | "page-check"
                  | "api-check"
                  | "redirect-check"
                  | "dns-check"
                  | "certificate-check"
                  | "edge-certificate"
                  | "origin-certificate"
                  | "internal-certificate"
                  | "availability-fast-burn"
                  | "availability-slow-burn"
                  | "latency-fast-burn"
                  | "latency-slow-burn"
              ]?:
                | {
                    /**
                     * Reason for the change, 10 to 500 characters. The review shows it.
                     */
                    reason: string;
                    /**
                     * Whether the monitor exists.
                     * @default true
                     */
                    enabled?: boolean | undefined;
                    /**
                     * Critical threshold, in the monitor's unit. Default: the threshold in the catalogue.
                     */
                    critical?: number | undefined;
                    /**
                     * Warning threshold, in the monitor's unit. Default: the threshold in the catalogue.
                     */
                    warning?: number | undefined;
                    /**
                     * Receivers of the critical alerts: `receivers.urgent` or `receivers.notUrgent`. Default: the urgency in the catalogue.
                     */
                    urgency?: "urgent" | "notUrgent" | undefined;
                  }
                | undefined;
            }
          | undefined;
        /**
         * @default {}
         */
        serviceLevels?:
          | {
              /**
               * Percentage of requests in 30 days that must not fail, 50 to 99.999.
               * @default 99.9
               */
              availabilityPercent?: number | undefined;
              /**
               * Percentage of requests in 30 days that must be fast, 50 to 99.999.
               * @default 95
               */
              latencyPercent?: number | undefined;
              /**
               * Maximum duration of a fast request, in seconds, 0.01 to 30.
               * @default 0.5
               */
              latencySeconds?: number | undefined;
            }
          | undefined;
        /**
         * @default {}
         */
        synthetics?:
          | {
              /**
               * Datadog locations that check the site from outside, 1 to 20.
               * @default ["aws:eu-central-1","aws:eu-west-1","aws:us-east-1"]
               */
              locations?: string[] | undefined;
              /**
               * Time between two checks of page, API and DNS from one location, in seconds, 30 to 604800. Datadog bills each check.
               * @default 300
               */
              intervalSeconds?: number | undefined;
            }
          | undefined;
        /**
         * Planned maintenance during which alerts are muted, by a short name. Remove an entry after its end.
         * @default {}
         */
        downtimes?:
          | Record<
              string,
              {
                /**
                 * Reason for the downtime, 10 to 500 characters. It becomes the message of the downtime at Datadog.
                 */
                reason: string;
                /**
                 * Start, in UTC.
                 */
                start: string;
                /**
                 * End, in UTC.
                 */
                end: string;
                /**
                 * Server whose alerts are muted. Default: all alerts are muted.
                 */
                server?: string | undefined;
              }
            >
          | undefined;
      }
    | undefined;
  /**
   * Hetzner location of the load balancer, and of the servers without `location` with their volumes.
   * @default "nbg1"
   */
  location?: string | undefined;
  /**
   * Hetzner server type (x86 only) of servers without `type`. The default is the cheapest type in stock with enough memory for both roles. `cx33` is larger and cheaper if it is in stock.
   * @default "cpx22"
   * @example
   * serverType: "cx33"
   */
  serverType?: string | undefined;
  /**
   * Whether Hetzner backs up the servers' disks daily, for 20 % of the server price. Data volumes are not included.
   * @default true
   */
  backups?: boolean | undefined;
  /**
   * Whether Terraform and Hetzner refuse to destroy resources that hold data or serve visitors. Default: true in production, otherwise false.
   */
  protect?: boolean | undefined;
  /**
   * Must be true in production if `protect` is false, for example before the environment is removed.
   * @default false
   */
  acceptUnprotected?: boolean | undefined;
  /**
   * Destination of the continuous, encrypted backup. Existing members start backing up only after they are replaced. Default: no backup.
   * @example
   * backup: {
   *   endpoint: "https://fsn1.your-objectstorage.com",
   *   region: "fsn1",
   *   bucket: "foobar-archive",
   *   recipients: [
   *     "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p",
   *     "age1lggyhqrw2nlhcxprm67z43rta597azn8gknawjehu9d9dl0jq3yqqvfafg"
   *   ]
   * }
   */
  backup?:
    | {
        /**
         * URL of the object storage, for example "https://fsn1.your-objectstorage.com".
         */
        endpoint: string;
        /**
         * Region of the bucket, for example "fsn1".
         */
        region: string;
        /**
         * Bucket of the archive. Create it in a separate Hetzner project, because a Hetzner key gives access to all buckets of its project.
         */
        bucket: string;
        /**
         * Public keys of age, 2 to 10. Only holders of a matching private key can read the archive; the servers cannot.
         */
        recipients: string[];
        /**
         * Time between two base backups, in hours, 1 to 168. A restore replays all transactions since the last base backup.
         * @default 24
         */
        baseHours?: number | undefined;
        /**
         * How far back a restore can go, in days, 1 to 365. The bucket keeps objects for this period plus `baseHours` plus one week.
         * @default 14
         */
        retentionDays?: number | undefined;
        /**
         * Lock of the objects until they expire. "compliance": no account can delete them earlier, and their storage is billed until then. "governance": the owner of the bucket can delete them.
         * @default "compliance"
         */
        lock?: "compliance" | "governance" | undefined;
      }
    | undefined;
  /**
   * Must be true in production if `backup` is not set.
   * @default false
   */
  acceptNoBackup?: boolean | undefined;
  /**
   * Data that the first database member restores from the bucket of `backup`, if no member has data. Remove this setting once the site is running.
   */
  restore?:
    | {
        /**
         * `database.groupName` of the group that wrote the data.
         */
        timeline: string;
        /**
         * Point to restore to: a time in UTC, "latest", or "before GTID" to stop before a transaction.
         */
        at: string;
        /**
         * Servers whose uploads the restore ignores, for example because an intruder controlled one of them.
         * @default []
         */
        excludeServers?: string[] | undefined;
        /**
         * Log segments that the restore ignores, as a restore prints them: "alpha/000012-0123456789abcdef".
         * @default []
         */
        excludeLogs?: string[] | undefined;
        /**
         * The restore uses only objects that were uploaded before this time, according to the bucket's clock.
         */
        uploadedBefore?: string | undefined;
        /**
         * Branch of the history to restore. Default: the branch that was current at the restore point.
         */
        branch?: string | undefined;
        /**
         * Whether MySQL events, workers and schedules run while `restore` is set. By default they start once `restore` is removed, so that a restored copy sends and charges nothing.
         * @default false
         */
        startJobs?: boolean | undefined;
      }
    | undefined;
  /**
   * "terminate": the load balancer terminates TLS. "passthrough": nginx on the web servers terminates TLS.
   * @default "terminate"
   * @example
   * tls: "passthrough"
   */
  tls?: "terminate" | "passthrough" | undefined;
  /**
   * @default {}
   */
  network?:
    | {
        /**
         * Private network in CIDR notation.
         * @default "10.0.0.0/16"
         */
        cidr?: string | undefined;
        /**
         * Subnet of the private network, which contains the servers and the load balancer.
         * @default "10.0.1.0/24"
         */
        subnet?: string | undefined;
        /**
         * Address range of current and future database members. Servers trust exactly these addresses as database members. Default: addresses 8 to 15 of the subnet.
         */
        databaseRange?: string | undefined;
        /**
         * Address range of servers whose only role is web. Default: the upper half of the subnet.
         */
        webRange?: string | undefined;
        /**
         * Private address of the load balancer.
         * @default "10.0.1.5"
         */
        balancerIp?: string | undefined;
        /**
         * Hetzner network zone that contains `location` and all other locations.
         * @default "eu-central"
         */
        zone?: string | undefined;
      }
    | undefined;
  /**
   * @default {}
   * @example
   * loadBalancer: {
   *   type: "lb21",
   *   healthCheck: {
   *     intervalSeconds: 5
   *   }
   * }
   */
  loadBalancer?:
    | {
        /**
         * Number of the load balancer. If a new load balancer replaces the current one, switch to the other number.
         * @default 1
         */
        number?: 1 | 2 | undefined;
        /**
         * Previous load balancer, from which `npm run ops rollout` [migrates the site](changes.md#change-the-domain-tls-mode-or-the-balancers-address). This setting may stay until the next such migration. Default: none.
         */
        formerly?:
          | {
              /**
               * `domain` of the previous load balancer. Once the new domain is served, the previous one redirects to it as long as this setting exists. Default: `domain`.
               */
              domain?: string | undefined;
              /**
               * Zone that contains the previous domain. Default: the previous domain itself.
               */
              zoneName?: string | undefined;
              /**
               * `tls` of the previous load balancer.
               */
              tls: "terminate" | "passthrough";
              /**
               * `network.balancerIp` of the previous load balancer.
               */
              balancerIp: string;
            }
          | undefined;
        /**
         * Second active load balancer, with the same targets. `npm run ops balancers` directs visitors to one or both. Default: none.
         */
        second?:
          | {
              /**
               * Hetzner location of the second load balancer. Must differ from `location`, so that one of the two survives the loss of a location.
               */
              location: string;
              /**
               * Private address of the second load balancer.
               */
              privateIp: string;
            }
          | undefined;
        /**
         * Hetzner load balancer type.
         * @default "lb11"
         */
        type?: string | undefined;
        /**
         * How requests are distributed over the web servers. With `least_connections`, a server that rejects connections gets most requests until a health check fails.
         * @default "round_robin"
         */
        algorithm?: "round_robin" | "least_connections" | undefined;
        /**
         * @default {}
         */
        healthCheck?:
          | {
              /**
               * Time between two health checks of a web server, in seconds, 3 to 60.
               * @default 3
               */
              intervalSeconds?: number | undefined;
              /**
               * Maximum wait for an answer, in seconds, 1 to 60. Must be less than `intervalSeconds`.
               * @default 1
               */
              timeoutSeconds?: number | undefined;
              /**
               * Consecutive failed checks after which a web server gets no more requests, and consecutive successful ones after which it gets requests again, 1 to 5.
               * @default 1
               */
              retries?: number | undefined;
            }
          | undefined;
      }
    | undefined;
  /**
   * @default {}
   * @example
   * visitors: {
   *   writesPerMinute: 30
   * }
   */
  visitors?:
    | {
        /**
         * Maximum write requests per minute that each web server accepts from one address (IPv6: one /64), 1 to 6000. They may arrive in one burst. Above the limit the answer is 429. Reads are not limited.
         * @default 10
         */
        writesPerMinute?: number | undefined;
      }
    | undefined;
  /**
   * @default {}
   * @example
   * certificate: {
   *   validityDays: 90,
   *   generation: 2
   * }
   */
  certificate?:
    | {
        /**
         * Validity of the Cloudflare Origin CA certificate, in days. A change applies from the next generation.
         * @default 365
         */
        validityDays?: 7 | 30 | 90 | 365 | 730 | 1095 | 5475 | undefined;
        /**
         * Key type of the certificate. A change applies from the next generation. Default: RSA 2048 if `tls` is "terminate"; otherwise ECDSA P-256.
         */
        keyType?: "rsa" | "ecdsa" | undefined;
        /**
         * Number of the current key and certificate. To issue new ones, raise it by one, then run `npm run ops rotate origin-certificate`.
         * @default 1
         */
        generation?: number | undefined;
      }
    | undefined;
  /**
   * @default {}
   * @example
   * generations: {
   *   edgeToken: 2
   * }
   */
  generations?:
    | {
        /**
         * Number of the current token with which Cloudflare identifies itself to the servers. Rotate it with `npm run ops rotate edge-token`.
         * @default 1
         */
        edgeToken?: number | undefined;
        /**
         * Number of the current database passwords of application, replication and monitoring. Rotate them with `npm run ops rotate database-passwords`.
         * @default 1
         */
        databasePasswords?: number | undefined;
        /**
         * Number of MySQL's current private certificate authority and its certificates. Rotate them with `npm run ops rotate database-authority`.
         * @default 1
         */
        databaseAuthority?: number | undefined;
        /**
         * Number of the current authority and client certificate with which Cloudflare identifies itself, with `tls: "passthrough"`. Rotate them with `npm run ops rotate origin-pull-authority`. Never lower it, because nginx would reject Cloudflare.
         * @default 1
         */
        originPullAuthority?: number | undefined;
        /**
         * Number of the servers' current SSH host keys. Rotate them with `npm run ops rotate ssh-host-keys`.
         * @default 1
         */
        sshHostKeys?: number | undefined;
      }
    | undefined;
  /**
   * @default {}
   * @example
   * cloudflare: {
   *   minimumTlsVersion: "1.3",
   *   rateLimit: {
   *     requestsPer10Seconds: 100
   *   }
   * }
   */
  cloudflare?:
    | {
        /**
         * Number of the site at Cloudflare. If a new domain replaces the current one, switch to the other number; otherwise do not change it.
         * @default 1
         */
        number?: 1 | 2 | undefined;
        /**
         * Name of the zone. TLS and HSTS settings apply to the whole zone. If the zone is a parent of `domain`, `www.<domain>` needs Cloudflare's Advanced Certificate Manager. Default: `domain`.
         */
        zoneName?: string | undefined;
        /**
         * Name of the account. Required only if two accounts have a zone with this name.
         */
        accountName?: string | undefined;
        /**
         * Oldest TLS version that visitors may use.
         * @default "1.2"
         */
        minimumTlsVersion?: "1.2" | "1.3" | undefined;
        /**
         * @default {}
         */
        hsts?:
          | {
              /**
               * How long browsers require HTTPS, in seconds, 0 to 63072000 (two years).
               * @default 31536000
               */
              maxAgeSeconds?: number | undefined;
              /**
               * Whether HSTS includes all subdomains.
               * @default true
               */
              includeSubdomains?: boolean | undefined;
              /**
               * Whether browsers may add the domain to their built-in HTTPS-only lists. This is hard to undo.
               * @default false
               */
              preload?: boolean | undefined;
            }
          | undefined;
        /**
         * @default {}
         */
        firewall?:
          | {
              /**
               * Requests to block, in Cloudflare's Rules language. Default: typical paths of scanners, and dot files.
               */
              expression?: string | undefined;
              /**
               * Action for these requests.
               * @default "block"
               */
              action?: "block" | "managed_challenge" | "js_challenge" | undefined;
            }
          | undefined;
        /**
         * @default {}
         */
        rateLimit?:
          | {
              /**
               * Maximum requests per address in 10 seconds. Above the limit, Cloudflare blocks the address for 10 seconds.
               * @default 50
               */
              requestsPer10Seconds?: number | undefined;
              /**
               * Requests that count towards the limit, in Cloudflare's Rules language. Default: `application.writePaths` on every host of the zone, because rate limits of the free plan cannot match the host.
               */
              expression?: string | undefined;
            }
          | undefined;
      }
    | undefined;
  /**
   * Where Terraform stores its state.
   * @default {"type":"local","acceptLocalState":false}
   * @example
   * backend: {
   *   type: "s3",
   *   bucket: "foobar-state",
   *   endpoint: "https://fsn1.your-objectstorage.com",
   *   region: "fsn1"
   * }
   */
  backend?:
    | {
        /**
         * Where Terraform stores its state. "local": a local file, which is also the default without `backend`. "s3": object storage, with locking.
         */
        type: "local";
        encryption?:
          | {
              /**
               * With `encryption`, OpenTofu encrypts state and plans with the passphrase in `TF_VAR_state_passphrase`; "enforced" rejects plain state. The other steps, [one deploy each](state.md#encrypt-the-state), are "begin", "change-passphrase" and "end". Without `encryption`, state is stored in plain text.
               * @default "enforced"
               */
              step?: "enforced" | "begin" | "change-passphrase" | "end" | undefined;
              /**
               * Number of the current passphrase. Raise it by one in the deploy that changes the passphrase, and keep it afterwards.
               * @default 1
               */
              generation?: number | undefined;
            }
          | undefined;
        /**
         * Must be true in production if the state is local.
         * @default false
         */
        acceptLocalState?: boolean | undefined;
      }
    | {
        /**
         * Where Terraform stores its state. "local": a local file, which is also the default without `backend`. "s3": object storage, with locking.
         */
        type: "s3";
        /**
         * Bucket of the state files. Create it before the first deploy.
         */
        bucket: string;
        /**
         * URL of the object storage, for example "https://fsn1.your-objectstorage.com".
         */
        endpoint: string;
        /**
         * Region of the bucket, for example "fsn1".
         */
        region: string;
        /**
         * Folder of the state files in the bucket. Default: the environment's name.
         */
        prefix?: string | undefined;
        encryption?:
          | {
              /**
               * With `encryption`, OpenTofu encrypts state and plans with the passphrase in `TF_VAR_state_passphrase`; "enforced" rejects plain state. The other steps, [one deploy each](state.md#encrypt-the-state), are "begin", "change-passphrase" and "end". Without `encryption`, state is stored in plain text.
               * @default "enforced"
               */
              step?: "enforced" | "begin" | "change-passphrase" | "end" | undefined;
              /**
               * Number of the current passphrase. Raise it by one in the deploy that changes the passphrase, and keep it afterwards.
               * @default 1
               */
              generation?: number | undefined;
            }
          | undefined;
      }
    | undefined;
  /**
   * @default {}
   * @example
   * aptSources: {
   *   mysql: {
   *     url: "https://mirror.foobar.com/mysql/apt/debian"
   *   }
   * }
   */
  aptSources?:
    | {
        /**
         * @default {}
         */
        mysql?:
          | {
              /**
               * URL of a mirror. Default: the vendor's repository.
               */
              url?: string | undefined;
              /**
               * File with the armored public key that signs the repository. Default: servers download the vendor's key and check its fingerprint.
               */
              keyFile?: string | undefined;
              /**
               * New signing key of the vendor, if the vendor has replaced the key that this project contains.
               */
              publishedKey?:
                | {
                    /**
                     * URL at which the vendor publishes the armored public key.
                     */
                    url: string;
                    /**
                     * Fingerprints of the primary keys that may sign the repository, 40 hexadecimal digits each.
                     */
                    fingerprints: string[];
                    /**
                     * Expiry date of the key, as printed by `gpg --show-keys`. The review warns before this date.
                     */
                    ends: string;
                  }
                | undefined;
            }
          | undefined;
        /**
         * @default {}
         */
        datadog?:
          | {
              /**
               * URL of a mirror. Default: the vendor's repository.
               */
              url?: string | undefined;
              /**
               * File with the armored public key that signs the repository. Default: servers download the vendor's key and check its fingerprint.
               */
              keyFile?: string | undefined;
              /**
               * New signing key of the vendor, if the vendor has replaced the key that this project contains.
               */
              publishedKey?:
                | {
                    /**
                     * URL at which the vendor publishes the armored public key.
                     */
                    url: string;
                    /**
                     * Fingerprints of the primary keys that may sign the repository, 40 hexadecimal digits each.
                     */
                    fingerprints: string[];
                    /**
                     * Expiry date of the key, as printed by `gpg --show-keys`. The review warns before this date.
                     */
                    ends: string;
                  }
                | undefined;
            }
          | undefined;
      }
    | undefined;
}
