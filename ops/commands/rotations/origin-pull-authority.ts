import { paths } from "../../../modules/platform/paths.js";
import { notTakenUp, reloadNginx } from "./nginx.js";
import type { RotationProcedure } from "./rotation.js";

/**
 * The authority by which nginx knows Cloudflare, with `tls: "passthrough"`. nginx trusts the old and the new authority first, then Cloudflare
 * shows a client certificate of the new one, then nginx trusts only the new one.
 */
export const originPullAuthority: RotationProcedure = {
  secrets: ["originPullCa", "originPullClient"],
  isShownOutside: ({ tls }) => tls === "passthrough",

  requireAble: () => Promise.resolve(),

  takeUp: (moment, { name }) => reloadNginx(moment, name),

  missing: (moment) => notTakenUp(moment, "originPullCa", paths.nginx.originPullCa),
};
