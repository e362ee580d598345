import { describe, expect, it } from "vitest";
import { exampleMove, exampleSshKey } from "../../support/config.js";
import { linesOf, type Mistake } from "./mistake.js";

const digest = "0".repeat(63);
const nextKey = { url: "https://repo.mysql.com/next", fingerprints: ["A".repeat(40)], ends: "2029-10-23" };
const moved = exampleMove;
const { formerly } = moved.loadBalancer;
const visitor = { path: "/orders", body: '{"what":"{text}"}', table: "orders", column: "what" };
const webOnly = { roles: ["web"] };
/** Ten networks, with so many ports each. */
const peers = (count: number) =>
  Array.from({ length: 10 }, (_, network) => ({
    cidr: `198.51.100.${network}/32`,
    ports: Array.from({ length: count }, (_, port) => 9000 + 10 * network + port),
  }));
const manyServers = (count: number, server: object = webOnly, first = 130) =>
  Object.fromEntries(
    Array.from({ length: count }, (_, index) => [`web-${index}`, { privateIp: `10.0.1.${index + first}`, ...server }]),
  );

const mistakes: Readonly<Record<string, readonly (readonly [mistake: Mistake, line: string])[]>> = {
  "unknown settings": [
    [{ serverTyp: "cx33" }, 'serverTyp: is not a known setting, got "cx33"; did you mean serverType?'],
    [
      { servers: { bravo: { rolls: ["web"] } } },
      'servers.bravo.rolls: is not a known setting, got ["web"]; did you mean roles?',
    ],
    [
      { loadBalancer: { healthCheck: { interval: 5 } } },
      "loadBalancer.healthCheck.interval: is not a known setting, got 5; choose one of intervalSeconds, timeoutSeconds, retries",
    ],
    [
      {
        backend: {
          type: "s3",
          bucket: "foobar-state",
          endpoint: "https://fsn1.your-objectstorage.com",
          region: "fsn1",
        },
      },
      "backend.acceptLocalState: is not a known setting, got true; choose one of type, encryption, bucket, endpoint, region, prefix",
    ],
  ],
  "unknown settings in a list": [
    [
      { application: { egress: [{ cidr: "198.51.100.7/32", ports: [443], port: 80 }] } },
      "application.egress[0].port: is not a known setting, got 80; did you mean ports?",
    ],
  ],
  "missing and mistyped settings": [
    [{ domain: undefined }, "domain: is required, got nothing; add it: a text in quotes"],
    [{ application: undefined }, "application: is required, got nothing; add it: an object { … }"],
    [
      { servers: { bravo: { privateIp: undefined } } },
      "servers.bravo.privateIp: is required, got nothing; add it: a text in quotes",
    ],
    [{ database: { groupName: undefined } }, "database.groupName: is required, got nothing; add it: a text in quotes"],
    [{ backups: "yes" }, 'backups: must be true or false, got "yes"; write true or false'],
    [{ database: { volumeSizeGb: "20" } }, 'database.volumeSizeGb: must be a number, got "20"; write a number'],
    [
      { administrators: { cidrs: "198.51.100.7/32" } },
      'administrators.cidrs: must be a list [ … ], got "198.51.100.7/32"; write a list [ … ]',
    ],
    [
      { backend: undefined, tls: "terminat" },
      'tls: must be one of "terminate", "passthrough", got "terminat"; did you mean terminate?',
    ],
    [{ backend: { type: "s4" } }, 'backend.type: must be a known type, got "s4"; choose one of "local", "s3"'],
    [{ servers: { bravo: { roles: [] } } }, "servers.bravo.roles: must have at least 1 entry, got []; add one"],
  ],
  "domain and zone": [
    [
      { domain: "www.foobar.com" },
      'domain: must be the registered domain, without www, got "www.foobar.com"; write it as "foobar.com"',
    ],
    [{ domain: "FooBar.com" }, 'domain: must be lower case, got "FooBar.com"; write it as "foobar.com"'],
    [
      { domain: "https://foobar.com" },
      'domain: must be a domain name, got "https://foobar.com"; write it as "foobar.com", without scheme, path and final dot',
    ],
    [
      { domain: `${"a".repeat(61)}.com` },
      `domain: must have at most 64 characters, got "${"a".repeat(61)}.com"; a certificate takes no longer name: use a shorter one`,
    ],
    [
      { domain: "foobar" },
      'domain: must be a domain name, got "foobar"; write it as "foobar.com", without scheme, path and final dot',
    ],
    [
      { cloudflare: { zoneName: "example.com" } },
      'cloudflare.zoneName: must be the zone that holds domain (foobar.com), got "example.com"; write "foobar.com" or a parent of it, or leave it out',
    ],
    [
      { ...moved, certificate: {} },
      "certificate.generation: must be raised by one with another domain, for a certificate that has its names too, got 1; write 2",
    ],
    [
      { ...moved, domain: "shop.foobar.com", cloudflare: { number: 2, zoneName: "foobar.com" } },
      'loadBalancer.formerly.domain: must lie in another zone than domain (shop.foobar.com), for a zone holds one set of rules, got "foobar.com"; leave loadBalancer.formerly out, and change it by hand: docs/changes.md, "Within one zone"',
    ],
    [
      { ...moved, loadBalancer: { number: 2, formerly: { ...formerly, zoneName: "example.org" } } },
      'loadBalancer.formerly.zoneName: must be the zone that holds loadBalancer.formerly.domain (foobar.com), got "example.org"; write "foobar.com" or a parent of it, or leave it out',
    ],
    [
      {
        ...moved,
        domain: "foobar.com",
        loadBalancer: { number: 2, formerly: { ...formerly, zoneName: "foobar.com" } },
      },
      'loadBalancer.formerly.zoneName: must go with another loadBalancer.formerly.domain than domain, got "foobar.com"; leave it out',
    ],
    [
      { ...moved, loadBalancer: { number: 2, formerly: { ...formerly, domain: "www.foobar.com" } } },
      'loadBalancer.formerly.domain: must be the registered domain, without www, got "www.foobar.com"; write it as "foobar.com"',
    ],
    [{ cloudflare: { number: 3 } }, "cloudflare.number: must be one of 1, 2, got 3; choose one of them"],
    [
      { cloudflare: { hsts: { preload: true, maxAgeSeconds: 300 } } },
      'cloudflare.hsts.preload: must go with includeSubdomains and maxAgeSeconds of at least 31536000, got {"maxAgeSeconds":300,"includeSubdomains":true,"preload":true}; raise maxAgeSeconds and include subdomains, or set preload to false',
    ],
  ],
  "apt's sources": [
    [
      { aptSources: { mysql: { url: "ftp://mirror.foobar.com/mysql" } } },
      'aptSources.mysql.url: must be an http or https URL, got "ftp://mirror.foobar.com/mysql"; write it as "https://mirror.foobar.com/path"',
    ],
    [
      { aptSources: { mysql: { url: "http://10.0.1.20/mysql" } } },
      'aptSources.mysql.url: must be on the internet: servers fetch nothing over the private network, got "http://10.0.1.20/mysql"; name a public host',
    ],
    [
      { aptSources: { datadog: { url: "http://[fd00::1]/datadog" } } },
      'aptSources.datadog.url: must be on the internet: servers fetch nothing over the private network, got "http://[fd00::1]/datadog"; name a public host',
    ],
  ],
  "the release": [
    [
      { application: { url: "http://releases.foobar.com/app.tar.gz" } },
      'application.url: must be an https URL, got "http://releases.foobar.com/app.tar.gz"; write it as https://releases.foobar.com/app.tar.gz',
    ],
    [
      { application: { url: "app.tar.gz" } },
      'application.url: must be a URL, got "app.tar.gz"; write it as https://host/path',
    ],
    [
      { application: { url: "https://me:secret@releases.foobar.com/app.tar.gz" } },
      'application.url: must hold no user name or password, got "https://…@releases.foobar.com/app.tar.gz"; let it be read without: it stands in plain files',
    ],
    [
      { application: { url: "https://releases.foobar.com:8443/app.tar.gz" } },
      'application.url: must name no port: servers reach the usual one only, got "https://releases.foobar.com:8443/app.tar.gz"; have it served on the usual port',
    ],
    [
      { application: { url: "https://10.0.1.99/app.tar.gz" } },
      'application.url: must be on the internet: servers fetch nothing over the private network, got "https://10.0.1.99/app.tar.gz"; name a public host',
    ],
    [
      { application: { sha256: digest } },
      `application.sha256: must be 64 lower-case hexadecimal digits, got "${digest}"; take the SHA-256 that the build prints`,
    ],
  ],
  "the application": [
    [{ application: { command: [] } }, "application.command: must have at least 1 entry, got []; add one"],
    [
      { application: { command: "/usr/bin/node server.js" } },
      'application.command: must be a list [ … ], got "/usr/bin/node server.js"; write a list [ … ]',
    ],
    [
      { application: { command: ["node", "server.js"] } },
      'application.command[0]: must begin with an absolute path, or with ./ for a file of the release, got "node"; write "/usr/bin/node", or "./node" for a file of the release',
    ],
    [
      { application: { command: ["/usr/bin/node server.js"] } },
      'application.command[0]: must begin with an absolute path, or with ./ for a file of the release, got "/usr/bin/node server.js"; write each word as a text of its own: ["/usr/bin/node","server.js"]',
    ],
    [
      { application: { command: ["./../../bin/sh"] } },
      'application.command[0]: must begin with an absolute path, or with ./ for a file of the release, got "./../../bin/sh"; write it as "/usr/bin/node" or "./bin/server"',
    ],
    [
      { application: { command: ["/usr/bin/node", "a\nb"] } },
      'application.command[1]: must be one word of at most 500 characters in one line, got "a\\nb"; write each argument as a text of its own',
    ],
    [
      { application: { packages: ["python3 flask"] } },
      'application.packages[0]: must be the name of one Debian package, got "python3 flask"; write it as "python3-flask", each package as a text of its own',
    ],
    [
      { application: { packages: ["nginx-"] } },
      'application.packages[0]: must be the name of one Debian package, got "nginx-"; write it as "python3-flask", each package as a text of its own',
    ],
    [
      { application: { packages: ["nodejs", "nodejs"] } },
      'application.packages[1]: must be listed once, got "nodejs"; remove it',
    ],
    [
      { application: { environment: { greeting: "hello" } } },
      'application.environment.greeting: must be a name of at most 63 capital letters, digits and underscores, beginning with a letter, got "greeting"; write it as "GREETING"',
    ],
    [
      { application: { environment: { DATABASE_NAME: "shop" } } },
      'application.environment.DATABASE_NAME: must be no variable that the platform sets, got "DATABASE_NAME"; choose another name',
    ],
    [
      { application: { environment: { LD_PRELOAD: "/tmp/x.so" } } },
      'application.environment.LD_PRELOAD: must be no variable that the platform sets, got "LD_PRELOAD"; choose another name',
    ],
    [
      { application: { environment: { LIMIT: 5 } } },
      "application.environment.LIMIT: must be a text in quotes, got 5; write a text in quotes",
    ],
    [
      { application: { environment: { QUEUE: "amqp://me:secret@queue.foobar.com" } } },
      'application.environment.QUEUE: must hold no secret: it stands in plain files, got "amqp://…@queue.foobar.com"; make it one of application.secrets',
    ],
    [
      { application: { environment: { MOTTO: "one\ntwo" } } },
      'application.environment.MOTTO: must be one line of at most 1000 characters, got "one\\ntwo"; ship longer texts in the release',
    ],
    [
      { application: { healthPath: "healthz" } },
      'application.healthPath: must be a path of at most 100 letters, digits and ._~- between slashes, without a slash at its end, got "healthz"; write it as "/healthz"',
    ],
    [
      { application: { healthPath: "/" } },
      'application.healthPath: must be a path of at most 100 letters, digits and ._~- between slashes, without a slash at its end, got "/"; write it as "/healthz"',
    ],
    [
      { application: { healthPath: "/a/../b" } },
      'application.healthPath: must be a path of at most 100 letters, digits and ._~- between slashes, without a slash at its end, got "/a/../b"; write it as "/healthz"',
    ],
    [
      { application: { readyPath: "/healthz" } },
      'application.readyPath: must be another path than application.healthPath: a database that is away must not take all servers out, got "/healthz"; have the application answer the two by themselves',
    ],
    [
      { application: { pagePath: "/readyz" } },
      'application.pagePath: must be neither application.healthPath nor application.readyPath, which visitors cannot ask for, got "/readyz"; choose a path that visitors may see',
    ],
    [
      { application: { statusPath: "/readyz" } },
      'application.statusPath: must be neither application.healthPath nor application.readyPath, which visitors cannot ask for, got "/readyz"; choose a path that visitors may see, or leave it out',
    ],
    [
      { application: { statusPath: "/" } },
      'application.statusPath: must be a path of at most 100 letters, digits and ._~- between slashes, without a slash at its end, got "/"; write it as "/healthz"',
    ],
    [
      { application: { pagePath: "/index.php" } },
      'application.pagePath: must be no path that only scanners ask for (….php, /wp-…), which Cloudflare stops, got "/index.php"; choose another path, or say in cloudflare.firewall.expression what is stopped instead',
    ],
    [
      { application: { writePaths: ["/wp-json/"] } },
      'application.writePaths[0]: must be no path that only scanners ask for (….php, /wp-…), which Cloudflare stops, got "/wp-json/"; choose another path, or say in cloudflare.firewall.expression what is stopped instead',
    ],
    [
      { application: { pagePath: "/api/status" } },
      'application.statusPath: must be another path than application.pagePath: one answers with JSON, the other with HTML, got "/api/status"; name the path of each, or leave statusPath out',
    ],
    [
      { application: { writePaths: ["/api/*"] } },
      'application.writePaths[0]: must be a path such as /login, or with a slash at its end all paths below it, got "/api/*"; write it as "/api/", without host, query and wildcards',
    ],
    [
      { application: { migrate: ["migrate.py"] } },
      'application.migrate[0]: must begin with an absolute path, or with ./ for a file of the release, got "migrate.py"; write "/usr/bin/migrate.py", or "./migrate.py" for a file of the release',
    ],
    [
      { application: { workers: { mail: { command: ["./mail"], on: "two" } } } },
      'application.workers.mail.on: must be one of "one", "all", got "two"; choose one of one, all',
    ],
    [
      { application: { workers: { "send mail": { command: ["./mail"] } } } },
      'application.workers.send mail: must be a name of at most 40 lower-case letters, digits and hyphens, beginning with a letter, got "send mail"; write it as "send-mail"',
    ],
    [
      { application: { workers: { mail: { command: ["./mail"], memoryMib: 2000 } } } },
      "application.memoryMib: must be, with that of workers and schedules, at most 2432 MiB, what the memory of alpha holds beside everything else, got 2768; lower it, or choose a larger server type",
    ],
    [
      { application: { schedules: { report: { command: ["./report"], at: "every night" } } } },
      'application.schedules.report.at: must be a calendar expression of systemd, of at most one time a minute, got "every night"; write it as "daily", "*-*-* 03:15:00" or "Mon..Fri 06:00 Europe/Berlin"; `systemd-analyze calendar` explains one',
    ],
    [
      { application: { schedules: { report: { command: ["./report"], at: "*:*:0/5" } } } },
      'application.schedules.report.at: must be a calendar expression of systemd, of at most one time a minute, got "*:*:0/5"; write it as "daily", "*-*-* 03:15:00" or "Mon..Fri 06:00 Europe/Berlin"; `systemd-analyze calendar` explains one',
    ],
    [
      { application: { schedules: { report: { command: ["./report"] } } } },
      "application.schedules.report.at: is required, got nothing; add it: a text in quotes",
    ],
    [
      { application: { schedules: { report: { command: [], at: "daily" } } } },
      "application.schedules.report.command: must have at least 1 entry, got []; add one",
    ],
    [
      { application: { schedules: { report: { command: ["./report"], at: "daily", repeatable: "yes" } } } },
      'application.schedules.report.repeatable: must be true or false, got "yes"; write true or false',
    ],
    [
      { application: { secrets: { PAYMENT_KEY: {} } } },
      "application.secrets.PAYMENT_KEY.maxBytes: is required, got nothing; add it: a number",
    ],
    [
      { application: { secrets: { PAYMENT_KEY: "s3cret" } } },
      'application.secrets.PAYMENT_KEY: must be an object { … }, got "…"; write an object { … }',
    ],
    [
      { application: { secrets: { PAYMENT_KEY: { maxBytes: 1e21 } } } },
      "application.secrets.PAYMENT_KEY.maxBytes: must be 4096 or less, got 1e+21; lower it to 4096",
    ],
    [
      { application: { secrets: { PAYMENT_KEY: { maxBytes: 40_000 } } } },
      "application.secrets.PAYMENT_KEY.maxBytes: must be 4096 or less, got 40000; lower it to 4096",
    ],
    [
      { application: { secrets: { "payment-key": { maxBytes: 64 } } } },
      'application.secrets.payment-key: must be a name of at most 63 capital letters, digits and underscores, beginning with a letter, got "payment-key"; write it as "PAYMENT_KEY"',
    ],
    [
      { application: { secrets: { DATABASE_PASSWORD: { maxBytes: 64 } } } },
      'application.secrets.DATABASE_PASSWORD: must be no variable that the platform sets, got "DATABASE_PASSWORD"; choose another name',
    ],
    [
      { application: { secrets: { PAYMENT_KEY: { maxBytes: 64, value: "x" } } } },
      'application.secrets.PAYMENT_KEY.value: is not a known setting, got "…"; choose one of maxBytes',
    ],
    [
      {
        application: { secrets: { PAYMENT_KEY: { maxBytes: 64 } }, environment: { PAYMENT_KEY_FILE: "/etc/key" } },
      },
      'application.environment.PAYMENT_KEY_FILE: must have another name: it tells where the secret PAYMENT_KEY is, got "/etc/key"; choose another name, or remove it',
    ],
    [
      { application: { egress: [{ cidr: "10.0.1.12/32", ports: [3306] }] } },
      'application.egress[0].cidr: must be a public network: 10.0.1.12/32 is none, and servers and their metadata are out of its reach, got "10.0.1.12/32"; name the peer\'s public addresses',
    ],
    [
      { application: { egress: [{ cidr: "169.254.169.254/32", ports: [80] }] } },
      'application.egress[0].cidr: must be a public network: 169.254.169.254/32 is none, and servers and their metadata are out of its reach, got "169.254.169.254/32"; name the peer\'s public addresses',
    ],
    [
      { application: { egress: [{ cidr: "172.0.0.0/8", ports: [443] }] } },
      'application.egress[0].cidr: must be a public network: 172.16.0.0/12 is none, and servers and their metadata are out of its reach, got "172.0.0.0/8"; name the peer\'s public addresses',
    ],
    [
      { application: { egress: [{ cidr: "128.0.0.0/1", ports: [443] }] } },
      'application.egress[0].cidr: must not be wider than /8, but for 0.0.0.0/0 and ::/0, got "128.0.0.0/1"; name the networks that are needed, or everything',
    ],
    [
      { application: { egress: [{ cidr: "198.51.100.7", ports: [443] }] } },
      'application.egress[0].cidr: must be in CIDR notation, got "198.51.100.7"; write it as 198.51.100.7/32',
    ],
    [
      { application: { egress: [{ cidr: "198.51.100.7/24", ports: [443] }] } },
      'application.egress[0].cidr: must have no bits set behind its prefix, in its shortest form, got "198.51.100.7/24"; write it as 198.51.100.0/24',
    ],
    [
      { application: { egress: [{ cidr: "api.payment.com", ports: [443] }] } },
      'application.egress[0].cidr: must be a network in CIDR notation, got "api.payment.com"; write it as 198.51.100.7/32 or 2001:db8:1::/48',
    ],
    [
      { application: { egress: [{ cidr: "198.51.100.7/32", ports: [53] }] } },
      "application.egress[0].ports[0]: must be no port of name servers, by which data could leave unseen, got 53; remove it: peers are known by address",
    ],
    [
      { application: { egress: [{ cidr: "198.51.100.7/32", ports: [443, 443] }] } },
      "application.egress[0].ports[1]: must be listed once, got 443; remove it",
    ],
    [
      {
        application: {
          egress: [
            { cidr: "198.51.100.7/32", ports: [443] },
            { cidr: "198.51.100.7/32", ports: [8443] },
          ],
        },
      },
      'application.egress[1].cidr: must be listed once, got "198.51.100.7/32"; put its ports into one list',
    ],
    [
      { application: { egress: peers(4) } },
      `application.egress: must name at most 30 ports in all, since Hetzner's firewall takes a rule for each, got ${JSON.stringify(peers(4)).slice(0, 80)}…; name fewer, or wider networks`,
    ],
    [
      { application: { egress: [{ cidr: "198.51.100.7/32", ports: [] }] } },
      "application.egress[0].ports: must have at least 1 entry, got []; add one",
    ],
    [
      { application: { staticFolder: "../files" } },
      'application.staticFolder: must be a folder: letters, digits, hyphens and underscores, with single dots and slashes between them, got "../files"; write it as "foobar/production"',
    ],
    [
      { application: { staticFolder: "public", healthPath: "/static/health" } },
      'application.healthPath: must not lie below /static/, where nginx serves application.staticFolder by itself, got "/static/health"; choose another path',
    ],
    [
      { application: { visitor: { ...visitor, path: "orders" } } },
      'application.visitor.path: must be a path of at most 100 letters, digits and ._~- between slashes, without a slash at its end, got "orders"; write it as "/healthz"',
    ],
    [
      { application: { visitor: { ...visitor, body: '{"what":"tea"}' } } },
      'application.visitor.body: must hold {text}, or a header must, so that each write is known again, got "{\\"what\\":\\"tea\\"}"; write {text} where the application takes a text that it keeps',
    ],
    [
      { application: { visitor: { ...visitor, headers: { "X-Key:": "{text}" } } } },
      'application.visitor.headers.X-Key:: must be the name of a header: at most 64 letters, digits and hyphens, got "X-Key:"; write it as "Idempotency-Key"',
    ],
    [
      { application: { visitor: { ...visitor, headers: { "Content-Length": "1" } } } },
      'application.visitor.headers.Content-Length: must be no header that every client sets by itself, got "Content-Length"; remove it',
    ],
    [
      { application: { visitor: { ...visitor, body: `{text}${"x".repeat(64 * 1024)}` } } },
      `application.visitor.body: must have at most 64 KiB, as every request, got "{text}${"x".repeat(73)}…; write a shorter one`,
    ],
    [
      { application: { visitor: { ...visitor, path: "/readyz" } } },
      'application.visitor.path: must be neither application.healthPath nor application.readyPath, which visitors cannot ask for, got "/readyz"; choose a path that visitors may see',
    ],
    [
      { application: { writePaths: ["/api/", "/login"], visitor } },
      'application.visitor.path: must be among application.writePaths (/api/, /login), got "/orders"; add it there',
    ],
    [
      { application: { writePaths: ["/static/upload"], staticFolder: "public" } },
      'application.writePaths[0]: must not lie below /static/, where nginx serves application.staticFolder by itself, got "/static/upload"; choose another path',
    ],
    [
      { application: { visitor: { ...visitor, method: "GET" } } },
      'application.visitor.method: must be one of "POST", "PUT", "PATCH", got "GET"; choose one of POST, PUT, PATCH',
    ],
    [
      { application: { visitor: { ...visitor, status: 404 } } },
      "application.visitor.status: must be 399 or less, got 404; lower it to 399",
    ],
    [
      { application: { visitor: { ...visitor, table: "app.orders" } } },
      'application.visitor.table: must be a name of at most 64 letters, digits and underscores, got "app.orders"; write the name alone, as "orders"',
    ],
    [{ application: { writePaths: [] } }, "application.writePaths: must have at least 1 entry, got []; add one"],
    [{ application: { memoryMib: 64 } }, "application.memoryMib: must be 128 or more, got 64; raise it to 128"],
    [
      { application: { memoryMib: 3000 } },
      "application.memoryMib: must be, with that of workers and schedules, at most 2432 MiB, what the memory of alpha holds beside everything else, got 3000; lower it, or choose a larger server type",
    ],
    [
      { database: { privileges: "read_write" } },
      'database.privileges: must be one of "append", "read-write", "schema-owner", got "read_write"; did you mean read-write?',
    ],
  ],
  addresses: [
    [
      { servers: { bravo: { privateIp: "10.9.0.5" } } },
      'servers.bravo.privateIp: must lie inside network.databaseRange (10.0.1.8/29), because of its role database, got "10.9.0.5"; choose a free address such as 10.0.1.8',
    ],
    [
      { servers: { bravo: { privateIp: "10.0.1.11" } } },
      'servers.bravo.privateIp: must not be the address of servers.alpha.privateIp, got "10.0.1.11"; choose a free address such as 10.0.1.8',
    ],
    [
      { servers: { bravo: { privateIp: "10.0.1.5" } } },
      'servers.bravo.privateIp: must lie inside network.databaseRange (10.0.1.8/29), because of its role database, got "10.0.1.5"; choose a free address such as 10.0.1.8',
    ],
    [
      { servers: { bravo: { privateIp: "10.0.1.1" } } },
      'servers.bravo.privateIp: must not be Hetzner\'s gateway, got "10.0.1.1"; choose a free address such as 10.0.1.8',
    ],
    [
      { servers: { bravo: { privateIp: "10.0.1.0" } } },
      'servers.bravo.privateIp: must not be the network address, got "10.0.1.0"; choose a free address such as 10.0.1.8',
    ],
    [
      { servers: { bravo: { privateIp: "10.0.1.255" } } },
      'servers.bravo.privateIp: must not be the broadcast address, got "10.0.1.255"; choose a free address such as 10.0.1.8',
    ],
    [
      { servers: { bravo: { privateIp: "172.31.1.1" } } },
      'servers.bravo.privateIp: must not be Hetzner\'s public gateway, got "172.31.1.1"; choose a free address such as 10.0.1.8',
    ],
    [
      { servers: { bravo: { privateIp: "10.0.1.300" } } },
      'servers.bravo.privateIp: must be an IPv4 address, got "10.0.1.300"; write it as 10.0.1.11',
    ],
    [
      { network: { balancerIp: "10.0.2.5" } },
      'network.balancerIp: must lie inside network.subnet (10.0.1.0/24), outside databaseRange and webRange, got "10.0.2.5"; choose a free address such as 10.0.1.2',
    ],
    [
      { network: { balancerIp: "10.0.1.9" } },
      'network.balancerIp: must lie inside network.subnet (10.0.1.0/24), outside databaseRange and webRange, got "10.0.1.9"; choose a free address such as 10.0.1.2',
    ],
    [
      { tls: "passthrough", loadBalancer: { number: 2, formerly: { tls: "terminate", balancerIp: "10.0.1.5" } } },
      'network.balancerIp: must not be the address of loadBalancer.formerly.balancerIp, got "10.0.1.5"; choose a free address such as 10.0.1.2',
    ],
    [
      { loadBalancer: { number: 2, formerly: { tls: "terminate", balancerIp: "10.0.1.9" } } },
      'loadBalancer.formerly.balancerIp: must lie inside network.subnet (10.0.1.0/24), outside databaseRange and webRange, got "10.0.1.9"; choose a free address such as 10.0.1.2',
    ],
    [
      { servers: { delta: { privateIp: "10.0.1.14", roles: ["web"] } } },
      'servers.delta.privateIp: must lie inside network.webRange (10.0.1.128/25), because its only role is web, got "10.0.1.14"; choose a free address such as 10.0.1.128',
    ],
    [
      {
        network: { webRange: "10.0.1.16/30" },
        servers: { ...manyServers(4, webOnly, 16), delta: { privateIp: "10.0.1.20", ...webOnly } },
      },
      'servers.delta.privateIp: must lie inside network.webRange (10.0.1.16/30), because its only role is web, got "10.0.1.20"; widen the range: it has no free address',
    ],
  ],
  networks: [
    [
      {
        network: {
          cidr: "10.0.1.0/24",
          subnet: "10.0.0.0/16",
          databaseRange: "10.0.1.8/29",
          webRange: "10.0.1.128/25",
        },
      },
      'network.subnet: must lie inside network.cidr (10.0.1.0/24), got "10.0.0.0/16"; choose a part of 10.0.1.0/24, or widen network.cidr',
    ],
    [
      { network: { webRange: "10.0.2.128/25" } },
      'network.webRange: must lie inside network.subnet (10.0.1.0/24), got "10.0.2.128/25"; choose a part of 10.0.1.0/24, or leave it out for 10.0.1.128/25',
    ],
    [
      { network: { databaseRange: "10.0.1.0/24" } },
      'network.databaseRange: must have a prefix from /28 to /29, got "10.0.1.0/24"; write it as 10.0.1.0/28',
    ],
    [
      { network: { webRange: "10.0.1.8/30" } },
      'network.webRange: must share no address with network.databaseRange (10.0.1.8/29), so that a web server never passes for a database member, got "10.0.1.8/30"; move one of the two',
    ],
    [
      { network: { subnet: "10.0.1.0/28" } },
      'network.subnet: must have a prefix from /9 to /27, got "10.0.1.0/28"; write it as 10.0.1.0/24',
    ],
    [
      { network: { cidr: "10.2.0.0/16" } },
      'network.subnet: must lie inside network.cidr (10.2.0.0/16), got "10.0.1.0/24"; choose a part of 10.2.0.0/16, or widen network.cidr',
    ],
    [
      { network: { subnet: "10.0.1.7/24" } },
      'network.subnet: must have no bits set behind its prefix, got "10.0.1.7/24"; write it as 10.0.1.0/24',
    ],
    [
      { network: { cidr: "8.8.0.0/16" } },
      'network.cidr: must lie inside 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16, got "8.8.0.0/16"; choose one such as 10.0.0.0/16',
    ],
    [
      { network: { cidr: "10.0.1.0/25" } },
      'network.cidr: must have a prefix from /8 to /24, got "10.0.1.0/25"; write it as 10.0.1.0/16',
    ],
    [
      { network: { subnet: "10.0.1.0" } },
      'network.subnet: must be an IPv4 network in CIDR notation, got "10.0.1.0"; write it as 10.0.1.0/24',
    ],
    [
      { network: { zone: "us-east" } },
      'network.zone: must be the zone of location nbg1, got "us-east"; write "eu-central", or choose a location of us-east',
    ],
    [
      { network: { zone: "eu" } },
      'network.zone: must be a known network zone, got "eu"; choose one of eu-central, us-east, us-west, ap-southeast',
    ],
    [{ location: "nbg2" }, 'location: must be a known location, got "nbg2"; did you mean nbg1?'],
  ],
  "servers and their roles": [
    [
      { servers: { Delta: { privateIp: "10.0.1.134", roles: ["web"] } } },
      'servers.Delta: must be a host name of at most 40 lower-case letters, digits and hyphens, beginning with a letter, got "Delta"; write it as "alpha"',
    ],
    [
      { servers: { "4": { privateIp: "10.0.1.134", roles: ["web"] } } },
      'servers.4: must be a host name of at most 40 lower-case letters, digits and hyphens, beginning with a letter, got "4"; write it as "alpha"',
    ],
    ...["authority", "backend", "constructor", "hcloud", "localhost", "network", "service-443"].map(
      (name) =>
        [
          { servers: { [name]: { privateIp: "10.0.1.134", roles: ["web"] } } },
          `servers.${name}: must be none of authority, backend, constructor, hcloud, localhost, network, service-443, which mean something else already, got "${name}"; choose another`,
        ] as const,
    ),
    [
      { servers: { delta: { privateIp: "10.0.1.14" } } },
      'servers: must hold an odd number of database members from 3 to 9, so that a majority always exists, got ["alpha","bravo","charlie","delta"]; give 5 servers the role database',
    ],
    [
      {
        servers: {
          bravo: { ...webOnly, privateIp: "10.0.1.130" },
          charlie: { ...webOnly, privateIp: "10.0.1.131" },
        },
      },
      'servers: must hold an odd number of database members from 3 to 9, so that a majority always exists, got ["alpha"]; give 3 servers the role database',
    ],
    [
      { servers: { alpha: { roles: ["database"] }, bravo: { roles: ["database"] }, charlie: { roles: ["database"] } } },
      'servers: must hold at least one server with the role web, got ["alpha","bravo","charlie"]; add web to the roles of a server',
    ],
    [
      { servers: manyServers(8) },
      "servers: must place at most 10 servers in placement group servers, got 11; give the newest servers a placementGroup of another name",
    ],
    [
      { servers: { alpha: { placementGroup: "Rack 1" } } },
      'servers.alpha.placementGroup: must be a name of at most 40 lower-case letters, digits and hyphens, beginning with a letter, got "Rack 1"; write it as "servers-2"',
    ],
    [
      { servers: { ...manyServers(10, { ...webOnly, placementGroup: "second" }), ...twoMoreGroups() } },
      'loadBalancer.type: must take 27 web servers as targets, this one takes 25, got "lb11"; choose lb21',
    ],
  ],
  "server types": [
    [{ serverType: "cx32" }, 'serverType: must be on sale: it is retired, got "cx32"; use its successor cx33'],
    [
      { serverType: "cax21" },
      'serverType: must be an x86 type: MySQL\'s apt repository has no arm64 packages for Debian, got "cax21"; choose a cx, cpx or ccx type',
    ],
    [
      { servers: { alpha: { type: "cx34" } } },
      'servers.alpha.type: must be a known server type, got "cx34"; did you mean cx33?',
    ],
    [
      { serverType: "cpx31" },
      'serverType: must be offered in nbg1, got "cpx31"; choose one of cx23, cx33, cx43, cpx22, cx53, cpx32, ccx13, cpx42, ccx23, cpx52, cpx62, ccx33, ccx43, ccx53, ccx63, or another location',
    ],
    [
      { servers: { bravo: { type: "cpx12" } } },
      'servers.bravo.type: must have at least 4 GiB of memory for the roles of bravo (web, database), got "cpx12"; choose one of cx23, cx33, cx43, cpx22, cx53, cpx32, ccx13, cpx42, ccx23, cpx52, cpx62, ccx33, ccx43, ccx53, ccx63',
    ],
    [
      { loadBalancer: { type: "lb12" } },
      'loadBalancer.type: must be a known load balancer type, got "lb12"; did you mean lb11?',
    ],
  ],
  database: [
    [{ database: { volumeSizeGb: 5 } }, "database.volumeSizeGb: must be 10 or more, got 5; raise it to 10"],
    [
      { database: { volumeSizeGb: 20_000 } },
      "database.volumeSizeGb: must be 10240 or less, got 20000; lower it to 10240",
    ],
    [
      { database: { groupName: "group-1" } },
      'database.groupName: must be a UUID, got "group-1"; make one with `uuidgen`',
    ],
    [
      { database: { groupName: "00000000-0000-0000-0000-000000000000" } },
      'database.groupName: must be a UUID of its own, got "00000000-0000-0000-0000-000000000000"; make one with `uuidgen`',
    ],
    [
      { database: { groupName: "5F0C8A0E-6f0b-4f4e-9d57-2c1f7f3f9b10" } },
      'database.groupName: must be in lower case, got "5F0C8A0E-6f0b-4f4e-9d57-2c1f7f3f9b10"; write it as 5f0c8a0e-6f0b-4f4e-9d57-2c1f7f3f9b10',
    ],
    [{ database: { series: "8.0" } }, 'database.series: must be one of "8.4", "9.7", got "8.0"; did you mean 8.4?'],
    [
      { database: { bufferPoolMib: 6000 } },
      "database.bufferPoolMib: must be at most 1408 MiB, what the memory of alpha holds beside everything else, got 6000; lower it, choose a larger server type, or leave it out",
    ],
  ],
  "certificate and health check": [
    [
      { certificate: { validityDays: 180 } },
      "certificate.validityDays: must be one of 7, 30, 90, 365, 730, 1095, 5475, got 180; choose one of them",
    ],
    [{ certificate: { generation: 0 } }, "certificate.generation: must be 1 or more, got 0; raise it to 1"],
    [
      { loadBalancer: { healthCheck: { timeoutSeconds: 5, intervalSeconds: 5 } } },
      "loadBalancer.healthCheck.timeoutSeconds: must be less than intervalSeconds (5), got 5; lower it to 4, or raise the interval",
    ],
    [
      { loadBalancer: { healthCheck: { retries: 9 } } },
      "loadBalancer.healthCheck.retries: must be 5 or less, got 9; lower it to 5",
    ],
  ],
  administrators: [
    [
      { administrators: { cidrs: ["0.0.0.0/0"] } },
      'administrators.cidrs[0]: must not be wider than /16, got "0.0.0.0/0"; name the administrators\' own addresses, never the world',
    ],
    [
      { administrators: { cidrs: ["198.51.100.7/32", "::/0"], sshKeys: { jane: exampleSshKey } } },
      'administrators.cidrs[1]: must not be wider than /32, got "::/0"; name the administrators\' own addresses, never the world',
    ],
    [
      { administrators: { cidrs: ["198.51.100.9/24"] } },
      'administrators.cidrs[0]: must have no bits set behind its prefix, in its shortest form, got "198.51.100.9/24"; write it as 198.51.100.0/24',
    ],
    [
      { administrators: { cidrs: ["198.51.100.9"] } },
      'administrators.cidrs[0]: must be in CIDR notation, got "198.51.100.9"; write it as 198.51.100.9/32',
    ],
    [
      { administrators: { cidrs: ["office"] } },
      'administrators.cidrs[0]: must be a network in CIDR notation, got "office"; write it as 198.51.100.7/32 or 2001:db8:1::/48',
    ],
    [
      { administrators: { cidrs: ["198.51.100.7/32"] } },
      "administrators.sshKeys: must hold a key when administrators.cidrs opens SSH, got {}; add a public key, or empty administrators.cidrs",
    ],
    [
      { administrators: { cidrs: ["198.51.100.7/32", "198.51.100.7/32"], sshKeys: { jane: exampleSshKey } } },
      'administrators.cidrs[1]: must be listed once, got "198.51.100.7/32"; remove it',
    ],
    [
      { administrators: { sshKeys: { jane: exampleSshKey, work: `${exampleSshKey} work` } } },
      `administrators.sshKeys.work: must be another key than that of jane, got "${exampleSshKey.slice(0, 79)}…; remove one of the two`,
    ],
    [
      { administrators: { sshKeys: { jane: "ssh-ed25519 AAAA jane" } } },
      'administrators.sshKeys.jane: must be an OpenSSH public key, got "ssh-ed25519 AAAA jane"; paste one whole line, as in ~/.ssh/id_ed25519.pub',
    ],
    [
      { administrators: { sshKeys: { jane: `${exampleSshKey} ${"x".repeat(5000)}` } } },
      `administrators.sshKeys.jane: must have at most 4096 characters, got "${exampleSshKey.slice(0, 79)}…; shorten the comment behind the key`,
    ],
    [
      { administrators: { sshKeys: { jane: "-----BEGIN OPENSSH PRIVATE KEY-----" } } },
      "administrators.sshKeys.jane: must be a public key, this is a private one, got a private key; replace that key pair, and paste the .pub file of the new one",
    ],
    ...["jane doe", "jane@foobar.com", "a.b"].map(
      (name) =>
        [
          { administrators: { sshKeys: { [name]: exampleSshKey } } },
          `administrators.sshKeys.${name}: must be a name of at most 63 letters, digits, hyphens and underscores, got "${name}"; write it as "jane"`,
        ] as const,
    ),
  ],
  "apt sources": [
    [
      { aptSources: { mysql: { keyFile: "/nowhere/key.asc" } } },
      'aptSources.mysql.keyFile: must name a file that can be read, got "/nowhere/key.asc"; write its absolute path, or one from the project\'s folder',
    ],
    [
      { aptSources: { datadog: { keyFile: "package.json" } } },
      'aptSources.datadog.keyFile: must name a file with one armored public key, got "package.json"; write what `gpg --armor --export KEY` prints into it',
    ],
    [
      { aptSources: { datadog: { keyfile: "package.json" } } },
      'aptSources.datadog.keyfile: is not a known setting, got "package.json"; did you mean keyFile?',
    ],
    [
      { aptSources: { mysql: { publishedKey: { ...nextKey, fingerprints: ["bca4 3417"] } } } },
      'aptSources.mysql.publishedKey.fingerprints[0]: must be 40 upper-case hexadecimal digits, got "bca4 3417"; take what `gpg --show-keys` prints, without spaces',
    ],
    [
      { aptSources: { mysql: { publishedKey: { ...nextKey, fingerprints: [] } } } },
      "aptSources.mysql.publishedKey.fingerprints: must have at least 1 entry, got []; add one",
    ],
    [
      { aptSources: { datadog: { publishedKey: { ...nextKey, ends: "2029-02-30" } } } },
      'aptSources.datadog.publishedKey.ends: must be a day that there is, got "2029-02-30"; write it as 2029-03-02',
    ],
    [
      { aptSources: { datadog: { publishedKey: { ...nextKey, ends: "soon" } } } },
      'aptSources.datadog.publishedKey.ends: must be a day, got "soon"; write it as 2027-10-23',
    ],
    [
      { aptSources: { datadog: { publishedKey: { ...nextKey, url: "http://keys.foobar.com/key" } } } },
      'aptSources.datadog.publishedKey.url: must be an https URL, got "http://keys.foobar.com/key"; write it as https://keys.foobar.com/key',
    ],
  ],
  "monitoring and state": [
    [
      { monitoring: { monitors: { "cpu-busy": { reason: "builds run at night", critical: 1e-7 } } } },
      "monitoring.monitors.cpu-busy.critical: must be a number of a usual size, got 1e-7; write one that needs no exponent",
    ],
    [
      { cloudflare: { rateLimit: { requestsPer10Seconds: 1e21 } } },
      "cloudflare.rateLimit.requestsPer10Seconds: must be 1000000 or less, got 1e+21; lower it to 1000000",
    ],
    [
      { monitoring: { receivers: { urgent: [] } } },
      'monitoring.receivers.urgent: must name a receiver in production, got []; add a Datadog handle such as "@pagerduty-foobar", or set monitoring.enabled to false',
    ],
    [
      { monitoring: { receivers: { urgent: ["pagerduty-foobar"] } } },
      'monitoring.receivers.urgent[0]: must be a Datadog handle, got "pagerduty-foobar"; write it as "@pagerduty-foobar" or "@jane@foobar.com"',
    ],
    [
      { monitoring: { site: "eu" } },
      'monitoring.site: must be one of "datadoghq.com", "us3.datadoghq.com", "us5.datadoghq.com", "datadoghq.eu", "ap1.datadoghq.com", "ap2.datadoghq.com", "ddog-gov.com", got "eu"; choose one of datadoghq.com, us3.datadoghq.com, us5.datadoghq.com, datadoghq.eu, ap1.datadoghq.com, ap2.datadoghq.com, ddog-gov.com',
    ],
    [
      {
        backend: {
          acceptLocalState: undefined,
          type: "s3",
          bucket: "Foobar State",
          endpoint: "https://fsn1.your-objectstorage.com",
          region: "fsn1",
        },
      },
      'backend.bucket: must be a bucket name of 3 to 63 lower-case letters, digits and hyphens, got "Foobar State"; write it as "foobar-terraform-state"',
    ],
  ],
};

/** Fourteen web servers in two more placement groups, so that only the balancer's limit is reached. */
function twoMoreGroups(): Record<string, unknown> {
  return Object.fromEntries(
    Array.from({ length: 14 }, (_, index) => [
      `more-${index}`,
      { privateIp: `10.0.1.${index + 180}`, roles: ["web"], placementGroup: index < 7 ? "third" : "fourth" },
    ]),
  );
}

describe.each(Object.entries(mistakes))("%s", (_topic, cases) => {
  it.each(cases.map(([mistake, line]) => ({ mistake, line })))("$line", ({ mistake, line }) => {
    expect(linesOf(mistake)).toEqual([line]);
  });
});

it("a change of the domain is told everything that is wrong with it at once", () => {
  const wrong = {
    ...moved,
    domain: "shop.foobar.com",
    cloudflare: { zoneName: "foobar.com" },
    network: {},
    certificate: {},
  };
  expect(linesOf(wrong).map((line) => line.split(":")[0])).toEqual([
    "network.balancerIp",
    "loadBalancer.formerly.domain",
    "certificate.generation",
  ]);
  expect(linesOf(moved)).toEqual([]);
});
