import { edgeTokenHeader, edgeTokenPath } from "../../../modules/platform/names.js";
import { ports } from "../../../modules/platform/ports.js";
import type { ServerConfig } from "../../../modules/config/schema.js";
import { loginOf } from "../../core/site.js";
import { reloadNginx } from "./nginx.js";
import { type Moment, type RotationProcedure, withRole } from "./rotation.js";

/** Rotates the token that Cloudflare adds to each request of the zone, and that nginx verifies. */
export const edgeToken: RotationProcedure = {
  secrets: ["edgeTokens"],
  isShownOutside: () => true,

  async requireAble(moment, server) {
    if (isAsked(moment, server)) await isAcceptedOn(moment, server.name, "");
  },

  takeUp: (moment, { name }) => reloadNginx(moment, name),

  async missing(moment) {
    for (const server of withRole(moment, "web").filter((one) => isAsked(moment, one))) {
      const { name } = server;
      const accepted = moment.values.of(name, "edgeTokens").split("|");
      const before = moment.values.before(name, "edgeTokens");
      for (const token of new Set([...accepted, ...(before === undefined ? [] : [before])])) {
        const isAccepted = await isAcceptedOn(moment, name, token);
        if (isAccepted === accepted.includes(token)) continue;
        return `${name}: nginx ${isAccepted ? "still accepts the old token" : "rejects a token that Cloudflare may send"}`;
      }
    }
    return undefined;
  },
};

const isAsked = ({ site }: Moment, { roles }: ServerConfig): boolean =>
  roles.includes("web") && site.config.tls === "terminate";

/** Tests whether nginx on a server accepts a token. The token does not appear in a command line. */
async function isAcceptedOn({ site }: Moment, name: string, token: string): Promise<boolean> {
  const url = `http://127.0.0.1:${ports.nginxStatus}${edgeTokenPath}`;
  const told = await site.ssh.run(
    loginOf(site, name),
    ["curl", "--silent", "--max-time", "10", "--header", "@-", url],
    { input: `${edgeTokenHeader}: ${token}\n` },
  );
  if (told === "1" || told === "0") return told === "1";
  throw new Error(
    `${name}: its nginx does not support token checks; update the server first: npm run ops rollout ${name}`,
  );
}
