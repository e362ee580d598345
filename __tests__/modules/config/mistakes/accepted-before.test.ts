import { expect, it } from "vitest";
import { exampleBackup } from "../../../support/config.js";
import { lineOf, linesOf, type Mistake } from "../mistake.js";
import { refused } from "./refused.js";

const server = { privateIp: "10.0.1.134", roles: ["web"] };

refused("names of servers", [
  ...["no", "yes", "on", "off", "null", "true", "y"].map(
    (name) =>
      [
        { servers: { [name]: server } },
        `servers.${name}: must not be a word that YAML reads as true, false or null, got "${name}"; write "server-${name}"`,
      ] as const,
  ),
]);

const elsewhere =
  "must be a program of a Debian package (/usr, /bin, /sbin or /opt), or begin with ./ for a file of the release";

refused("commands of the application", [
  ...["/home/app/run", "/tmp/run", "/var/tmp/run"].map(
    (path) =>
      [
        { application: { command: [path] } },
        `application.command[0]: ${elsewhere}, got "${path}"; write it as "/usr/bin/node" or "./bin/server"`,
      ] as const,
  ),
  [
    { application: { command: ["/opt/app/current/serve"] } },
    `application.command[0]: ${elsewhere}, got "/opt/app/current/serve"; write "./serve"`,
  ],
  [
    { application: { packages: [] } },
    'application.command: must belong to one of application.packages (none), got "/usr/bin/node"; add "nodejs" to application.packages',
  ],
  [
    { application: { workers: { mail: { command: ["/usr/bin/php8.4", "mail.php"] } } } },
    'application.workers.mail.command: must belong to one of application.packages (nodejs), got "/usr/bin/php8.4"; add "php-cli" to application.packages',
  ],
]);

refused("the application", [
  ...["www.foobar.com", "foobar.com"].map(
    (host) =>
      [
        { application: { url: `https://${host}/release.tar.gz` } },
        `application.url: must not be on the site's own host, because servers could not download the release after an outage of all servers, got "https://${host}/release.tar.gz"; upload the release to an object storage, or set application.storage`,
      ] as const,
  ),
  [
    { application: { writePaths: ["/api/", "/healthz"] } },
    'application.writePaths[1]: must differ from application.healthPath and application.readyPath, because visitors cannot request these paths, got "/healthz"; remove it',
  ],
  ...["ufw", "apache2", "mariadb-server", "systemd-timesyncd", "default-mysql-server"].map(
    (name) =>
      [
        { application: { packages: ["nodejs", name] } },
        `application.packages[1]: must not be a package that conflicts with the platform, got "${name}"; remove it, because the platform provides this function`,
      ] as const,
  ),
  ...["SMTP_PASS", "API_KEY", "MAIL_PASSWORD"].map(
    (name) =>
      [
        { application: { environment: { [name]: "correct horse" } } },
        `application.environment.${name}: must not contain a secret, because the value is stored in plain text, got "…"; make it application.secrets.${name}, or choose another name if it is not secret`,
      ] as const,
  ),
]);

it.each(["sk_live_abcdefghijklmnop", "ghp_abcdefghijklmnopqrstuvwxyz012345", "xoxb-1234567890-abc"])(
  "rejects the token %s in a plain variable",
  (value) => {
    expect(lineOf({ application: { environment: { PAYMENT: value } } })).toMatch(
      /^application\.environment\.PAYMENT: must not contain a secret/,
    );
  },
);

it.each<[string, Mistake]>([
  ["the path of a file with a secret", { application: { environment: { SMTP_PASS: "/run/credentials/smtp" } } }],
  ["an empty variable with the name of a secret", { application: { environment: { API_KEY: "" } } }],
  ["a program of a vendor's package below /opt", { application: { command: ["/opt/vendor/bin/serve"] } }],
  [
    "brackets inside the strings of an expression",
    {
      cloudflare: { firewall: { expression: 'http.request.uri.path contains "(" or http.host eq r#"")"#' } },
    },
  ],
  [
    "tests every hour from outside if visitors-gone is off",
    {
      monitoring: {
        synthetics: { intervalSeconds: 3600 },
        monitors: { "visitors-gone": { reason: "the site is internal", enabled: false } },
      },
    },
  ],
])("accepts %s", (_, input) => {
  expect(linesOf(input)).toEqual([]);
});

it.each(["(true", "true) or (true", 'http.host eq "a', "ip.src in {1.1.1.1"])(
  "rejects the expression %s, which could match every host of the zone",
  (expression) => {
    for (const name of ["firewall", "rateLimit"])
      expect(lineOf({ cloudflare: { [name]: { expression } } })).toMatch(
        new RegExp(`^cloudflare\\.${name}\\.expression: must have a matching counterpart for each bracket and quote`),
      );
  },
);

refused("monitoring", [
  [
    { monitoring: { synthetics: { intervalSeconds: 3600 } } },
    "monitoring.synthetics.intervalSeconds: must be at most 1500 if the monitor visitors-gone is enabled, because it alerts after 30 minutes without a request, got 3600; lower it to 1500, or disable monitoring.monitors.visitors-gone",
  ],
  [
    {
      monitoring: {
        downtimes: { move: { reason: "the office moves", start: "2026-12-01T00:00:00Z", end: "2036-12-01T00:00:00Z" } },
      },
    },
    'monitoring.downtimes.move.end: must be at most 90 days after its start (2026-12-01T00:00:00Z), got "2036-12-01T00:00:00Z"; shorten the downtime, or disable monitors in monitoring.monitors',
  ],
]);

refused("networks and storages", [
  [
    { application: { egress: [{ cidr: "198.0.0.0/8", ports: [443] }] } },
    'application.egress[0].cidr: must be a public network: 198.18.0.0/15 is not public, and the application must not reach servers or the metadata service, got "198.0.0.0/8"; list the peer\'s public addresses',
  ],
  [
    {
      acceptNoBackup: false,
      backup: { ...exampleBackup, endpoint: "https://s3.eu-central-1.amazonaws.com", region: "fsn1" },
    },
    'backup.region: must be the region of the endpoint (https://s3.eu-central-1.amazonaws.com), got "fsn1"; write "eu-central-1", or another endpoint',
  ],
  [
    {
      acceptNoBackup: false,
      backup: exampleBackup,
      restore: { timeline: "7d2f4c56-1f0e-4d0b-8a36-90d5a1c2e7b4", at: "1970-01-01T00:00:00Z" },
    },
    'restore.at: must not be before 2026-01-01T00:00:00Z, because no archive is older, got "1970-01-01T00:00:00Z"; correct the year, or write "latest"',
  ],
]);

it.each([
  ["0x08.8.8.8/32", "8.8.8.8/32"],
  ["010.51.100.7/32", "10.51.100.7/32"],
  ["::ffff:8.8.8.8/128", "8.8.8.8/32"],
])("suggests a correct notation: for %s it is %s", (cidr, suggested) => {
  expect(lineOf({ application: { egress: [{ cidr, ports: [443] }] } })).toMatch(
    new RegExp(`; write it as ${suggested.replaceAll(".", "\\.")}(, if|$)`),
  );
});

it("reports more than 1,000 settings of an environment as one problem", () => {
  const many = Object.fromEntries(Array.from({ length: 1001 }, (_, index) => [`setting${index}`, 1]));
  expect(linesOf(many)).toEqual([
    expect.stringMatching(
      /^default export: must have at most 1000 entries, got \d+; list only what is needed/,
    ) as string,
  ]);
});
