import { paths } from "../../../modules/platform/paths.js";
import { notTakenUp, reloadNginx } from "./nginx.js";
import type { RotationProcedure } from "./rotation.js";

/**
 * Rotates the certificate that Cloudflare verifies. It is on the load balancer, or with `tls: "passthrough"` on each web server. The old
 * certificate is revoked when it is no longer in use.
 */
export const originCertificate: RotationProcedure = {
  secrets: ["originCertificate", "originKey"],
  isOnlyShown: true,
  needsNoLogin: true,
  isShownOutside: ({ tls }) => tls === "terminate",

  requireAble: () => Promise.resolve(),

  async takeUp(moment, server) {
    await reloadNginx(moment, server.name);
    await moment.site.cloud.noteCertificate(server);
  },

  missing: (moment) => notTakenUp(moment, "originCertificate", paths.nginx.originCertificate),
};
