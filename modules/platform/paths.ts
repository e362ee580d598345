/** Paths on a server. Every path is defined only in this file. */
export const paths = {
  /** Folder with the scripts of all components, and with the programs that run the scripts. */
  scripts: "/usr/local/lib/platform",
  /**
   * Folder with a file for each current problem of this server. Every login shows the files, and the monitoring agent
   * counts them.
   */
  notices: "/run/motd.d",
  setup: {
    unit: "server-setup.service",
    script: "/usr/local/lib/platform/server-setup",
    /** File with the name and packages of each component, in setup order. */
    parts: "/etc/platform/parts",
    /** File with the path and the URL of each downloaded apt key. */
    aptKeys: "/etc/platform/apt-keys",
    /** File that exists when server-setup has set up all components. */
    complete: "/var/lib/server-setup/complete",
    /**
     * File that exists until server-setup has set up all components. The file contains the reason of a failure, and
     * every login shows it.
     */
    notice: "/run/motd.d/server-setup",
  },
  /** Script that runs after each automatic upgrade. */
  restartUpgraded: "/usr/local/lib/platform/restart-upgraded",
  /** File with the expiry dates that check-expiry reads. */
  ends: "/etc/platform/ends",
  vendorUpdates: "/usr/local/lib/platform/vendor-updates",
  /** File with the private SSH host key. The name differs from the names that cloud-init deletes and creates again. */
  sshHostKey: "/etc/ssh/host_ed25519_key",
  release: {
    environmentFile: "/etc/platform/release.env",
    fetch: "/usr/local/sbin/fetch-release",
    /** File with the key of the private release bucket, in the format of curl's configuration. */
    key: "/etc/platform/release-key",
  },
  application: {
    releases: "/opt/app/releases",
    current: "/opt/app/current",
    trial: "/opt/app/trial",
    environmentFile: "/etc/app/app.env",
    databasePassword: "/etc/app/database-password",
    migrationsPassword: "/etc/app/migrations-password",
    runs: "/opt/app-runs",
    mysqlCa: "/etc/app/mysql-ca.pem",
    deploy: "/usr/local/sbin/deploy-app",
    deploySettings: "/etc/app/deploy.env",
  },
  nginx: {
    accessLog: "/var/log/nginx/access.json",
    errorLog: "/var/log/nginx/error.log",
    edgeToken: "/etc/nginx/secrets/edge-token.conf",
    originCertificate: "/etc/nginx/tls/origin.pem",
    originKey: "/etc/nginx/tls/origin.key",
    originPullCa: "/etc/nginx/tls/origin-pull-ca.pem",
    /** File that exists while this server serves visitors. */
    inService: "/run/in-service",
  },
  mysql: {
    configuration: "/etc/mysql/server.cnf",
    mountPoint: "/var/lib/mysql",
    dataDirectory: "/var/lib/mysql/data",
    socket: "/run/mysqld/mysqld.sock",
    errorLog: "/var/log/mysql/error.log",
    slowLog: "/var/log/mysql/slow.log",
    ca: "/etc/mysql/tls/ca.pem",
    certificate: "/etc/mysql/tls/server.pem",
    key: "/etc/mysql/tls/server.key",
    groupSettings: "/etc/mysql-group/group.json",
    replicationPassword: "/etc/mysql-group/replication-password",
    applicationPassword: "/etc/mysql-group/app-password",
    migrationsPassword: "/etc/mysql-group/app-migrations-password",
    monitoringPassword: "/etc/mysql-group/monitoring-password",
  },
  backup: {
    settings: "/etc/mysql-backup/settings.json",
    bucketKey: "/etc/mysql-backup/bucket",
    /** File with the configured restore. MySQL starts only if its data come from this restore. */
    restore: "/etc/mysql-backup/restore.json",
    /** File that exists only on the member that restores the data. */
    restoring: "/etc/mysql-backup/restoring.json",
    restoreBucketKey: "/etc/mysql-backup/restore-bucket",
    restorePrivateKey: "/etc/mysql-backup/restore-key",
    /** Folder with two files whose ages equal the ages of the oldest and the newest restorable time. */
    state: "/run/mysql-backup",
  },
  haproxy: {
    configuration: "/etc/haproxy/haproxy.cfg",
  },
  datadog: {
    environmentFile: "/etc/datadog-agent/environment",
    mysqlOptions: "/etc/datadog-agent/mysql.cnf",
  },
} as const;

/** Returns the path of the file with an application secret. */
export const applicationSecret = (name: string): string => `/etc/app/secrets/${name.toLowerCase()}`;
