import { isClaimed } from "../../../config/sections/application.js";
import { jobsArePaused } from "../../../config/restore.js";
import type { Config } from "../../../config/schema.js";
import { timings } from "../../../platform/limits.js";
import { applicationLog, migrationsAccount } from "../../../platform/names.js";
import { paths } from "../../../platform/paths.js";
import { ports } from "../../../platform/ports.js";
import { users } from "../../../platform/users.js";
import type { PayloadFile } from "../../part/part.js";
import { readStatic, renderTemplate } from "../../part/templates.js";
import { commandLine } from "./systemd.js";

const file = (name: string): URL => new URL(`./files/${name}`, import.meta.url);

/** Settings that differ between the application's systemd services. All these services use the same sandbox. */
interface Service {
  readonly description: string;
  /** Words of the command line. If the first word begins with `./`, it is relative to `folder`. */
  readonly command: readonly string[];
  readonly folder: string;
  /** Words to insert before the command line, and additional programs that the service may execute. @default - none */
  readonly before?: { readonly words: readonly string[]; readonly executables: readonly string[] };
  readonly user?: string;
  readonly memoryMib: number;
  /** Syslog identifier of the service's lines in the journal. @default applicationLog */
  readonly identifier?: string;
  /** True if the service receives its requests from app.socket. @default false */
  readonly served?: boolean;
  /** True if systemd restarts the service whenever it ends. @default false */
  readonly lasting?: boolean;
  /** True if `systemctl start` waits until the command ends. @default false */
  readonly once?: boolean;
  /** Name of a systemd unit. A stop or restart of this unit also stops or restarts the service. @default - none */
  readonly partOf?: string;
  readonly wantedBy?: string;
}

const python = "/usr/bin/python3";

/** Returns the command-line prefix that makes a command run on only one server at a time; see files/app-runs. */
const claimed = (...words: readonly string[]): NonNullable<Service["before"]> => ({
  words: [python, "-B", paths.application.runs, ...words, "--"],
  executables: [python, "/usr/bin/systemd-analyze"],
});

function unitFile(name: string, config: Config, service: Service): PayloadFile {
  const { command, folder, before } = service;
  const [program = "", ...rest] = command;
  const path = program.replace(/^\.\//, `${folder}/`);
  const { egress } = config.application;
  return {
    path: `/etc/systemd/system/${name}.service`,
    content: renderTemplate(file("app.service.hbs"), {
      user: users.application,
      identifier: applicationLog,
      served: false,
      lasting: false,
      once: false,
      partOf: undefined,
      wantedBy: undefined,
      ...service,
      environmentFile: paths.application.environmentFile,
      stopSeconds: timings.application.stop,
      claimed: before?.executables.includes(python),
      start: commandLine([...(before?.words ?? []), path, ...rest]),
      executables: [...(before?.executables ?? []), program === path ? path : folder],
      peers: egress.map(({ cidr }) => cidr),
      ipv6: egress.some(({ cidr }) => cidr.includes(":")),
    }),
  };
}

/** Returns the systemd units of the application: service, trial instance, migrations, workers and schedules. */
export const unitFiles = (config: Config): readonly PayloadFile[] => [
  ...applicationUnits(config),
  ...migrationsUnits(config),
  ...workerUnits(config),
  ...scheduleUnits(config),
  ...workersTarget(config),
];

const { current, trial } = paths.application;
const env = "/usr/bin/env";

function applicationUnits(config: Config): readonly PayloadFile[] {
  const { command, listens, memoryMib } = config.application;
  return [
    unitFile("app", config, {
      description: "The application",
      command,
      folder: current,
      memoryMib,
      served: listens === "socket",
      lasting: true,
      wantedBy: "multi-user.target",
    }),
    unitFile("app-trial", config, {
      description: "Trial of a release, started by deploy-app",
      command,
      folder: trial,
      memoryMib,
      identifier: "app-trial",
      before: { words: [env, `PORT=${ports.applicationTrial}`], executables: [env] },
    }),
  ];
}

function migrationsUnits(config: Config): readonly PayloadFile[] {
  const { migrate, memoryMib } = config.application;
  if (migrate === undefined) return [];
  const account = [
    `DATABASE_USER=${migrationsAccount}`,
    `DATABASE_PASSWORD_FILE=${paths.application.migrationsPassword}`,
  ];
  const { words, executables } = claimed("migrations");
  return [
    unitFile("app-migrations", config, {
      description: "Migrations of a release, started by deploy-app",
      command: migrate,
      folder: trial,
      memoryMib,
      user: users.migrations,
      identifier: "app-migrations",
      once: true,
      before: { words: [env, ...account, ...words], executables: [env, ...executables] },
    }),
  ];
}

/** Returns the configured workers and schedules, or none while the configuration pauses jobs. */
const jobsOf = (config: Config): Pick<Config["application"], "workers" | "schedules"> =>
  jobsArePaused(config) ? { workers: {}, schedules: {} } : config.application;

const workerUnits = (config: Config): readonly PayloadFile[] =>
  Object.entries(jobsOf(config).workers).map(([name, { command, on, memoryMib }]) =>
    unitFile(`app-worker-${name}`, config, {
      description: `Worker ${name} of the application, on ${on === "one" ? "one server at a time" : "every server"}`,
      command,
      folder: current,
      memoryMib,
      lasting: true,
      partOf: "app-workers.target",
      wantedBy: "app-workers.target",
      ...(on === "one" && { before: claimed("worker", name) }),
    }),
  );

/** Returns the systemd target that starts and stops all workers. */
const workersTarget = (config: Config): readonly PayloadFile[] =>
  Object.keys(jobsOf(config).workers).length === 0
    ? []
    : [{ path: "/etc/systemd/system/app-workers.target", content: readStatic(file("app-workers.target")) }];

const scheduleUnits = (config: Config): readonly PayloadFile[] =>
  Object.entries(jobsOf(config).schedules).flatMap(([name, { command, at, repeatable, memoryMib }]) => [
    unitFile(`app-schedule-${name}`, config, {
      description: `Schedule ${name} of the application, once per due time on one of the servers`,
      command,
      folder: current,
      memoryMib,
      once: true,
      before: claimed("schedule", name, "--at", at, ...(repeatable ? ["--repeatable"] : [])),
    }),
    {
      path: `/etc/systemd/system/app-schedule-${name}.timer`,
      content: renderTemplate(file("app-schedule.timer.hbs"), { name, at }),
    },
  ]);

/**
 * Returns the names of the additional units (migrations, workers, timers) that deploy-app and the setup script start
 * and stop.
 */
export const besidesOf = (config: Config) => ({
  migrates: config.application.migrate !== undefined,
  workers: Object.keys(jobsOf(config).workers).map((name) => `app-worker-${name}.service`),
  timers: Object.keys(jobsOf(config).schedules).map((name) => `app-schedule-${name}.timer`),
  claimed: isClaimed(config.application),
});
