import { balancersOf, noticeSeconds } from "../../../derived/balancer.js";
import type { PayloadContext, PayloadPart } from "../../part/part.js";
import { sandbox } from "../../part/sandbox.js";
import { bodyKib, timings } from "../../../platform/limits.js";
import { edgeTokenHeader, edgeTokenPath, siteHosts, staticPath } from "../../../platform/names.js";
import { packages } from "../../../platform/packages.js";
import { paths } from "../../../platform/paths.js";
import { refusalsPerLine } from "../../../platform/signals.js";
import { ports } from "../../../platform/ports.js";
import { users } from "../../../platform/users.js";
import { readStatic, renderTemplate } from "../../part/templates.js";

const file = (name: string): URL => new URL(`./files/${name}`, import.meta.url);

/** Listening sockets of nginx. The default sockets receive requests for unknown host names. */
const listens = [
  { name: "listen-http", port: ports.nginxHttp, options: [] },
  { name: "listen-http-default", port: ports.nginxHttp, options: ["default_server"] },
  { name: "listen-https", port: ports.nginxHttps, options: ["ssl", "proxy_protocol"] },
  { name: "listen-https-default", port: ports.nginxHttps, options: ["ssl", "proxy_protocol", "default_server"] },
] as const;

/**
 * Log fields with text from a visitor, each with the nginx variable that contains the complete text. nginx logs only
 * the beginning of the text.
 */
const cut = [
  { name: "log_method", variable: "request_method" },
  { name: "log_host", variable: "host" },
  { name: "log_path", variable: "uri" },
  { name: "log_agent", variable: "http_user_agent" },
  { name: "log_referer", variable: "http_referer" },
  { name: "log_ray", variable: "http_cf_ray" },
] as const;
/** Maximum number of bytes that nginx logs of each text from a visitor. */
const cutLength = 200;

/** Returns the pattern of a path for an nginx map. If the path ends with a slash, the pattern matches all paths below it. */
const pathPattern = (path: string): string => (path.endsWith("/") ? `~^${path.replaceAll(".", "\\.")}` : path);

/**
 * Returns the part with nginx as reverse proxy in front of the application. nginx determines the visitor's address, writes the access log
 * and answers the load balancer's health check.
 */
export function nginxPart({ config }: PayloadContext): PayloadPart {
  const passthrough = config.tls === "passthrough";
  const variables = {
    ...paths.nginx,
    user: users.nginx,
    balancerIps: balancersOf(config).map(({ privateIp }) => privateIp),
    passthrough,
    // nginx variable with the address of the Cloudflare server from which the load balancer received the request.
    edgeAddress: passthrough ? "$proxy_protocol_addr" : "$last_forwarder",
    hosts: siteHosts(config).join(" "),
    healthPath: config.application.healthPath,
    readyPath: config.application.readyPath,
    staticPath,
    staticFolder: config.application.staticFolder,
    current: paths.application.current,
    writePaths: config.application.writePaths.map(pathPattern),
    noticeSeconds: noticeSeconds(config),
    ...timings.nginx,
    bodyKib: bodyKib.nginx,
    cut,
    cutLength,
    refusalsPerLine,
    refusalShare: 100 / refusalsPerLine,
    writesPerMinute: config.visitors.writesPerMinute,
    edgeTokenHeader,
    edgeTokenPath,
    edgeTokenVariable: edgeTokenHeader.toLowerCase().replaceAll("-", "_"),
    statusPort: ports.nginxStatus,
    applicationPort: ports.application,
    healthPort: ports.applicationHealth,
  };
  const rendered = (path: string, template: string) => ({ path, content: renderTemplate(file(template), variables) });
  return {
    name: "nginx",
    packages: packages.nginx,
    files: [
      rendered("/etc/nginx/nginx.conf", "nginx.conf.hbs"),
      rendered("/etc/nginx/conf.d/site.conf", "site.conf.hbs"),
      rendered("/etc/nginx/snippets/visitors.conf", "visitors.conf.hbs"),
      { path: "/etc/nginx/snippets/security-headers.conf", content: readStatic(file("security-headers.conf")) },
      { path: "/etc/logrotate.d/nginx", content: readStatic(file("logrotate")) },
      rendered("/etc/systemd/system/in-service.service", "in-service.service.hbs"),
      { path: "/etc/systemd/system/nginx.service.d/platform.conf", content: readStatic(file("service.conf")) },
      sandbox({
        unit: "nginx.service",
        why: "for its ports, its certificates, and logs that belong to the workers' user",
        capabilities: ["NET_BIND_SERVICE", "SETUID", "SETGID", "CHOWN", "DAC_OVERRIDE", "KILL"],
        writable: ["/run", "/var/lib/nginx", "/var/log/nginx"],
      }),
    ],
    ownFiles: ({ privateIp }) =>
      listens
        .filter(({ port }) => passthrough || port === ports.nginxHttp)
        .map(({ name, port, options }) => ({
          path: `/etc/nginx/snippets/${name}.conf`,
          content: renderTemplate(file("listen.conf.hbs"), { privateIp, port, options }),
        })),
    setup: readStatic(file("setup-nginx")),
  };
}
