import { readFileSync } from "node:fs";
import { paths } from "../../../modules/platform/paths.js";
import { ports } from "../../../modules/platform/ports.js";
import { users } from "../../../modules/platform/users.js";
import type { ServerConfig } from "../../../modules/config/schema.js";
import { awaitBack, passGate, stepDown } from "../../core/maintain.js";
import { restartApplication } from "../../core/secrets.js";
import { loginOf } from "../../core/site.js";
import { type Moment, type RotationProcedure, withRole } from "./rotation.js";

const program = readFileSync(new URL("files/try-certificates.py", import.meta.url), "utf8");

/** Maximum seconds until a member has left its group. The member waits for running transactions. */
const leaveSeconds = 60;

/**
 * Rotates MySQL's private certificate authority and the members' certificates. First, members and the application trust both authorities.
 * Then each member uses a certificate of the new authority. At the end, the old authority is removed.
 */
export const databaseAuthority: RotationProcedure = {
  secrets: ["mysqlCa", "mysqlServerCertificate", "mysqlServerKey"],

  requireAble: () => Promise.resolve(),

  async takeUp(moment, { name }, changed) {
    const { site } = moment;
    const login = loginOf(site, name);
    const { ca, certificate, key } = paths.mysql;
    if (changed.includes(paths.application.mysqlCa)) await restartApplication(site, name);
    if (![ca, certificate, key].some((path) => changed.includes(path))) return;
    // ALTER INSTANCE RELOAD TLS affects only client connections. If the new files are invalid, mysqld continues to use the old files.
    await site.ssh.run(login, ["mysql", "--execute", "ALTER INSTANCE RELOAD TLS"]);
    await stepDown(moment, name, await passGate(moment, { inHand: name, command: "rotate-authority" }));
    // Group Replication reads the files only when the member joins, so mysql-group makes it leave and rejoin.
    await site.ssh.run(login, ["mysql", "--execute", "STOP GROUP_REPLICATION"], { timeoutSeconds: leaveSeconds });
    await awaitBack(moment, name);
  },

  async missing(moment) {
    for (const server of withRole(moment, "database")) {
      const told = await triedOn(moment, server);
      if (told !== "") return `${server.name}: ${told.split("\n").join("; ")}`;
    }
    return undefined;
  },
};

/** Checks which certificates the running mysqld of a member uses and accepts. @returns the problems, or an empty text */
async function triedOn({ site, stage, values }: Moment, { name, privateIp }: ServerConfig): Promise<string> {
  const pairOf = (value: (secret: "mysqlServerCertificate" | "mysqlServerKey") => string | undefined) => {
    const [certificate, key] = [value("mysqlServerCertificate"), value("mysqlServerKey")];
    return certificate !== undefined && key !== undefined ? { certificate, key } : null;
  };
  const input = JSON.stringify({
    address: privateIp,
    places: [
      { port: ports.mysql, speaks_mysql: true },
      { port: ports.mysqlGroup, speaks_mysql: false },
    ],
    accepted: pairOf((secret) => values.of(name, secret)),
    refused: stage.oldest === stage.configured ? pairOf((secret) => values.before(name, secret)) : null,
  });
  // The command runs as the user of mysqld, because the host firewall does not allow root to connect to other members.
  const command = ["runuser", "-u", users.mysql, "--", "python3", "-I", "-c", program];
  return (await site.ssh.run(loginOf(site, name), command, { input })).trim();
}
