import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { objectDays } from "../../../modules/config/archive.js";
import { serversWithRole, type Config } from "../../../modules/config/schema.js";
import type { Layout } from "../../layout.js";
import { internet } from "../../network/addresses.js";
import { startService } from "../../system/service.js";
import { run } from "../../system/shell.js";

/** Python with moto, as scripts/install-tools.sh installs it. */
const python = "/opt/moto/bin/python";
const program = fileURLToPath(new URL("./archive.py", import.meta.url));

/** Port of the object storage on the internet's own host; servers reach it by name, through the web server there. */
export const archivePort = 5555;

/** Keys of the object storage, "KEY:SECRET" each, and pairs of age. */
export interface ArchiveKeys {
  /** May do anything with the bucket. */
  readonly owner: string;
  /** Reads: what a restore needs. */
  readonly reader: string;
  /** Opens the archive. */
  readonly privateKey: string;
  /** Its public half, and another recipient's. */
  readonly recipients: readonly [string, string];
}

/** The key of a server: it adds new objects to the server's own part of the archive, and lists names. */
export const writerKey = ({ owner }: ArchiveKeys, server: string): string =>
  `LAB${server.toUpperCase()}:${createHash("sha256").update(`${owner} ${server}`).digest("hex")}`;

/** The key of all servers for the releases' bucket: it reads objects. */
export const downloadKey = (keys: ArchiveKeys): string => writerKey(keys, "download");

/** Creates the keys once. */
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
 * @param release file of a private release @default - the release is public
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
