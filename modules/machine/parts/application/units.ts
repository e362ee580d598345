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

/** What differs between the services that run a command of a release, all in one sandbox. */
interface Service {
  readonly description: string;
  /** Words of the command; `./` begins a file of the folder. */
  readonly command: readonly string[];
  readonly folder: string;
  /** What goes before the command: programs and their words, which it may execute too. @default - nothing */
  readonly before?: { readonly words: readonly string[]; readonly executables: readonly string[] };
  readonly user?: string;
  readonly memoryMib: number;
  /** Name of its lines in the journal. @default applicationLog */
  readonly identifier?: string;
  /** Whether it takes requests from the socket. @default false */
  readonly served?: boolean;
  /** Whether it is started again whenever it ends. @default false */
  readonly lasting?: boolean;
  /** Whether starting it means waiting for its end. @default false */
  readonly once?: boolean;
  /** Unit that it is stopped and restarted with. @default - none */
  readonly partOf?: string;
  readonly wantedBy?: string;
}

const python = "/usr/bin/python3";

/** Runs a command on one server at a time; see files/app-runs. */
const claimed = (...words: readonly string[]): NonNullable<Service["before"]> => ({
  words: [python, "-B", paths.application.runs, ...words, "--"],
  executables: [python, "/usr/bin/systemd-analyze"],
});

/** A service's unit. */
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

/** The application, its trial, and what else the release runs: migrations, workers, schedules. */
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
      description: "The release that deploy-app tries",
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
      description: "Migrations of the release that deploy-app tries",
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

/** Workers and schedules that run on servers of this configuration. */
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

/** What starts and stops all workers. */
const workersTarget = (config: Config): readonly PayloadFile[] =>
  Object.keys(jobsOf(config).workers).length === 0
    ? []
    : [{ path: "/etc/systemd/system/app-workers.target", content: readStatic(file("app-workers.target")) }];

const scheduleUnits = (config: Config): readonly PayloadFile[] =>
  Object.entries(jobsOf(config).schedules).flatMap(([name, { command, at, repeatable, memoryMib }]) => [
    unitFile(`app-schedule-${name}`, config, {
      description: `Schedule ${name} of the application, once for each time over all servers`,
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

/** What deploy-app and the setup have to do beside the application itself. */
export const besidesOf = (config: Config) => ({
  migrates: config.application.migrate !== undefined,
  workers: Object.keys(jobsOf(config).workers).map((name) => `app-worker-${name}.service`),
  timers: Object.keys(jobsOf(config).schedules).map((name) => `app-schedule-${name}.timer`),
  claimed: isClaimed(config.application),
});
