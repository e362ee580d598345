import type { PayloadContext, PayloadPart } from "../../part/part.js";
import { balancersOf } from "../../../derived/balancer.js";
import { isSpread } from "../../../derived/loss.js";
import { secretFilesOf } from "../../../derived/secrets.js";
import type { Config, Role } from "../../../config/schema.js";
import { archiveNotices, instances, notices } from "../../../platform/signals.js";
import { siteHosts } from "../../../platform/names.js";
import { packages } from "../../../platform/packages.js";
import { paths } from "../../../platform/paths.js";
import { ports } from "../../../platform/ports.js";
import { readStatic, renderTemplate } from "../../part/templates.js";
import { datadogAptSource } from "./apt-source.js";
import { integrations } from "./collected.js";
import { logConfiguration } from "./logs.js";

export { collected } from "./collected.js";

const file = (name: string): URL => new URL(`./files/${name}`, import.meta.url);

/**
 * Returns the certificate files on servers with these roles. The key of each file is the name of the TLS check that
 * monitors the file.
 */
function certificates(config: Config, roles: readonly Role[]) {
  const { shared, own } = secretFilesOf(config, { roles });
  const files = [...shared, ...own].filter(({ certificate }) => certificate);
  return files.map(({ path, needs }) => ({
    path,
    name: needs.includes("originCertificate") ? instances.originCertificate : instances.internalCertificate,
  }));
}

/**
 * Returns the part with the Datadog agent. The agent collects metrics of the host, metrics of each role's services, and
 * logs.
 */
export function datadogAgentPart({ config, roles }: PayloadContext): PayloadPart {
  const variables = {
    host: siteHosts(config)[0],
    balancers: balancersOf(config),
    // This check is needed only with two load balancers. If the only load balancer fails, the synthetic tests and the
    // monitor balancer-silent detect the failure.
    watchesBalancers: config.loadBalancer.second !== undefined,
    statusPort: ports.nginxStatus,
    applicationPort: ports.application,
    healthPath: config.application.healthPath,
    mysqlOptions: paths.datadog.mysqlOptions,
    application: instances.application,
    edge: instances.edgeCertificate,
    origin: instances.originCertificate,
    certificates: certificates(config, roles),
    rebootRequired: instances.rebootRequired,
    notices: [
      ...Object.values(notices),
      ...(config.backup && roles.includes("database") ? Object.values(archiveNotices) : []),
    ],
    noticeFolder: paths.notices,
    ...(config.backup &&
      roles.includes("database") && { restorable: instances.restorable, archiveFolder: paths.backup.state }),
  };
  const check = (name: string) => `/etc/datadog-agent/conf.d/${name}.d/conf.yaml`;
  const running = integrations.filter((integration) => !("role" in integration) || roles.includes(integration.role));
  return {
    name: "datadog-agent",
    packages: packages.datadogAgent,
    aptSources: [datadogAptSource(config)],
    files: [
      ...running.map(({ name }) => ({
        path: check(name),
        content: renderTemplate(file(`${name}.yaml.hbs`), variables),
      })),
      { path: check("platform-logs"), content: logConfiguration(roles) },
      {
        path: "/etc/systemd/system/datadog-agent.service.d/platform.conf",
        content: readStatic(file("service.conf")),
      },
    ],
    ownFiles: ({ name, location }) => [
      {
        path: "/etc/datadog-agent/datadog.yaml",
        content: renderTemplate(file("datadog.yaml.hbs"), {
          site: config.monitoring.site,
          environment: config.environment,
          server: name,
          roles,
          ...(isSpread(config) && { location }),
        }),
      },
    ],
    setup: readStatic(file("setup-datadog-agent")),
  };
}
