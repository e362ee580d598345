// Generated from modules/config/schema.ts by `npm run docs`. Do not edit.

/** An environment as its file writes it, before defaults are filled in. */
export interface EnvironmentInput {
  /**
   * Registered domain; the site is `www.<domain>` and the apex.
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
     * Public address of the release: the application and mysql-group. Required without `application.storage`.
     */
    url?: string | undefined;
    /**
     * Private bucket that holds the releases, instead of `url`. `npm run app:publish` uploads a release; servers download it with `TF_VAR_release_key`.
     */
    storage?:
      | {
          /**
           * Address of the object storage, for example "https://nbg1.your-objectstorage.com".
           */
          endpoint: string;
          /**
           * Region of the bucket, for example "nbg1".
           */
          region: string;
          /**
           * Private bucket of the releases, in a project of its own, because a Hetzner key opens all buckets of its project.
           */
          bucket: string;
        }
      | undefined;
    /**
     * SHA-256 of the release, 64 hexadecimal digits; the build prints it.
     */
    sha256: string;
    /**
     * Starts the application, in the release's folder: a path and its arguments, a text each, without a shell. `./` begins a file of the release. Nothing else can be executed.
     * @default ["/usr/bin/node","server.js"]
     */
    command?: string[] | undefined;
    /**
     * "socket": it takes requests from the socket that systemd hands to it. "port": it opens `PORT` itself, and HAProxy holds requests while one release ends and the next begins.
     * @default "socket"
     */
    listens?: "socket" | "port" | undefined;
    /**
     * Brings the schema up to date, under an account of its own that may do everything in it. Run by `deploy-app` before a release is tried, on one server at a time; it must do nothing when nothing is to be done. Default: none, and the application may add to the schema itself.
     */
    migrate?: string[] | undefined;
    /**
     * Further commands of the release that always run.
     * @default {}
     */
    workers?:
      | Record<
          string,
          {
            /**
             * Starts it, as `application.command` does the application.
             */
            command: string[];
            /**
             * "one": on one web server at a time; another takes over within 40 s. "all": on every one.
             * @default "one"
             */
            on?: "one" | "all" | undefined;
            /**
             * Most memory of it, in MiB; kept free for it on every web server.
             * @default 128
             */
            memoryMib?: number | undefined;
          }
        >
      | undefined;
    /**
     * Commands of the release that run at given times.
     * @default {}
     */
    schedules?:
      | Record<
          string,
          {
            /**
             * Does the work and ends.
             */
            command: string[];
            /**
             * Times, as systemd's `OnCalendar=`, in UTC if it names no zone. At each it runs once at most, on one web server.
             */
            at: string;
            /**
             * Whether a run that was interrupted, by a power cut for example, may be done again by another server.
             * @default false
             */
            repeatable?: boolean | undefined;
            /**
             * Most memory of it, in MiB; kept free for it on every web server.
             * @default 128
             */
            memoryMib?: number | undefined;
          }
        >
      | undefined;
    /**
     * Debian packages that it needs, installed without what they recommend.
     * @default ["nodejs"]
     */
    packages?: string[] | undefined;
    /**
     * @default {}
     */
    environment?: Record<string, string> | undefined;
    /**
     * Path that answers 200 while this server can serve. The balancer asks it; visitors cannot.
     * @default "/healthz"
     */
    healthPath?: string | undefined;
    /**
     * Path that answers 200 when all of it works, the database too. A release is tried by it; visitors cannot.
     * @default "/readyz"
     */
    readyPath?: string | undefined;
    /**
     * Page, in HTML, that visitors get with 200; watched from outside, and read by the lab. Best one that is made from the database.
     * @default "/"
     */
    pagePath?: string | undefined;
    /**
     * Path that answers visitors with JSON whose `environment` is the environment's name; watched from outside. Default: none, and no such watch.
     */
    statusPath?: string | undefined;
    /**
     * Paths that visitors write to: one path, or with a slash at its end all below it. The limits of nginx and, by default, of Cloudflare count requests to them.
     * @default ["/"]
     */
    writePaths?: string[] | undefined;
    visitor?:
      | {
          /**
           * Path that a visitor of the lab writes to. Without `visitor` nothing is tried that needs writes.
           */
          path: string;
          /**
           * Method of the request that writes.
           * @default "POST"
           */
          method?: "POST" | "PUT" | "PATCH" | undefined;
          /**
           * @default {}
           */
          headers?: Record<string, string> | undefined;
          /**
           * What is written: `{text}` in it, or in a header, becomes a text of 20 to 30 letters, digits and hyphens, another one each time.
           */
          body: string;
          /**
           * Status of the answer that says: it is kept.
           * @default 201
           */
          status?: number | undefined;
          /**
           * Table, in the schema `app`, that then has a row with the text.
           */
          table: string;
          /**
           * Column of it that contains the text.
           */
          column: string;
        }
      | undefined;
    /**
     * Most memory of the application, in MiB. MySQL beside it gets what is left.
     * @default 768
     */
    memoryMib?: number | undefined;
    /**
     * Secrets of its own.
     * @default {}
     */
    secrets?:
      | Record<
          string,
          {
            /**
             * Longest value, 1 to 4096, for which room is kept in user data. The value is `TF_VAR_app_secret_<name in lower case>`; the application finds the path of a file with it in `<NAME>_FILE`. Another value: `npm run ops rotate application-secrets`.
             */
            maxBytes: number;
          }
        >
      | undefined;
    /**
     * What it may reach besides the database, by TCP. It has no name server: it must know addresses.
     * @default []
     */
    egress?:
      | {
          /**
           * A public network, or `0.0.0.0/0` for all of IPv4, `::/0` for all of IPv6.
           */
          cidr: string;
          /**
           * TCP ports, at most 5 for each of at most 10 networks, and 30 in all.
           */
          ports: number[];
        }[]
      | undefined;
    /**
     * Folder of `app/` in the release that nginx serves below /static/, with cache headers. Default: none, and /static/ is the application's.
     */
    staticFolder?: string | undefined;
  };
  /**
   * Servers, by name.
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
       * Fixed private address: in `network.databaseRange` with the role database, else in `network.webRange`.
       */
      privateIp: string;
      /**
       * What the server does. Database members must be an odd number of at least 3.
       * @default ["web","database"]
       */
      roles?: ("web" | "database")[] | undefined;
      /**
       * Hetzner server type. Default: `serverType` of the environment.
       */
      type?: string | undefined;
      /**
       * Spread placement group, at most ten servers each. Decided when the server is created.
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
         * Networks that SSH is allowed from, at most 100. None means no SSH at all.
         * @default []
         */
        cidrs?: string[] | undefined;
        /**
         * Public keys, by the name they get at Hetzner. Servers take them at creation only.
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
     * LTS series of MySQL's apt repository.
     * @default "9.7"
     */
    series?: "8.4" | "9.7" | undefined;
    /**
     * Size of each data volume, in GB, 10 to 10240. Volumes can grow and never shrink.
     * @default 20
     */
    volumeSizeGb?: number | undefined;
    /**
     * Identity of the replication group, a UUID. Never changes while data exists.
     */
    groupName: string;
    /**
     * InnoDB buffer pool, in MiB. Default, and limit: what a server's memory holds beside everything else.
     */
    bufferPoolMib?: number | undefined;
    /**
     * What the application may do in its schema. "append": SELECT and INSERT. "read-write": UPDATE and DELETE too. Without `application.migrate` both also CREATE, ALTER and INDEX. "schema-owner": everything, such as DROP.
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
               * Datadog handles that wake a person.
               * @default []
               */
              urgent?: string[] | undefined;
              /**
               * Datadog handles for what can wait until morning.
               * @default []
               */
              notUrgent?: string[] | undefined;
            }
          | undefined;
        /**
         * Address of docs/runbook.md, for links in alerts. Default: its path.
         */
        runbookUrl?: string | undefined;
        /**
         * Monitors that are adjusted or switched off, by name: the headings of docs/runbook.md.
         * @default {}
         */
        monitors?:
          | {
              [
                Name in
                  | "requests-anomaly"
                  | "balancer-silent"
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
                  | "server-incomplete"
                  | "host-firewall-missing"
                  | "private-address-missing"
                  | "server-silent"
                  | "mysql-down"
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
                     * Why it is changed; the review shows it.
                     */
                    reason: string;
                    /**
                     * Whether the monitor exists.
                     * @default true
                     */
                    enabled?: boolean | undefined;
                    /**
                     * Critical threshold, in the monitor's unit. Default: the catalogue's.
                     */
                    critical?: number | undefined;
                    /**
                     * Warning threshold, in the monitor's unit. Default: the catalogue's.
                     */
                    warning?: number | undefined;
                    /**
                     * Who gets its critical alerts. Default: as the catalogue says.
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
               * Requests of 30 days that must not fail, in percent.
               * @default 99.9
               */
              availabilityPercent?: number | undefined;
              /**
               * Requests of 30 days that must be fast, in percent.
               * @default 95
               */
              latencyPercent?: number | undefined;
              /**
               * What fast means, in seconds.
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
               * Places that look at the site from outside.
               * @default ["aws:eu-central-1","aws:eu-west-1","aws:us-east-1"]
               */
              locations?: string[] | undefined;
              /**
               * Time between two looks at page, API and DNS from one place. Each look is billed.
               * @default 300
               */
              intervalSeconds?: number | undefined;
            }
          | undefined;
        /**
         * Planned work during which alerts are kept back, by a short name. Remove an entry once it is over.
         * @default {}
         */
        downtimes?:
          | Record<
              string,
              {
                /**
                 * What is done; the message of the downtime.
                 */
                reason: string;
                /**
                 * Begin, in UTC.
                 */
                start: string;
                /**
                 * End, in UTC.
                 */
                end: string;
                /**
                 * Server whose alerts are kept back. Default: all alerts.
                 */
                server?: string | undefined;
              }
            >
          | undefined;
      }
    | undefined;
  /**
   * Hetzner location of servers, volumes and balancer.
   * @default "nbg1"
   */
  location?: string | undefined;
  /**
   * Hetzner server type, x86, of servers that name none. The default is the cheapest in stock with memory for both roles; cx33 is larger and cheaper when it can be had.
   * @default "cpx22"
   * @example
   * serverType: "cx33"
   */
  serverType?: string | undefined;
  /**
   * Daily backups by Hetzner of the servers' disks, 20 % of the server's price. Data volumes are not in them.
   * @default true
   */
  backups?: boolean | undefined;
  /**
   * Whether plans, and Hetzner, refuse to destroy what holds data or serves. Default: true in production, else false.
   */
  protect?: boolean | undefined;
  /**
   * In production, `protect: false` needs this explicit word, for the day it is torn down.
   * @default false
   */
  acceptUnprotected?: boolean | undefined;
  /**
   * Where the data goes, continuously and encrypted. Existing members begin when they are replaced. Default: nowhere.
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
         * Of the object storage, for example "https://fsn1.your-objectstorage.com".
         */
        endpoint: string;
        /**
         * Region of the bucket, for example "fsn1".
         */
        region: string;
        /**
         * Bucket of the archive, in a project of its own: a key of Hetzner's opens all buckets of a project.
         */
        bucket: string;
        /**
         * Public keys of age, two at least: whoever has one of the private keys can read the archive, and nobody else, the servers included.
         */
        recipients: string[];
        /**
         * Time between two copies of all data, in hours, 1 to 168. A restore replays what was written since the last one.
         * @default 24
         */
        baseHours?: number | undefined;
        /**
         * How far back a restore can go, in days, 1 to 365. Objects live for this, the time between two copies, and a week.
         * @default 14
         */
        retentionDays?: number | undefined;
        /**
         * How objects are locked for as long as they live. "compliance": nobody can delete them, and they are paid for until then. "governance": the owner of the bucket can.
         * @default "compliance"
         */
        lock?: "compliance" | "governance" | undefined;
      }
    | undefined;
  /**
   * In production, no `backup` needs this explicit word.
   * @default false
   */
  acceptNoBackup?: boolean | undefined;
  /**
   * Data that the first database member begins with, out of the bucket of `backup`, while no member has any. Remove it when the site is up.
   */
  restore?:
    | {
        /**
         * `database.groupName` that the data was written under.
         */
        timeline: string;
        /**
         * A time in UTC, "latest", or "before GTID".
         */
        at: string;
        /**
         * Servers whose part of the archive is not used, for example because an intruder had taken one over.
         * @default []
         */
        excludeServers?: string[] | undefined;
        /**
         * Logs that are not used, as a restore names them: "alpha/000012-0123456789abcdef".
         * @default []
         */
        excludeLogs?: string[] | undefined;
        /**
         * Only objects that reached the bucket before this time are used, by the bucket's own clock.
         */
        uploadedBefore?: string | undefined;
        /**
         * Branch of the history to follow. Default: the branch that was current at the time.
         */
        branch?: string | undefined;
        /**
         * Whether MySQL events, workers and schedules run while `restore` is set. Default: they start once `restore` is removed, so a copy sends and charges nothing.
         * @default false
         */
        startJobs?: boolean | undefined;
      }
    | undefined;
  /**
   * "terminate": the balancer ends TLS. "passthrough": nginx does.
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
         * Private network.
         * @default "10.0.0.0/16"
         */
        cidr?: string | undefined;
        /**
         * Its one subnet, in which servers and balancer live.
         * @default "10.0.1.0/24"
         */
        subnet?: string | undefined;
        /**
         * Addresses of database members, present and future: the ones that servers trust as such. Default: the subnet's addresses 8 to 15.
         */
        databaseRange?: string | undefined;
        /**
         * Addresses of servers with the role web alone. Default: the upper half of the subnet.
         */
        webRange?: string | undefined;
        /**
         * Private address of the load balancer.
         * @default "10.0.1.5"
         */
        balancerIp?: string | undefined;
        /**
         * Hetzner network zone; the one `location` lies in.
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
         * Which of two balancers this is. One that takes over from another has the other number.
         * @default 1
         */
        number?: 1 | 2 | undefined;
        /**
         * The balancer before: `npm run ops rollout` [changes over from it](changes.md#change-the-domain-tls-mode-or-the-balancers-address). May stay until the next such change. Default: none.
         */
        formerly?:
          | {
              /**
               * Its `domain`, which leads to the new one when that is served, for as long as it stands here. Default: `domain`.
               */
              domain?: string | undefined;
              /**
               * Zone that holds that domain. Default: the domain itself.
               */
              zoneName?: string | undefined;
              /**
               * Its `tls`.
               */
              tls: "terminate" | "passthrough";
              /**
               * Its `network.balancerIp`.
               */
              balancerIp: string;
            }
          | undefined;
        /**
         * Hetzner load balancer type.
         * @default "lb11"
         */
        type?: string | undefined;
        /**
         * How requests are spread over the web servers. A server that has died and refuses at once has the fewest connections of all: `least_connections` leads most requests to it until a check has failed.
         * @default "round_robin"
         */
        algorithm?: "round_robin" | "least_connections" | undefined;
        /**
         * @default {}
         */
        healthCheck?:
          | {
              /**
               * Time between two checks of a web server, 3 to 60.
               * @default 3
               */
              intervalSeconds?: number | undefined;
              /**
               * Longest wait for an answer; less than the interval.
               * @default 1
               */
              timeoutSeconds?: number | undefined;
              /**
               * Failed checks in a row that take a web server out, and good ones that bring it back, 1 to 5.
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
         * Requests that write, of one address (with IPv6: one network of 64 bits), that each web server takes a minute, all at once if need be. More are answered with 429. Reading has no such limit.
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
         * Validity of the Cloudflare Origin CA certificate, in days. A change waits for the next generation.
         * @default 365
         */
        validityDays?: 7 | 30 | 90 | 365 | 730 | 1095 | 5475 | undefined;
        /**
         * Kind of its key. A change waits for the next generation. Default: RSA 2048 where the balancer ends TLS, since no public example shows one with another; else ECDSA P-256.
         */
        keyType?: "rsa" | "ecdsa" | undefined;
        /**
         * Raise it by one to issue a new key and certificate, then `npm run ops rotate origin-certificate`.
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
         * Of the token that Cloudflare shows to the servers. Raise it by one, then `npm run ops rotate edge-token`.
         * @default 1
         */
        edgeToken?: number | undefined;
        /**
         * Of the passwords of the application, the replication and the monitoring. Raise it by one, then `npm run ops rotate database-passwords`.
         * @default 1
         */
        databasePasswords?: number | undefined;
        /**
         * Of the private authority of MySQL and the certificates that it signs. Raise it by one, then `npm run ops rotate database-authority`.
         * @default 1
         */
        databaseAuthority?: number | undefined;
        /**
         * Of the keys that servers show to whoever logs in. Raise it by one, then `npm run ops rotate ssh-host-keys`.
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
         * Which of two sites this is. A domain that takes over from another has the other number; else it stays.
         * @default 1
         */
        number?: 1 | 2 | undefined;
        /**
         * Name of the zone, for all of which TLS and HSTS are set. With a parent of `domain`, www needs Cloudflare's Advanced Certificate Manager. Default: `domain`.
         */
        zoneName?: string | undefined;
        /**
         * Name of the account, only needed when two accounts hold a zone of this name.
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
               * How long browsers insist on HTTPS; up to two years.
               * @default 31536000
               */
              maxAgeSeconds?: number | undefined;
              /**
               * Whether that covers every subdomain.
               * @default true
               */
              includeSubdomains?: boolean | undefined;
              /**
               * Whether browsers may ship the domain as HTTPS only; hard to undo.
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
               * Requests to stop, in Cloudflare's Rules language. Default: scanners and dot files.
               */
              expression?: string | undefined;
              /**
               * What happens to them.
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
               * Requests of one address in 10 seconds before it is blocked for 10 seconds.
               * @default 50
               */
              requestsPer10Seconds?: number | undefined;
              /**
               * Requests that count, in Cloudflare's Rules language. Default: `application.writePaths` of every host of the zone, since rate limits of the free plan cannot look at the host.
               */
              expression?: string | undefined;
            }
          | undefined;
      }
    | undefined;
  /**
   * Where Terraform keeps its state.
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
         * Where Terraform keeps its state; without `backend` a local file.
         */
        type: "local";
        encryption?:
          | {
              /**
               * With `encryption`, OpenTofu encrypts state and plans by the passphrase in `TF_VAR_state_passphrase`; "enforced" takes no plain state. Steps [to it and back](state.md#encrypt-the-state), a deploy each: "begin", "change-passphrase", "end". Without `encryption`: plain.
               * @default "enforced"
               */
              step?: "enforced" | "begin" | "change-passphrase" | "end" | undefined;
              /**
               * Counts the passphrases: raised by one in the deploy that changes it, and left there.
               * @default 1
               */
              generation?: number | undefined;
            }
          | undefined;
        /**
         * In production, local state needs this explicit word.
         * @default false
         */
        acceptLocalState?: boolean | undefined;
      }
    | {
        /**
         * Where Terraform keeps its state: object storage, with locking.
         */
        type: "s3";
        /**
         * Bucket of the state files; it exists before the first deploy.
         */
        bucket: string;
        /**
         * Of the object storage, for example "https://fsn1.your-objectstorage.com".
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
               * With `encryption`, OpenTofu encrypts state and plans by the passphrase in `TF_VAR_state_passphrase`; "enforced" takes no plain state. Steps [to it and back](state.md#encrypt-the-state), a deploy each: "begin", "change-passphrase", "end". Without `encryption`: plain.
               * @default "enforced"
               */
              step?: "enforced" | "begin" | "change-passphrase" | "end" | undefined;
              /**
               * Counts the passphrases: raised by one in the deploy that changes it, and left there.
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
               * Address of a mirror. Default: the vendor's own.
               */
              url?: string | undefined;
              /**
               * File with the armored public key that signs it. Default: servers download the vendor's key and check its fingerprint.
               */
              keyFile?: string | undefined;
              /**
               * Another key than the one this project knows, once the vendor has changed it.
               */
              publishedKey?:
                | {
                    /**
                     * Where the vendor publishes the armored public key.
                     */
                    url: string;
                    /**
                     * Fingerprints of the primary keys that may sign, 40 hexadecimal digits each.
                     */
                    fingerprints: string[];
                    /**
                     * Last day of the key, as `gpg --show-keys` tells it; the review warns before.
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
               * Address of a mirror. Default: the vendor's own.
               */
              url?: string | undefined;
              /**
               * File with the armored public key that signs it. Default: servers download the vendor's key and check its fingerprint.
               */
              keyFile?: string | undefined;
              /**
               * Another key than the one this project knows, once the vendor has changed it.
               */
              publishedKey?:
                | {
                    /**
                     * Where the vendor publishes the armored public key.
                     */
                    url: string;
                    /**
                     * Fingerprints of the primary keys that may sign, 40 hexadecimal digits each.
                     */
                    fingerprints: string[];
                    /**
                     * Last day of the key, as `gpg --show-keys` tells it; the review warns before.
                     */
                    ends: string;
                  }
                | undefined;
            }
          | undefined;
      }
    | undefined;
}
