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

/** Python with moto, installed by scripts/install-tools.sh. */
const python = "/opt/moto/bin/python";
const program = fileURLToPath(new URL("./archive.py", import.meta.url));

/** Loopback port of the object storage on the internet host. Servers reach it by name through the emulated web server. */
export const archivePort = 5555;

/** Access keys of the object storage ("KEY:SECRET") and age keys. */
export interface ArchiveKeys {
  /** Allows all actions on the bucket. */
  readonly owner: string;
  /** Allows reading, for restores. */
  readonly reader: string;
  /** Decrypts the archive. */
  readonly privateKey: string;
  /** The matching public key, and the public key of another recipient. */
  readonly recipients: readonly [string, string];
}

/** A server's key, which allows adding objects to the server's part of the archive and listing names. */
export const writerKey = ({ owner }: ArchiveKeys, server: string): string =>
  `LAB${server.toUpperCase()}:${createHash("sha256").update(`${owner} ${server}`).digest("hex")}`;

/** The servers' shared key for the releases' bucket, which allows reading objects. */
export const downloadKey = (keys: ArchiveKeys): string => writerKey(keys, "download");

/** Creates the keys if they do not exist. */
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
 * @param release file of a private release @default - none: the release is public
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
