import { readFileSync } from "node:fs";
import type { Config, ServerConfig } from "../../modules/config/schema.js";
import { secretFilesOf, type SecretName } from "../../modules/derived/secrets.js";
import { newFault } from "./judge.js";
import type { Context } from "./maintain.js";
import { look } from "./observe.js";
import { waitUntil } from "./shell.js";
import { loginOf, type Report, type SecretValues, type Site } from "./site.js";

const program = readFileSync(new URL("files/deliver.py", import.meta.url), "utf8");

/** Exists on a server while new secrets wait for activation. */
const markOf = (what: string): string => `/run/rotate-${what}`;

const filesWith = (config: Config, server: ServerConfig, names: readonly SecretName[]) => {
  const { shared, own } = secretFilesOf(config, server);
  return [...shared, ...own].filter(({ needs }) => needs.some((name) => names.includes(name)));
};

/** Servers that have files with one of these secrets. */
export const holdersOf = (config: Config, names: readonly SecretName[]): readonly ServerConfig[] =>
  config.servers.filter((server) => filesWith(config, server, names).length > 0);

/** Secrets for one server. */
export interface Distribution {
  /** Name of the secret for `npm run ops rotate`. */
  readonly what: string;
  readonly secrets: readonly SecretName[];
  readonly values: Pick<SecretValues, "of">;
  /** Makes the services on the server load the delivered files, which are given by path. The server stays healthy. */
  readonly takeUp: (paths: readonly string[]) => Promise<void>;
}

/** Prints the remaining work on servers that could not get a secret. */
export function sayLeft(
  { progress }: Pick<Context, "progress">,
  what: string,
  holders: readonly ServerConfig[],
  absent: ReadonlyMap<string, string>,
): void {
  for (const { name } of holders)
    if (absent.has(name))
      progress.say(
        `${absent.get(name)}; it still has the old ${what}. Replace the server: npm run ops replace ${name}.` +
          // Once only the new key is trusted, no login to a server with the old key is possible.
          (what === "ssh-host-keys"
            ? ""
            : ` Or make it reachable again, and immediately run: npm run ops rotate ${what}`),
      );
}

/** Maximum time until a server is healthy after it loaded new files. */
const wellSeconds = 90;

/**
 * Delivers the files with these secrets to one server, as on a new server, and makes its services load them. Does nothing if the server
 * already uses them, except for the last step of an interrupted run.
 */
export async function give(
  { site, lock }: Context,
  server: ServerConfig,
  { what, secrets, values, takeUp }: Distribution,
  report: Report,
): Promise<void> {
  const { name } = server;
  const mark = markOf(what);
  const files = filesWith(site.config, server, secrets).map((file) => ({
    path: file.path,
    owner: file.owner,
    mode: file.certificate ? "0644" : "0600",
    content: file.content((secret) => values.of(name, secret)),
  }));
  const told = await site.ssh.run(loginOf(site, name), ["python3", "-I", "-c", program], {
    input: JSON.stringify({ mark, files }),
  });
  // Files that a service must still load.
  const paths = JSON.parse(told) as readonly string[];
  if (paths.length === 0 && lock.inHand !== name) return;
  await lock.setInHand(name);
  const before = paths.length > 0 ? await look(site) : undefined;
  if (paths.length > 0) await takeUp(paths);
  await waitUntil(`${name} is as healthy as before`, async () => newFault(before, await look(site), name), {
    limitSeconds: wellSeconds,
    report,
  });
  await site.ssh.run(loginOf(site, name), ["rm", "-f", mark]);
  await lock.setInHand(undefined);
}

/**
 * Restarts the application with its workers. Requests wait meanwhile in the socket or in HAProxy. A running schedule is not interrupted,
 * because its next run is a new process anyway.
 */
export async function restartApplication(site: Site, server: string): Promise<void> {
  const login = loginOf(site, server);
  await site.ssh.run(login, ["systemctl", "restart", "app.service"], { timeoutSeconds: 60 });
  if (Object.keys(site.config.application.workers).length === 0) return;
  // A server created before workers existed has none.
  const { ok } = await site.ssh.tryRun(login, ["systemctl", "cat", "--no-pager", "app-workers.target"]);
  if (ok) await site.ssh.run(login, ["systemctl", "try-restart", "app-workers.target"], { timeoutSeconds: 60 });
}
