import { refused } from "./refused.js";

const digest = "0".repeat(63);

refused("the release", [
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
    'application.url: must not contain a user name or password, got "https://…@releases.foobar.com/app.tar.gz"; allow access without a password, because this value is stored in plain text',
  ],
  [
    { application: { url: "https://releases.foobar.com:8443/app.tar.gz" } },
    'application.url: must not contain a port, because servers can connect only to the default port, got "https://releases.foobar.com:8443/app.tar.gz"; serve it on the default port',
  ],
  [
    { application: { url: "https://10.0.1.99/app.tar.gz" } },
    'application.url: must be on the internet, because servers download nothing over the private network, got "https://10.0.1.99/app.tar.gz"; write a public host',
  ],
  [
    { application: { url: undefined } },
    "application.url: is required unless application.storage is set, got nothing; set the public URL of the release, or application.storage for a private bucket",
  ],
  [
    { application: { storage: { endpoint: "https://s3.foobar.com", region: "home", bucket: "foobar-releases" } } },
    'application.url: must be omitted if application.storage is set: the bucket and sha256 determine the address, got "https://releases.foobar.com/release-1.0.0.tar.gz"; remove url, or remove storage if the release is public',
  ],
  [
    { application: { sha256: digest } },
    `application.sha256: must be 64 lower-case hexadecimal digits, got "${digest}"; copy the SHA-256 that the build prints`,
  ],
]);

refused("what the application runs", [
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
    'application.command[0]: must begin with an absolute path, or with ./ for a file of the release, got "/usr/bin/node server.js"; write each word as a separate text: ["/usr/bin/node","server.js"]',
  ],
  [
    { application: { command: ["./../../bin/sh"] } },
    'application.command[0]: must begin with an absolute path, or with ./ for a file of the release, got "./../../bin/sh"; write it as "/usr/bin/node" or "./bin/server"',
  ],
  [
    { application: { command: ["/usr/bin/node", "a\nb"] } },
    'application.command[1]: must be a text of at most 500 characters in one line, got "a\\nb"; write each argument as a separate text',
  ],
  [
    { application: { migrate: ["migrate.py"] } },
    'application.migrate[0]: must begin with an absolute path, or with ./ for a file of the release, got "migrate.py"; write "/usr/bin/migrate.py", or "./migrate.py" for a file of the release',
  ],
  [
    { application: { packages: ["python3 flask"] } },
    'application.packages[0]: must be the name of one Debian package, got "python3 flask"; write it as "python3-flask", each package as a separate text',
  ],
  [
    { application: { packages: ["nginx-"] } },
    'application.packages[0]: must be the name of one Debian package, got "nginx-"; write it as "python3-flask", each package as a separate text',
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
    'application.environment.DATABASE_NAME: must not be a variable that the platform sets, got "DATABASE_NAME"; choose another name',
  ],
  [
    { application: { environment: { LD_PRELOAD: "/tmp/x.so" } } },
    'application.environment.LD_PRELOAD: must not be a variable that the platform sets, got "LD_PRELOAD"; choose another name',
  ],
  [
    { application: { environment: { LIMIT: 5 } } },
    "application.environment.LIMIT: must be a text in quotes, got 5; write a text in quotes",
  ],
  [
    { application: { environment: { QUEUE: "amqp://me:secret@queue.foobar.com" } } },
    'application.environment.QUEUE: must not contain a secret, because the value is stored in plain text, got "amqp://…@queue.foobar.com"; move it to application.secrets',
  ],
  [
    { application: { environment: { MOTTO: "one\ntwo" } } },
    'application.environment.MOTTO: must be one line of at most 1000 characters, got "one\\ntwo"; put longer texts into a file of the release',
  ],
  [
    {
      application: { secrets: { PAYMENT_KEY: { maxBytes: 64 } }, environment: { PAYMENT_KEY_FILE: "/etc/key" } },
    },
    'application.environment.PAYMENT_KEY_FILE: must have another name, because this variable contains the path of the secret PAYMENT_KEY, got "/etc/key"; choose another name, or remove it',
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
    { application: { schedules: { report: { command: ["./report"], at: "every night" } } } },
    'application.schedules.report.at: must be a calendar expression of systemd with a run in the future, and with at most one run per minute, got "every night"; write it as "daily", "*-*-* 03:15:00" or "Mon..Fri 06:00 Europe/Berlin"; test it with `systemd-analyze calendar`',
  ],
  [
    { application: { schedules: { report: { command: ["./report"], at: "*:*:0/5" } } } },
    'application.schedules.report.at: must be a calendar expression of systemd with a run in the future, and with at most one run per minute, got "*:*:0/5"; write it as "daily", "*-*-* 03:15:00" or "Mon..Fri 06:00 Europe/Berlin"; test it with `systemd-analyze calendar`',
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
    { application: { workers: { mail: { command: ["./mail"], memoryMib: 2000 } } } },
    "application.memoryMib: must be, including workers and schedules, at most 2432 MiB, the memory that alpha has available, got 2768; lower it, or choose a larger server type",
  ],
  [{ application: { memoryMib: 64 } }, "application.memoryMib: must be 128 or more, got 64; raise it to 128"],
  [
    { application: { memoryMib: 3000 } },
    "application.memoryMib: must be, including workers and schedules, at most 2432 MiB, the memory that alpha has available, got 3000; lower it, or choose a larger server type",
  ],
]);
