import { paths } from "../../../modules/platform/paths.js";
import { notTakenUp, reloadNginx } from "./nginx.js";
import type { RotationProcedure } from "./rotation.js";

/**
 * Rotates the authority with which nginx verifies Cloudflare (`tls: "passthrough"`). First nginx trusts both authorities, then Cloudflare
 * presents a client certificate of the new authority, then nginx trusts only the new authority.
 */
export const originPullAuthority: RotationProcedure = {
  secrets: ["originPullCa"],
  isShownOutside: ({ tls }) => tls === "passthrough",

  requireAble: () => Promise.resolve(),

  takeUp: (moment, { name }) => reloadNginx(moment, name),

  missing: (moment) => notTakenUp(moment, "originPullCa", paths.nginx.originPullCa),
};
