import { readFileSync } from "node:fs";
import type { Rotated } from "../../modules/config/generations.js";
import type { Config, ServerConfig } from "../../modules/config/schema.js";
import { secretFilesOf, type SecretName } from "../../modules/config/secrets.js";
import { loginOf, type SecretValues, type Site } from "./site.js";

const program = readFileSync(new URL("files/deliver.py", import.meta.url), "utf8");

/** There on a server while new secrets wait to be taken up. */
const markOf = (what: Rotated): string => `/run/rotate-${what}`;

const filesWith = (config: Config, server: ServerConfig, names: readonly SecretName[]) => {
  const { shared, own } = secretFilesOf(config, server);
  return [...shared, ...own].filter(({ needs }) => needs.some((name) => names.includes(name)));
};

/** Servers that have files with one of these secrets. */
export const holdersOf = (config: Config, names: readonly SecretName[]): readonly ServerConfig[] =>
  config.servers.filter((server) => filesWith(config, server, names).length > 0);

/**
 * Gives a server the files that hold these secrets, as a new server would get them.
 * @returns paths of those that something there must still take up; see {@link takenUp}
 */
export async function deliver(
  site: Site,
  server: ServerConfig,
  what: Rotated,
  names: readonly SecretName[],
  values: SecretValues,
): Promise<readonly string[]> {
  const files = filesWith(site.config, server, names).map((file) => ({
    path: file.path,
    owner: file.owner,
    mode: file.certificate ? "0644" : "0600",
    content: file.content((name) => values.of(server.name, name)),
  }));
  const told = await site.ssh.run(loginOf(site, server.name), ["python3", "-I", "-c", program], {
    input: JSON.stringify({ mark: markOf(what), files }),
  });
  return JSON.parse(told) as readonly string[];
}

/** Notes on the server that its secrets have been taken up. */
export async function takenUp(site: Site, server: string, what: Rotated): Promise<void> {
  await site.ssh.run(loginOf(site, server), ["rm", "-f", markOf(what)]);
}
