import { describe, expect, it } from "vitest";
import { limits } from "../../../../../examples/guestbook/src/limits.js";
import { readSettings } from "../../../../../examples/guestbook/src/settings.js";
import { applicationPart } from "../../../../../modules/machine/parts/application/index.js";
import { mysqlTlsName } from "../../../../../modules/platform/names.js";
import type { EnvironmentInput } from "../../../../../modules/config/schema.js";
import { paths } from "../../../../../modules/platform/paths.js";
import { ports } from "../../../../../modules/platform/ports.js";
import { exampleBackup, exampleConfig, type Overrides } from "../../../../support/config.js";
import { contentOf, partOf } from "../../../../support/payload-files.js";
import { hasTool } from "../../../../support/tools.js";
import { judgeUnits } from "../../../../support/units.js";

const part = partOf(applicationPart);
const unit = (name: string): string => contentOf(part, `/etc/systemd/system/${name}`);

it("the application gets valid settings as environment variables, and secrets only as file names", () => {
  const lines = contentOf(part, "/etc/app/app.env").trim().split("\n");
  const variables = Object.fromEntries(lines.map((line) => line.split("=")) as [string, string][]);
  const files: string[] = [];
  const settings = readSettings(variables, (path) => `content ${files.push(path)}`);
  expect(settings).toMatchObject({
    listen: { host: "127.0.0.1", port: ports.application },
    siteDomain: "foobar.com",
    environment: "production",
    faultInjection: false,
    database: {
      write: { host: "127.0.0.1", port: ports.databaseWrite },
      read: { host: "127.0.0.1", port: ports.databaseRead },
      tlsName: mysqlTlsName,
      name: "app",
      user: "app",
    },
  });
  expect(files).toEqual([paths.application.databasePassword, paths.application.mysqlCa]);
});

describe("a custom application", () => {
  const own = partOf(
    applicationPart,
    exampleConfig({
      application: {
        command: ["./bin/serve", "--name", 'a "b" $HOME 100%h \\'],
        packages: ["python3-flask"],
        environment: { GREETING: 'say "hi" to $USER \\ `id`' },
        healthPath: "/live",
        readyPath: "/ready",
      },
    }),
  );

  it("the configured command of an application is started with unchanged arguments", () => {
    const service = contentOf(own, "/etc/systemd/system/app.service");
    expect(service).toContain(
      String.raw`ExecStart="/opt/app/current/bin/serve" "--name" "a \"b\" $$HOME 100%%h \\"` + "\n",
    );
    expect(service).toContain("\nExecPaths=/opt/app/current /usr/lib\n");
    expect(contentOf(own, "/etc/systemd/system/app-trial.service")).toContain(
      `"/usr/bin/env" "PORT=${ports.applicationTrial}" "/opt/app/trial/bin/serve"`,
    );
  });

  it("the configured packages, variables and health paths of an application are used", () => {
    expect(own.packages).toEqual(["python3-flask"]);
    expect(contentOf(own, "/etc/app/app.env")).toContain(String.raw`GREETING="say \"hi\" to \$USER \\ \`id\`"` + "\n");
    expect(contentOf(own, "/etc/app/deploy.env")).toContain("\nHEALTH_PATH=/live\nREADY_PATH=/ready\n");
  });
});

describe("networks and secrets of an application", () => {
  const own = partOf(
    applicationPart,
    exampleConfig({
      application: {
        secrets: { PAYMENT_KEY: { maxBytes: 64 } },
        egress: [
          { cidr: "198.51.100.0/28", ports: [443] },
          { cidr: "2001:db8:1::/48", ports: [443] },
        ],
      },
    }),
  );

  it("a custom application gets its secrets only as file names", () => {
    expect(contentOf(own, "/etc/app/app.env")).toContain('PAYMENT_KEY_FILE="/etc/app/secrets/payment_key"\n');
  });

  it("the application may connect only to the configured networks, and may use IPv6 only if one of the networks needs it", () => {
    for (const name of ["app.service", "app-trial.service"]) {
      const text = contentOf(own, `/etc/systemd/system/${name}`);
      expect(text).toContain("IPAddressDeny=any\nIPAddressAllow=localhost 198.51.100.0/28 2001:db8:1::/48\n");
      expect(text).toContain("RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX\n");
    }
    expect(unit("app.service")).toContain("RestrictAddressFamilies=AF_INET AF_UNIX\n");
  });
});

describe("an application that opens its port itself", () => {
  const own = partOf(applicationPart, exampleConfig({ application: { listens: "port" } }));

  it("an application that opens its own port gets no socket from systemd, and only HAProxy connects to its loopback port", () => {
    expect(own.files?.map(({ path }) => path)).not.toContain("/etc/systemd/system/app.socket");
    expect(contentOf(own, "/etc/app/app.env")).toContain(`HOST=127.0.0.1\nPORT=${ports.applicationItself}\n`);
    expect([contentOf(own, "/etc/app/deploy.env"), own.setup].join()).not.toContain("app.socket");
    expect(own.setup).toContain("enable --quiet app.service app-first-release.service\n");
  });

  it("an application that opens its own port does not start before a release is installed", () => {
    const service = contentOf(own, "/etc/systemd/system/app.service");
    expect(service).not.toContain("app.socket");
    expect(service).toContain("ConditionPathExists=/opt/app/current\n");
  });
});

describe("units", () => {
  it("the trial of a release runs once in the service's sandbox on another port", () => {
    const [trial, service] = ["app-trial.service", "app.service"].map((name) => unit(name).split("\n")) as [
      string[],
      string[],
    ];
    expect(trial.filter((line) => !service.includes(line))).toEqual([
      "Description=Trial of a release, started by deploy-app",
      "ConditionPathExists=/opt/app/trial",
      "WorkingDirectory=/opt/app/trial",
      `ExecStart="/usr/bin/env" "PORT=${ports.applicationTrial}" "/usr/bin/node" "server.js"`,
      "SyslogIdentifier=app-trial",
      "ExecPaths=/usr/bin/env /usr/bin/node /usr/lib",
    ]);
    expect(trial.join("\n")).not.toMatch(/Restart=|\[Install\]/);
  });

  const names = ["app.service", "app-trial.service", "app.socket", "app-first-release.service"];

  const withTasks: Overrides<EnvironmentInput> = {
    application: {
      migrate: ["/usr/bin/node", "migrate.js"],
      workers: {
        mail: { command: ["./mail"], memoryMib: 64 },
        cache: { command: ["/usr/bin/node", "cache.js"], on: "all" },
      },
      schedules: {
        report: { command: ["/usr/bin/node", "report.js"], at: "Mon..Fri 06:00 Europe/Berlin", memoryMib: 96 },
      },
    },
  };
  const more = partOf(applicationPart, exampleConfig(withTasks));
  const moreUnit = (name: string): string => contentOf(more, `/etc/systemd/system/${name}`);

  it("workers and schedules run in the application's sandbox, on one server at a time if configured", () => {
    const runs = '"/usr/bin/python3" "-B" "/opt/app-runs"';
    expect(moreUnit("app-worker-mail.service")).toContain(
      `ExecStart=${runs} "worker" "mail" "--" "/opt/app/current/mail"\n`,
    );
    expect(moreUnit("app-worker-cache.service")).toContain('ExecStart="/usr/bin/node" "cache.js"\n');
    expect(moreUnit("app-schedule-report.service")).toContain(
      `ExecStart=${runs} "schedule" "report" "--at" "Mon..Fri 06:00 Europe/Berlin" "--" "/usr/bin/node" "report.js"\n`,
    );
    const sandbox = (text: string): string => text.slice(text.indexOf("IPAddressDeny"), text.indexOf("NoExecPaths"));
    for (const name of ["app-worker-mail", "app-worker-cache", "app-schedule-report"])
      expect(sandbox(moreUnit(`${name}.service`))).toBe(sandbox(unit("app.service")));
    expect(more.setup).toContain("enable --quiet --now app-schedule-report.timer\n");
    expect(more.setup).toContain(
      "enable --quiet app-workers.target app-worker-mail.service app-worker-cache.service\n",
    );
    expect(contentOf(more, "/etc/app/deploy.env")).toContain("WORKERS=app-workers.target\n");
    expect(more.packages).toContain("python3-pymysql");
    expect(part.packages).not.toContain("python3-pymysql");
  });

  it("workers and schedules do not run on restored data unless the configuration starts them", () => {
    const restored = (startJobs: boolean) =>
      partOf(
        applicationPart,
        exampleConfig({
          ...withTasks,
          backup: exampleBackup,
          restore: { timeline: "7d2f4c56-1f0e-4d0b-8a36-90d5a1c2e7b4", at: "latest", startJobs },
        }),
      );
    const units = restored(false).files?.map(({ path }) => path);
    expect(units?.filter((path) => /worker|schedule/.test(path))).toEqual([]);
    expect(restored(false).setup).not.toMatch(/worker|schedule/);
    expect(contentOf(restored(false), "/etc/app/deploy.env")).not.toContain("WORKERS=app");
    expect(restored(true).setup).toBe(more.setup);
    expect(restored(true).files).toEqual(more.files);
  });

  it("migrations run before the trial of a release, under their own account and user, on one server at a time", () => {
    const migrations = moreUnit("app-migrations.service");
    expect(migrations).toContain(
      'ExecStart="/usr/bin/env" "DATABASE_USER=app-migrations" "DATABASE_PASSWORD_FILE=/etc/app/migrations-password" "/usr/bin/python3" "-B" "/opt/app-runs" "migrations" "--" "/usr/bin/node" "migrate.js"\n',
    );
    expect(contentOf(more, "/etc/app/deploy.env")).toContain("MIGRATIONS=app-migrations.service\n");
  });

  it.runIf(hasTool("systemd-analyze", "units of workers and schedules"))(
    "systemd accepts the units of workers and schedules",
    () => {
      const all = (more.files ?? []).filter(({ path }) => path.startsWith("/etc/systemd/system/"));
      const { complaints } = judgeUnits(
        Object.fromEntries(all.map(({ path, content }) => [path.slice("/etc/systemd/system/".length), content])),
      );
      expect(complaints).toBe("");
    },
  );

  it.runIf(hasTool("systemd-analyze", "units of the application"))(
    "systemd accepts the application's units, and the application has only the permissions that it needs",
    () => {
      const { complaints, allowed } = judgeUnits(Object.fromEntries(names.map((name) => [name, unit(name)])));
      expect(complaints).toBe("");
      const needed = [
        // The application uses loopback to reach HAProxy, and a Unix socket to write to the system's log.
        ...[
          "PrivateNetwork",
          "IPAddressDeny",
          "RestrictAddressFamilies_AF_INET_INET6",
          "RestrictAddressFamilies_AF_UNIX",
        ],
        // V8 writes machine code into memory and executes it.
        "MemoryDenyWriteExecute",
        // PrivateDevices and other settings imply a mount namespace, but systemd's evaluation does not consider this.
        ...["DeviceAllow", "PrivateMounts", "RootDirectoryOrRootImage"],
      ];
      expect(allowed.filter((name) => !needed.includes(name))).toEqual([]);
    },
  );

  it("the memory of the application is limited, so that MySQL on the same server keeps its share", () => {
    const larger = partOf(applicationPart, exampleConfig({ application: { memoryMib: 900 } }));
    for (const name of ["app.service", "app-trial.service"])
      expect(contentOf(larger, `/etc/systemd/system/${name}`)).toContain("\nMemoryMax=900M\n");
  });

  it("the application's unit allows time to finish requests and enough open files for a visitor and a database connection per operation", () => {
    const value = (pattern: RegExp): number => Number(pattern.exec(unit("app.service"))?.[1]);
    expect(value(/^TimeoutStopSec=(\d+)s$/m)).toBeGreaterThan(limits.stop.drainSeconds + limits.stop.finishSeconds);
    expect(value(/^LimitNOFILE=(\d+)$/m)).toBeGreaterThanOrEqual(4 * limits.database.operations);
  });

  /** Each entry has the unit, its behaviour, and the lines of the unit that cause this behaviour. */
  const behaviours = `
      app.service starts at boot after its socket: Requires=app.socket | After=app.socket network.target | WantedBy=multi-user.target
      app.service restarts after any exit without a limit: Restart=always | RestartSec=1s | StartLimitIntervalSec=0
      app.service can reach only loopback addresses: IPAddressDeny=any | IPAddressAllow=localhost
      app.service cannot reach services that obey root: InaccessiblePaths=-/run/dbus -/run/systemd/resolve -/run/mysqld
      app.service runs as its own user: User=app | Group=app
      app.service can execute only Node and libraries: NoExecPaths=/ | ExecPaths=/usr/bin/node /usr/lib
      app.service gets an error for a forbidden system call: SystemCallErrorNumber=EPERM
      app.service limits memory and tasks: MemoryMax=768M | TasksMax=64
      app.service has its settings, folder and log identifier: EnvironmentFile=/etc/app/app.env | WorkingDirectory=/opt/app/current | SyslogIdentifier=app
      app-trial.service runs as the application's user without a limit of starts: User=app | Group=app | StartLimitIntervalSec=0
      app.socket listens on loopback, and only if a release is installed: ListenStream=127.0.0.1:${ports.application} | ConditionPathExists=/opt/app/current
      app.socket holds a burst of connections: Backlog=1024 | NoDelay=true | TriggerLimitIntervalSec=0 | WantedBy=sockets.target
      app-first-release.service fetches a release until one is installed: ConditionPathExists=!/opt/app/current | Restart=on-failure | RestartSec=5s | StartLimitIntervalSec=0
      app-first-release.service waits for the network: Wants=network-online.target | After=network-online.target nss-lookup.target | WantedBy=multi-user.target
      app-worker-mail.service limits its own memory: MemoryMax=64M
      app-worker-mail.service restarts with its release: PartOf=app-workers.target | Restart=always | ConditionPathExists=/opt/app/current | WantedBy=app-workers.target
      app-worker-cache.service restarts with its release: PartOf=app-workers.target | Restart=always | ConditionPathExists=/opt/app/current | WantedBy=app-workers.target
      app-schedule-report.service limits its own memory, and is awaited by systemd: MemoryMax=96M | Type=oneshot
      app-migrations.service runs as its own user, and is awaited by systemd: User=app-migrations | Group=app-migrations | Type=oneshot
      app-schedule-report.timer starts on time: OnCalendar=Mon..Fri 06:00 Europe/Berlin | AccuracySec=1s | WantedBy=timers.target
  `;

  it.each(behaviours.trim().split(/\n\s*/))("the unit %s", (behaviour) => {
    const [what = "", lines = ""] = behaviour.split(": ");
    expect(lines, "settings after the colon").not.toBe("");
    const unit = moreUnit(what.split(" ")[0] ?? "");
    expect(unit.split("\n")).toEqual(expect.arrayContaining(lines.split(" | ")));
  });

  it("the first release is installed after the program app-runs, only if the application needs app-runs", () => {
    expect(moreUnit("app-first-release.service")).toMatch(
      /^ExecStart=\S*\/fetch-release \$\{RELEASE_URL\} \$\{RELEASE_SHA256\} app-runs \/opt\/app-runs\nExecStart=\S*\/deploy-app \$\{RELEASE_URL\} \$\{RELEASE_SHA256\}$/m,
    );
    expect(moreUnit("app-first-release.service")).toMatch(
      /^Type=oneshot\nEnvironmentFile=\/etc\/platform\/release\.env$/m,
    );
    expect(unit("app-first-release.service")).not.toContain("app-runs");
    expect(part.setup).toMatch(
      /^mkdir -p \/opt\/app\/releases\nln -sfn \/opt\/platform\/deploy-app \/usr\/local\/sbin\/deploy-app\nsystemctl daemon-reload\nsystemctl enable --quiet app\.socket app\.service app-first-release\.service\n/m,
    );
    expect(part.setup).toMatch(/\nsystemctl start --no-block app-first-release\.service\n$/);
  });

  it("systemd sends the stop signal to app-runs only, which passes it to its command; other services get the signal in all processes", () => {
    const isMixed = (name: string): boolean => moreUnit(`${name}.service`).includes("\nKillMode=mixed\n");
    expect(["app-worker-mail", "app-schedule-report", "app-migrations"].map(isMixed)).toEqual([true, true, true]);
    expect(isMixed("app-worker-cache")).toBe(false);
  });
});
