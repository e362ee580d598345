import type { PayloadContext, PayloadPart } from "../../part/part.js";
import { mysqlTlsName } from "../../../platform/names.js";
import { packages } from "../../../platform/packages.js";
import { applicationSecret, paths } from "../../../platform/paths.js";
import { ports } from "../../../platform/ports.js";
import { renderTemplate } from "../../part/templates.js";
import { environmentLine } from "./systemd.js";
import { besidesOf, unitFiles } from "./units.js";

const file = (name: string): URL => new URL(`./files/${name}`, import.meta.url);

/**
 * Returns the part with the application's systemd units and settings. The application runs under its own user. The
 * program `deploy-app` installs every release of the application, including the first release. The part `release`
 * installs `deploy-app`.
 */
export function applicationPart({ config }: PayloadContext): PayloadPart {
  const { environment, healthPath, listens, readyPath, secrets } = config.application;
  const besides = besidesOf(config);
  const variables = {
    ...paths.application,
    ...ports,
    ...besides,
    release: paths.release.environmentFile,
    fetch: paths.release.fetch,
    port: ports.application,
    listenPort: listens === "socket" ? ports.application : ports.applicationItself,
    socket: listens === "socket",
    healthPath,
    readyPath,
    ownVariables: [
      ...Object.entries(environment),
      ...Object.keys(secrets).map((name): [string, string] => [`${name}_FILE`, applicationSecret(name)]),
    ].map(environmentLine),
    mysqlTlsName,
    domain: config.domain,
    environment: config.environment,
  };
  const rendered = (path: string, template: string) => ({ path, content: renderTemplate(file(template), variables) });
  const unit = (name: string) => rendered(`/etc/systemd/system/${name}`, `${name}.hbs`);
  return {
    name: "application",
    packages: [...config.application.packages, ...(besides.claimed ? packages.appRuns : [])],
    files: [
      rendered(paths.application.environmentFile, "app.env.hbs"),
      ...(listens === "socket" ? [unit("app.socket")] : []),
      unit("app-first-release.service"),
      ...unitFiles(config),
      rendered(paths.application.deploySettings, "deploy.env.hbs"),
    ],
    setup: renderTemplate(file("setup-application.hbs"), variables),
  };
}
