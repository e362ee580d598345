import { readFileSync } from "node:fs";
import { paths } from "../../../modules/platform/paths.js";
import { loginOf } from "../../core/site.js";
import { type RotationProcedure, withRole } from "./rotation.js";

const program = readFileSync(new URL("files/taken-up.py", import.meta.url), "utf8");

/** File with the process id of the nginx master; see nginx.conf. */
const pidFile = "/run/nginx.pid";

/**
 * Rotates the certificate that Cloudflare verifies: on the balancer, or with `tls: "passthrough"` on each web server. The old certificate
 * is revoked after no server uses it.
 */
export const originCertificate: RotationProcedure = {
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
    for (const { name } of withRole(moment, "web")) {
      const command = ["python3", "-I", "-c", program, paths.nginx.originCertificate, pidFile];
      const input = values.of(name, "originCertificate");
      const told = await site.ssh.run(loginOf(site, name), command, { input });
      if (told !== "") return `${name}: ${told.trim()}`;
    }
    return undefined;
  },
};
