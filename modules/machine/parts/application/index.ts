import type { PayloadContext, PayloadPart } from "../../part/part.js";
import { timings } from "../../../platform/limits.js";
import { mysqlTlsName } from "../../../platform/names.js";
import { applicationSecret, paths } from "../../../platform/paths.js";
import { ports } from "../../../platform/ports.js";
import { users } from "../../../platform/users.js";
import { readStatic, renderTemplate } from "../../part/templates.js";
import { commandLine, environmentLine } from "./systemd.js";

const file = (name: string): URL => new URL(`./files/${name}`, import.meta.url);

/** The application under its own user: units, settings, and `deploy-app`, which also brings the first release. */
export function applicationPart({ config }: PayloadContext): PayloadPart {
  const { command, environment, memoryMib, healthPath, readyPath, secrets, egress } = config.application;
  /** Commands run in the release's folder; `./` begins a file of it. */
  const inFolder = (folder: string) => {
    const [program = "", ...rest] = command;
    const path = program.replace(/^\.\//, `${folder}/`);
    return { folder, command: commandLine([path, ...rest]), executable: program === path ? path : folder };
  };
  const variables = {
    ...paths.application,
    ...ports,
    release: paths.release.environmentFile,
    port: ports.application,
    ...inFolder(paths.application.current),
    memoryMib,
    healthPath,
    readyPath,
    ownVariables: [
      ...Object.entries(environment),
      ...Object.keys(secrets).map((name): [string, string] => [`${name}_FILE`, applicationSecret(name)]),
    ].map(environmentLine),
    peers: egress.map(({ cidr }) => cidr),
    ipv6: egress.some(({ cidr }) => cidr.includes(":")),
    trial: false,
    user: users.application,
    stopSeconds: timings.application.stop,
    mysqlTlsName,
    domain: config.domain,
    environment: config.environment,
  };
  /** The same service, on another folder and port. */
  const trial = { trial: true, ...inFolder(paths.application.trial), port: ports.applicationTrial };
  const rendered = (path: string, template: string, changes: object = {}) => ({
    path,
    content: renderTemplate(file(template), { ...variables, ...changes }),
  });
  const unit = (name: string) => rendered(`/etc/systemd/system/${name}`, `${name}.hbs`);
  return {
    name: "application",
    packages: config.application.packages,
    files: [
      rendered(paths.application.environmentFile, "app.env.hbs"),
      unit("app.socket"),
      unit("app.service"),
      rendered("/etc/systemd/system/app-trial.service", "app.service.hbs", trial),
      unit("app-first-release.service"),
      {
        path: paths.application.deploy,
        permissions: "0755",
        content: renderTemplate(file("deploy-app.hbs"), variables),
      },
    ],
    setup: readStatic(file("setup-application")),
  };
}
