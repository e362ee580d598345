import type { PayloadContext, PayloadPart } from "../../part/part.js";
import { timings } from "../../../platform/limits.js";
import { mysqlTlsName } from "../../../platform/names.js";
import { packages } from "../../../platform/packages.js";
import { paths } from "../../../platform/paths.js";
import { ports } from "../../../platform/ports.js";
import { users } from "../../../platform/users.js";
import { readStatic, renderTemplate } from "../../part/templates.js";

const file = (name: string): URL => new URL(`./files/${name}`, import.meta.url);

/** The application under its own user: units, settings, and `deploy-app`, which also brings the first release. */
export function applicationPart({ config }: PayloadContext): PayloadPart {
  const variables = {
    ...paths.application,
    ...ports,
    release: paths.release.environmentFile,
    port: ports.application,
    folder: paths.application.current,
    trial: false,
    user: users.application,
    stopSeconds: timings.application.stop,
    mysqlTlsName,
    domain: config.domain,
    environment: config.environment,
  };
  /** The same service, on another folder and port. */
  const trial = { trial: true, folder: paths.application.trial, port: ports.applicationTrial };
  const rendered = (path: string, template: string, changes: object = {}) => ({
    path,
    content: renderTemplate(file(template), { ...variables, ...changes }),
  });
  const unit = (name: string) => rendered(`/etc/systemd/system/${name}`, `${name}.hbs`);
  return {
    name: "application",
    packages: packages.application,
    files: [
      rendered(paths.application.environmentFile, "app.env.hbs"),
      unit("app.socket"),
      unit("app.service"),
      rendered("/etc/systemd/system/app-trial.service", "app.service.hbs", trial),
      unit("app-first-release.service"),
      { path: paths.application.deploy, permissions: "0755", content: readStatic(file("deploy-app")) },
    ],
    setup: readStatic(file("setup-application")),
  };
}
