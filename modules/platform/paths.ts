/** Paths on a server. Each path is defined only here. */
export const paths = {
  /** Scripts of the components, and the programs that run them. */
  scripts: "/usr/local/lib/platform",
  /** Directory with one file per problem of this server. Every login shows them, and the monitoring agent counts them. */
  notices: "/run/motd.d",
  setup: {
    unit: "server-setup.service",
    script: "/usr/local/lib/platform/server-setup",
    /** Names and packages of the components, in setup order. */
    parts: "/etc/platform/parts",
    /** Downloaded keys of apt sources: path and URL. */
    aptKeys: "/etc/platform/apt-keys",
    /** Exists once all components are set up. */
    complete: "/var/lib/server-setup/complete",
    /** Exists while a component is not set up, and contains the reason. Every login shows it. */
    notice: "/run/motd.d/server-setup",
  },
  /** Script that runs after each security update. */
  restartUpgraded: "/usr/local/lib/platform/restart-upgraded",
  /** Expiry dates that check-expiry reads. */
  ends: "/etc/platform/ends",
  vendorUpdates: "/usr/local/lib/platform/vendor-updates",
  /** Private SSH host key. Its name differs from the names that cloud-init deletes and creates again. */
  sshHostKey: "/etc/ssh/host_ed25519_key",
  release: {
    environmentFile: "/etc/platform/release.env",
    fetch: "/usr/local/sbin/fetch-release",
    /** Key of the private bucket, in the format of curl's configuration. */
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
    /** Exists while this server serves visitors. */
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
    /** The configured restore. MySQL starts only if its data come from this restore. */
    restore: "/etc/mysql-backup/restore.json",
    /** Exists only on the member that restores. */
    restoring: "/etc/mysql-backup/restoring.json",
    restoreBucketKey: "/etc/mysql-backup/restore-bucket",
    restorePrivateKey: "/etc/mysql-backup/restore-key",
    /** Files whose ages equal the ages of the oldest and the newest restorable time. */
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

/** Path of the file with an application secret, by the secret's name. */
export const applicationSecret = (name: string): string => `/etc/app/secrets/${name.toLowerCase()}`;
