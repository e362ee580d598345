import { readFileSync } from "node:fs";
import type { Config, ServerConfig } from "../../modules/config/schema.js";
import { secretFilesOf, type SecretName } from "../../modules/derived/secrets.js";
import { newFault } from "./judge.js";
import type { Context } from "./maintain.js";
import { look } from "./observe.js";
import { waitUntil } from "./shell.js";
import { loginOf, type Report, type SecretValues, type Site } from "./site.js";

const program = readFileSync(new URL("files/deliver.py", import.meta.url), "utf8");

/** Returns the path of a file that exists on a server while services do not use the new secrets yet. */
const markOf = (what: string): string => `/run/rotate-${what}`;

const filesWith = (config: Config, server: ServerConfig, names: readonly SecretName[]) => {
  const { shared, own } = secretFilesOf(config, server);
  return [...shared, ...own].filter(({ needs }) => needs.some((name) => names.includes(name)));
};

/** Returns the servers that have files with one of these secrets. */
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

/** Prints the steps that remain for servers that did not receive a secret. */
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
          // When this program trusts only the new host key, it cannot log in to a server that still has the old key.
          (what === "ssh-host-keys"
            ? ""
            : ` Or make it reachable again, and immediately run: npm run ops rotate ${what}`),
      );
}

/** Maximum seconds until a server is healthy after its services loaded new files. */
const wellSeconds = 90;

/**
 * Writes the files with these secrets to one server, as on a new server, and makes its services load them. If the server already uses
 * these secrets, the function only completes the last step of an interrupted run.
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
  // Paths of the files that services have not loaded yet.
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
 * Restarts the application and its workers. During the restart, requests wait in the socket or in HAProxy. Running schedules are not
 * interrupted, because each run starts a new process, which uses the new secrets.
 */
export async function restartApplication(site: Site, server: string): Promise<void> {
  const login = loginOf(site, server);
  await site.ssh.run(login, ["systemctl", "restart", "app.service"], { timeoutSeconds: 60 });
  if (Object.keys(site.config.application.workers).length === 0) return;
  // Servers that were created by an older version have no workers.
  const { ok } = await site.ssh.tryRun(login, ["systemctl", "cat", "--no-pager", "app-workers.target"]);
  if (ok) await site.ssh.run(login, ["systemctl", "try-restart", "app-workers.target"], { timeoutSeconds: 60 });
}
