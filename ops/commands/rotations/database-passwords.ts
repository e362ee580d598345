import { readFileSync } from "node:fs";
import { paths } from "../../../modules/platform/paths.js";
import { ports } from "../../../modules/platform/ports.js";
import type { ServerConfig } from "../../../modules/config/schema.js";
import { look } from "../../core/observe.js";
import { restartApplication } from "../../core/secrets.js";
import { loginOf } from "../../core/site.js";
import { primaryOf } from "../../core/snapshot.js";
import { type Moment, type RotationProcedure, withRole } from "./rotation.js";

const program = readFileSync(new URL("files/try-password.py", import.meta.url), "utf8");

/** For each account, the generations of its newest and oldest valid password; see files/mysql-group/cli.py. */
type Generations = Readonly<Record<string, readonly [newest: number, oldest: number]>>;

/**
 * Rotates the passwords of the database accounts. MySQL accepts two passwords per account: the new password is added, the application and
 * the agent switch to it, then the old password is discarded.
 */
export const databasePasswords: RotationProcedure = {
  secrets: [
    "applicationDatabasePassword",
    "applicationDatabasePasswords",
    "migrationsDatabasePassword",
    "migrationsDatabasePasswords",
    "replicationPasswords",
    "monitoringPassword",
    "monitoringPasswords",
  ],

  async requireAble(moment, { name, roles }) {
    if (roles.includes("database")) await reachedOn(moment, name, "--help");
  },

  async takeUp({ site }, { name }, changed) {
    const login = loginOf(site, name);
    if (changed.includes(paths.application.databasePassword)) await restartApplication(site, name);
    if (changed.includes(paths.datadog.mysqlOptions))
      await site.ssh.run(login, ["systemctl", "try-restart", "datadog-agent.service"], { timeoutSeconds: 120 });
  },

  async missing(moment) {
    const { configured, oldest } = moment.stage;
    const snapshot = await look(moment.site);
    const primary = primaryOf(snapshot);
    if (primary === undefined) return "no member is the primary";
    // A member that is not online gets the changed accounts when it joins the group.
    const isOnline = ({ name }: ServerConfig): boolean =>
      snapshot.servers.some((one) => one.name === name && one.observation?.member?.state === "ONLINE");
    // Only the primary changes the accounts, and the other members replicate the change.
    for (const name of [
      primary.name,
      ...withRole(moment, "database")
        .filter(isOnline)
        .map((server) => server.name),
    ]) {
      const reached = JSON.parse(await reachedOn(moment, name)) as Generations;
      const late = Object.entries(reached).find(([, [newest, last]]) => newest !== configured || last !== oldest);
      if (late) return `${name}: the account ${late[0]} accepts generations ${late[1].join(" to ")}`;
    }
    return oldest === configured ? stillAccepted(moment) : undefined;
  },
};

/**
 * Returns the generations of the accounts on a member. On the primary, the accounts are updated first. @throws Error if mysql-group on the
 * member is too old
 */
async function reachedOn({ site }: Moment, name: string, ...options: readonly string[]): Promise<string> {
  const { ok, exitCode, stdout, stderr } = await site.ssh.tryRun(
    loginOf(site, name),
    ["mysql-group", "accounts", ...options],
    { timeoutSeconds: 60 },
  );
  if (ok) return stdout;
  if (exitCode === 2)
    throw new Error(
      `${name}: its mysql-group does not support this rotation; update the server first: npm run ops rollout ${name}`,
    );
  throw new Error(`${name}: mysql-group accounts ended with ${exitCode ?? "nothing"}\n${stderr}`);
}

/**
 * Returns an account that can still log in with its previous password. The application's password is tested on servers that have this
 * password and MySQL's client.
 */
async function stillAccepted(moment: Moment): Promise<string | undefined> {
  const { site, values } = moment;
  for (const { name, roles } of withRole(moment, "database")) {
    const tries = [
      { user: "datadog", password: values.before(name, "monitoringPassword"), unix_socket: paths.mysql.socket },
      ...(roles.includes("web")
        ? [
            {
              user: "app",
              password: values.before(name, "applicationDatabasePassword"),
              host: "127.0.0.1",
              port: ports.databaseWrite,
              ca: paths.mysql.ca,
            },
          ]
        : []),
    ].filter(({ password }) => password !== undefined);
    const input = JSON.stringify(tries);
    const told = await site.ssh.run(loginOf(site, name), ["python3", "-I", "-c", program], { input });
    if (told.trim() !== "") return `${name}: ${told.trim()}`;
  }
  return undefined;
}
