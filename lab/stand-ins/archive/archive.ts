import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { objectDays } from "../../../modules/derived/archive.js";
import { serversWithRole, type Config } from "../../../modules/config/schema.js";
import type { Layout } from "../../layout.js";
import { internet } from "../../network/addresses.js";
import { startService } from "../../system/service.js";
import { run } from "../../system/shell.js";

/** Python interpreter with the library moto. scripts/install-tools.sh installs both. */
const python = "/opt/moto/bin/python";
const program = fileURLToPath(new URL("./archive.py", import.meta.url));

/** Loopback port of the object storage on the internet host. Servers reach the object storage by name through the emulated web server. */
export const archivePort = 5555;

/** Access keys of the object storage ("KEY:SECRET") and age keys. */
export interface ArchiveKeys {
  /** Access key of the owner, which allows all actions on the bucket. */
  readonly owner: string;
  /** Access key for restores, which allows reading. */
  readonly reader: string;
  /** Private age key that decrypts the archive. */
  readonly privateKey: string;
  /** Public age keys: the key that matches the private key, and the key of another recipient. */
  readonly recipients: readonly [string, string];
}

/** Returns a server's access key, which allows adding objects to the server's part of the archive and listing names. */
export const writerKey = ({ owner }: ArchiveKeys, server: string): string =>
  `LAB${server.toUpperCase()}:${createHash("sha256").update(`${owner} ${server}`).digest("hex")}`;

/** Returns the access key for reading private releases. All servers share this key. */
export const downloadKey = (keys: ArchiveKeys): string => writerKey(keys, "download");

/** Returns the keys of a directory. Creates the keys if the directory has none. */
export async function archiveKeys(directory: string): Promise<ArchiveKeys> {
  const file = path.join(directory, "archive.json");
  if (!existsSync(file)) {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const [own, other] = [await agePair(), await agePair()];
    const keys = JSON.parse(await run(python, [program, "keys"])) as object;
    const made = { ...keys, privateKey: own.privateKey, recipients: [own.publicKey, other.publicKey] };
    await writeFile(file, JSON.stringify(made), { mode: 0o600 });
  }
  return JSON.parse(await readFile(file, "utf8")) as ArchiveKeys;
}

async function agePair(): Promise<{ readonly privateKey: string; readonly publicKey: string }> {
  const privateKey = (await run("age-keygen", [])).split("\n").find((line) => line.startsWith("AGE-")) ?? "";
  return { privateKey, publicKey: (await run("age-keygen", ["-y"], { input: privateKey })).trim() };
}

/**
 * Starts the object storage with the buckets of the configuration.
 * @param release path of a private release's tarball @default - none: the release is public
 */
export async function startArchive(layout: Layout, config: Config, release?: string): Promise<void> {
  const keys = await archiveKeys(layout.secrets);
  const { owner, reader } = keys;
  const { backup, application } = config;
  const { storage, url } = application;
  const servers = serversWithRole(config, "database");
  const writers = Object.fromEntries(servers.map(({ name }) => [name, writerKey(keys, name)]));
  const file = path.join(layout.services, "archive.json");
  const settings = {
    keys: { owner, reader, download: downloadKey(keys) },
    writers,
    bucket: backup?.bucket ?? null,
    region: (backup ?? storage)?.region,
    lockDays: backup && objectDays(backup),
    port: archivePort,
    releases: storage && { bucket: storage.bucket, objects: { [path.basename(url)]: release } },
  };
  const configuration = JSON.stringify(settings);
  await writeFile(file, configuration, { mode: 0o600 });
  await startService(layout, {
    name: "archive",
    host: internet.name,
    command: [python, program, "serve", file],
    configuration,
  });
}
