import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { siteHosts } from "../../../modules/platform/names.js";
import { ports } from "../../../modules/platform/ports.js";
import { loginOf } from "../../core/site.js";
import { type Rotation, withRole } from "./rotation.js";

const program = readFileSync(new URL("files/shown-certificate.py", import.meta.url), "utf8");

/**
 * The certificate that Cloudflare finds at the origin: on the balancer, or with `tls: "passthrough"` on each web server. The old one is valid
 * until nobody shows it any more, and is then revoked.
 */
export const originCertificate: Rotation = {
  secrets: ["originCertificate", "originKey"],
  isOnlyShown: true,
  needsNoLogin: true,
  isShownOutside: ({ tls }) => tls === "terminate",

  requireAble: () => Promise.resolve(),

  async takeUp({ site }, server) {
    const login = loginOf(site, server.name);
    await site.ssh.run(login, ["nginx", "-t", "-q"]);
    await site.ssh.run(login, ["systemctl", "reload", "nginx.service"]);
    await site.cloud.noteCertificate(server);
  },

  async missing(moment) {
    const { site, values } = moment;
    for (const { name, privateIp } of withRole(moment, "web")) {
      const command = [privateIp, String(ports.nginxHttps), siteHosts(site.config)[0]];
      const shown = await site.ssh.run(loginOf(site, name), ["python3", "-I", "-c", program, ...command]);
      if (!isSame(shown, values.of(name, "originCertificate")))
        return `${name}: nginx shows another certificate than it is to show`;
    }
    return undefined;
  },
};

const isSame = (one: string, other: string): boolean =>
  new X509Certificate(one).fingerprint256 === new X509Certificate(other).fingerprint256;
