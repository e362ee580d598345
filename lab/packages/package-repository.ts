import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { type BaseSystem, suite } from "../base/base-system.js";
import { hostMirror, sourceLines } from "../base/mirror.js";
import type { RepositoryKey } from "../keys/repository-key.js";
import { cached } from "../system/cache.js";
import { DebianMirror } from "./debian-mirror.js";
import { Fetcher } from "./fetcher.js";
import { fetchMysql, isMysqlPackage } from "./mysql-packages.js";
import type { PayloadPackages, PayloadSource } from "./payload-packages.js";
import { makeVendorRepository } from "./vendor-repository.js";

/** What the repository is made from. */
export interface RepositoryProps {
  /** Directory that filled repositories are kept in. */
  readonly cache: string;
  /** Base system; what it has already is not fetched. */
  readonly base: BaseSystem;
  /** Packages and sources that the payloads name. */
  readonly wanted: PayloadPackages;
  /** Signs the repositories that stand in for vendors'. */
  readonly key: RepositoryKey;
  /** Packages built for the lab, by the host name of the vendor whose repository offers them. @default - none */
  readonly localPackages?: Readonly<Record<string, readonly string[]>>;
}

/**
 * Fills the package repository, or finds it filled: about 20 s and 100 MB, kept under the cache directory by the hash of what was asked for.
 * @returns directory with one folder per host name, as the web server of the lab's internet serves it
 */
export async function packageRepository(props: RepositoryProps): Promise<string> {
  const scratch = path.join(props.cache, "fetch.partial");
  return cached(props.cache, "packages", await keyOf(props), (www) =>
    Fetcher.within(scratch, props.base.root, (fetcher) => fill(www, props, fetcher)),
  );
}

async function fill(
  www: string,
  { wanted, key, localPackages = {} }: RepositoryProps,
  fetcher: Fetcher,
): Promise<void> {
  const mirror = await hostMirror();
  const debian = new DebianMirror(www);
  for (const line of sourceLines(mirror, suite)) await debian.saveIndices(line);
  await fetcher.update();
  const hosts = wanted.sources.map(hostOf);
  const local = Object.values(localPackages)
    .flat()
    .map((file) => path.basename(file).split("_")[0]);
  const fromDebian = wanted.packages.filter((name) => !isMysqlPackage(name) && !local.includes(name));
  for (const fetched of await fetcher.download("upgrade")) await debian.add(fetched);
  for (const fetched of await fetcher.download("install", ...fromDebian)) await debian.add(fetched);

  const mysql = await fetchMysql(fetcher, mirror, wanted.packages.filter(isMysqlPackage));
  const known = await debian.knownFiles();
  for (const fetched of mysql) if (known.has(fetched.fileName)) await debian.add(fetched);
  const beyondDebian = mysql.filter((fetched) => !known.has(fetched.fileName)).map((fetched) => fetched.file);
  for (const source of wanted.sources) {
    const files = localPackages[hostOf(source)] ?? (/mysql/.test(hostOf(source)) ? beyondDebian : undefined);
    if (files === undefined)
      throw new Error(`lab: the payload's apt source ${source.url} has no stand-in; known: ${hosts.join(", ")}`);
    await makeVendorRepository(www, source, files, key);
  }
}

const hostOf = (source: PayloadSource): string => new URL(source.url).host;

/** Part of the cache's key: this file changes MySQL's packages, so a change of it makes other packages. */
const mysqlPackages = fileURLToPath(new URL("./mysql-packages.ts", import.meta.url));

async function keyOf({ base, wanted, key, localPackages = {} }: RepositoryProps): Promise<string> {
  const hash = createHash("sha256").update(JSON.stringify([base.key, wanted, Object.keys(localPackages)]));
  for (const file of [mysqlPackages, key.publicKey, ...Object.values(localPackages).flat()])
    hash.update(await readFile(file));
  return hash.digest("hex").slice(0, 16);
}
