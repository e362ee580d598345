/** Paths on a server, each named once. */
export const paths = {
  /** Scripts of parts, and what runs them. */
  scripts: "/usr/local/lib/platform",
  /** Problems of this server, one file each, shown at every login. The monitoring agent counts them. */
  notices: "/run/motd.d",
  setup: {
    unit: "server-setup.service",
    script: "/usr/local/lib/platform/server-setup",
    /** Parts in their order: name and packages. */
    parts: "/etc/platform/parts",
    /** Keys of apt sources that are downloaded: path and URL. */
    aptKeys: "/etc/platform/apt-keys",
    /** There when every part is set up. */
    complete: "/var/lib/server-setup/complete",
    /** There while one is not, and says why. Shown at every login. */
    notice: "/run/motd.d/server-setup",
  },
  /** Run after each security update. */
  restartUpgraded: "/usr/local/lib/platform/restart-upgraded",
  /** What ends when; check-expiry warns. */
  ends: "/etc/platform/ends",
  vendorUpdates: "/usr/local/lib/platform/vendor-updates",
  /** Private key that sshd shows to whoever logs in. Not among the names that cloud-init removes and makes anew. */
  sshHostKey: "/etc/ssh/host_ed25519_key",
  release: {
    environmentFile: "/etc/platform/release.env",
    fetch: "/usr/local/sbin/fetch-release",
    /** Key of the private bucket, as curl reads it. */
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
    /** There while this server takes visitors. */
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
    /** The configured restore. MySQL starts only on data of this restore. */
    restore: "/etc/mysql-backup/restore.json",
    /** Exists only on the member that restores. */
    restoring: "/etc/mysql-backup/restoring.json",
    restoreBucketKey: "/etc/mysql-backup/restore-bucket",
    restorePrivateKey: "/etc/mysql-backup/restore-key",
    /** Files whose ages are those of the oldest and newest restorable time. */
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

/** File with a secret of the application, by the secret's name. */
export const applicationSecret = (name: string): string => `/etc/app/secrets/${name.toLowerCase()}`;
