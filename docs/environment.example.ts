import { defineEnvironment } from "../modules/config/define.js";

/**
 * Example of every group of settings. Copy the lines that you need into a file in environments/. docs/configuration.md describes all
 * settings; a setting that you omit has its default.
 */
export default defineEnvironment({
  // The site and its release
  domain: "foobar.com",
  application: {
    // `npm run app:build` prints these two lines. For a private release, replace `url` by `storage`:
    // storage: { endpoint: "https://nbg1.your-objectstorage.com", region: "nbg1", bucket: "foobar-releases" },
    url: "https://releases.foobar.com/release-1.0.0.tar.gz",
    sha256: "0000000000000000000000000000000000000000000000000000000000000000",
    command: ["/usr/bin/python3", "-m", "gunicorn", "app:application"],
    packages: ["python3", "gunicorn", "python3-pymysql"],
    environment: { LOG_LEVEL: "info" },
    memoryMib: 512,
    migrate: ["/usr/bin/python3", "migrate.py"],
    // One server runs the worker. If this server fails, another server starts it.
    workers: { mails: { command: ["/usr/bin/python3", "mails.py"], on: "one" } },
    // Runs every night at 02:30 UTC, on one server.
    schedules: { cleanup: { command: ["/usr/bin/python3", "cleanup.py"], at: "02:30", repeatable: true } },
    healthPath: "/healthz",
    readyPath: "/readyz",
    pagePath: "/",
    statusPath: "/api/status",
    // The write limits of nginx and Cloudflare count requests to these paths.
    writePaths: ["/api/", "/orders"],
    // Set the value in TF_VAR_app_secret_payment_key. The application reads it from the file in PAYMENT_KEY_FILE.
    secrets: { PAYMENT_KEY: { maxBytes: 64 } },
    // The application may connect to this network of a payment provider.
    egress: [{ cidr: "198.51.100.0/24", ports: [443] }],
    staticFolder: "static",
    // The lab writes with this request, and then looks for the text in the column.
    visitor: { path: "/api/orders", body: '{"article":"tea","comment":"{text}"}', table: "orders", column: "comment" },
  },

  // Servers
  location: "nbg1",
  serverType: "cpx22",
  servers: {
    alpha: { privateIp: "10.0.1.11" },
    bravo: { privateIp: "10.0.1.12", location: "fsn1" },
    charlie: { privateIp: "10.0.1.13", location: "hel1", roles: ["database"] },
    // A server with only the role web has an address in the upper half of the subnet.
    delta: { privateIp: "10.0.1.134", roles: ["web"], type: "cx33" },
  },
  backups: true,
  protect: true,

  // Who can log in
  administrators: {
    cidrs: ["203.0.113.0/24"],
    sshKeys: {
      jane: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPFZ/roqeaHsTrFUQhiC0SNDQn5N+Y9IuXxUOWlxf+U5 jane@foobar.com",
    },
  },

  // Database
  database: {
    // Create your own group name with `uuidgen`.
    groupName: "5f0c8a0e-6f0b-4f4e-9d57-2c1f7f3f9b10",
    series: "9.7",
    volumeSizeGb: 40,
    privileges: "read-write",
  },

  // Backup and restore
  backup: {
    endpoint: "https://fsn1.your-objectstorage.com",
    region: "fsn1",
    bucket: "foobar-archive",
    // Public keys, as printed by `age-keygen`. Keep the private keys outside the servers.
    recipients: [
      "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p",
      "age1lggyhqrw2nlhcxprm67z43rta597azn8gknawjehu9d9dl0jq3yqqvfafg",
    ],
    baseHours: 12,
    retentionDays: 30,
  },
  // To restore, use a new `database.groupName`, and the old group name as `timeline`:
  // restore: { timeline: "0b1c2d3e-4f50-4a61-8b72-9c83ad94be05", at: "2026-12-01T20:00:00Z" },

  // Network, balancer and TLS
  tls: "passthrough",
  network: { cidr: "10.0.0.0/16", subnet: "10.0.1.0/24", balancerIp: "10.0.1.5" },
  loadBalancer: {
    type: "lb11",
    algorithm: "least_connections",
    healthCheck: { intervalSeconds: 5, timeoutSeconds: 2, retries: 2 },
    // A second load balancer, so that any location may fail.
    second: { location: "fsn1", privateIp: "10.0.1.6" },
  },

  // Certificate and Cloudflare
  certificate: { validityDays: 90, keyType: "ecdsa" },
  cloudflare: {
    minimumTlsVersion: "1.3",
    hsts: { maxAgeSeconds: 31_536_000, includeSubdomains: true, preload: false },
    firewall: { expression: 'http.request.uri.path contains "/wp-admin"', action: "managed_challenge" },
    rateLimit: { requestsPer10Seconds: 20 },
  },

  // Visitor limits
  visitors: { writesPerMinute: 30 },

  // Monitoring
  monitoring: {
    site: "datadoghq.eu",
    receivers: { urgent: ["@pagerduty-foobar"], notUrgent: ["@slack-foobar-operations"] },
    runbookUrl: "https://github.com/foobar/infrastructure/blob/main/docs/runbook.md",
    monitors: {
      "cpu-busy": { critical: 10, warning: 20, reason: "The nightly cleanup needs most of the processor." },
      "drift-unchecked": { enabled: false, reason: "No pipeline runs the drift check." },
    },
    serviceLevels: { availabilityPercent: 99.5, latencySeconds: 1 },
    synthetics: { locations: ["aws:eu-central-1"], intervalSeconds: 600 },
    downtimes: {
      move: { reason: "Move to another data center.", start: "2026-12-24T01:00:00Z", end: "2026-12-24T03:00:00Z" },
    },
  },

  // Secrets
  generations: { databasePasswords: 2 },

  // Where packages come from
  aptSources: {
    mysql: { url: "https://mirror.foobar.com/mysql" },
    datadog: {
      url: "https://mirror.foobar.com/datadog",
      publishedKey: {
        url: "https://keys.datadoghq.com/DATADOG_APT_KEY_CURRENT.public",
        fingerprints: ["5F1E256061D813B125E156E8E6266D4AC0962C7D"],
        ends: "2028-06-29",
      },
    },
  },

  // Terraform's state
  backend: {
    type: "s3",
    endpoint: "https://fsn1.your-objectstorage.com",
    region: "fsn1",
    bucket: "foobar-state",
    // Needs OpenTofu. Omit this line with Terraform.
    encryption: {},
  },
});
