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
    { application: { url: undefined } },
    "application.url: is required unless application.storage is set, got nothing; write the public address of the release, or set application.storage for a private bucket",
  ],
  [
    { application: { storage: { endpoint: "https://s3.foobar.com", region: "home", bucket: "foobar-releases" } } },
    'application.url: must be omitted if application.storage is set: the bucket and sha256 determine the address, got "https://releases.foobar.com/release-1.0.0.tar.gz"; remove url, or remove storage if the release is public',
  ],
  [
    { application: { sha256: digest } },
    `application.sha256: must be 64 lower-case hexadecimal digits, got "${digest}"; take the SHA-256 that the build prints`,
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
    { application: { migrate: ["migrate.py"] } },
    'application.migrate[0]: must begin with an absolute path, or with ./ for a file of the release, got "migrate.py"; write "/usr/bin/migrate.py", or "./migrate.py" for a file of the release',
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
    {
      application: { secrets: { PAYMENT_KEY: { maxBytes: 64 } }, environment: { PAYMENT_KEY_FILE: "/etc/key" } },
    },
    'application.environment.PAYMENT_KEY_FILE: must have another name: it tells where the secret PAYMENT_KEY is, got "/etc/key"; choose another name, or remove it',
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
    { application: { workers: { mail: { command: ["./mail"], memoryMib: 2000 } } } },
    "application.memoryMib: must be, with that of workers and schedules, at most 2432 MiB, what the memory of alpha holds beside everything else, got 2768; lower it, or choose a larger server type",
  ],
  [{ application: { memoryMib: 64 } }, "application.memoryMib: must be 128 or more, got 64; raise it to 128"],
  [
    { application: { memoryMib: 3000 } },
    "application.memoryMib: must be, with that of workers and schedules, at most 2432 MiB, what the memory of alpha holds beside everything else, got 3000; lower it, or choose a larger server type",
  ],
]);
