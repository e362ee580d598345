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

/** Longest time until a member has left its group: it waits for transactions under way. */
const leaveSeconds = 60;

/**
 * The private authority of MySQL and the members' certificates. Members and the application trust the old and the new authority first,
 * then each member shows a certificate of the new one, then the old authority goes.
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
    // What a running mysqld takes up by this serves its clients alone, and it keeps what it had if the files are no good.
    await site.ssh.run(login, ["mysql", "--execute", "ALTER INSTANCE RELOAD TLS"]);
    await stepDown(moment, name, await passGate(moment, { inHand: name, command: "rotate-authority" }));
    // The group's channel reads the files when a member joins, which mysql-group makes it do.
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

/** Tries on a member what it shows and what it accepts, as it runs. @returns what is wrong; empty when nothing is */
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
  // The host firewall lets members' mysqld connect to members, and root to none of them.
  const command = ["runuser", "-u", users.mysql, "--", "python3", "-I", "-c", program];
  return (await site.ssh.run(loginOf(site, name), command, { input })).trim();
}
