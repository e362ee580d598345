import { readFileSync } from "node:fs";
import type { Config, ServerConfig } from "../../modules/config/schema.js";
import { secretFilesOf, type SecretName } from "../../modules/derived/secrets.js";
import { newFault } from "./judge.js";
import type { Context } from "./maintain.js";
import { look } from "./observe.js";
import { waitUntil } from "./shell.js";
import { loginOf, type Report, type SecretValues, type Site } from "./site.js";

const program = readFileSync(new URL("files/deliver.py", import.meta.url), "utf8");

/** There on a server while new secrets wait to be taken up. */
const markOf = (what: string): string => `/run/rotate-${what}`;

const filesWith = (config: Config, server: ServerConfig, names: readonly SecretName[]) => {
  const { shared, own } = secretFilesOf(config, server);
  return [...shared, ...own].filter(({ needs }) => needs.some((name) => names.includes(name)));
};

/** Servers that have files with one of these secrets. */
export const holdersOf = (config: Config, names: readonly SecretName[]): readonly ServerConfig[] =>
  config.servers.filter((server) => filesWith(config, server, names).length > 0);

/** What a server is given. */
export interface Distribution {
  /** Its name among what `npm run ops rotate` takes. */
  readonly what: string;
  readonly secrets: readonly SecretName[];
  readonly values: Pick<SecretValues, "of">;
  /** Lets what runs on the server take up the files that were put there, named by their paths. The server stays well. */
  readonly takeUp: (paths: readonly string[]) => Promise<void>;
}

/** Says what remains to be done on servers that could not get a secret. */
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
          // Once only the new key is trusted, nobody can log in to a server that shows the old one.
          (what === "ssh-host-keys"
            ? ""
            : ` Or make it reachable again, and immediately run: npm run ops rotate ${what}`),
      );
}

/** Longest time until a server is well again that has taken something up. */
const wellSeconds = 90;

/**
 * Gives one server the files that hold these secrets, as a new server would get them, and lets what runs there take them up. Does nothing
 * where it has them and has taken them up, but for letting go of one that an interrupted run had only to let go of.
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
  // Those that something there must still take up.
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
 * Starts the application anew, with its workers. Requests wait meanwhile, in its socket or in HAProxy; a schedule that runs is not interrupted,
 * and the next run is a new process anyway.
 */
export async function restartApplication(site: Site, server: string): Promise<void> {
  const login = loginOf(site, server);
  await site.ssh.run(login, ["systemctl", "restart", "app.service"], { timeoutSeconds: 60 });
  if (Object.keys(site.config.application.workers).length === 0) return;
  // One that was made before there were workers has none.
  const { ok } = await site.ssh.tryRun(login, ["systemctl", "cat", "--no-pager", "app-workers.target"]);
  if (ok) await site.ssh.run(login, ["systemctl", "try-restart", "app-workers.target"], { timeoutSeconds: 60 });
}
