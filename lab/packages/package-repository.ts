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

/** Properties of {@link packageRepository}. */
export interface RepositoryProps {
  /** Directory in which complete package repositories are stored. */
  readonly cache: string;
  /** Base system. The package repository does not contain the packages of the base system. */
  readonly base: BaseSystem;
  /** Packages and apt sources that the payloads require. */
  readonly wanted: PayloadPackages;
  /** Key that signs the lab's copies of vendors' repositories. */
  readonly key: RepositoryKey;
  /** Paths of the packages that the lab builds, with the host name of the vendor's repository as the key. @default - none */
  readonly localPackages?: Readonly<Record<string, readonly string[]>>;
}

/**
 * Returns the package repository from the cache. If the cache has no repository with the same inputs, builds a repository, which takes
 * about 20 s and 100 MB.
 * @returns directory with one folder per host name, for the lab's web server
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
      throw new Error(
        `lab: the payload's apt source ${source.url} has no local copy; add its packages to lab/packages (sources: ${hosts.join(", ")})`,
      );
    await makeVendorRepository(www, source, files, key);
  }
}

const hostOf = (source: PayloadSource): string => new URL(source.url).host;

/** Path of a module that modifies MySQL's packages. The cache key includes the module's content. */
const mysqlPackages = fileURLToPath(new URL("./mysql-packages.ts", import.meta.url));

async function keyOf({ base, wanted, key, localPackages = {} }: RepositoryProps): Promise<string> {
  const hash = createHash("sha256").update(JSON.stringify([base.key, wanted, Object.keys(localPackages)]));
  for (const file of [mysqlPackages, key.publicKey, ...Object.values(localPackages).flat()])
    hash.update(await readFile(file));
  return hash.digest("hex").slice(0, 16);
}
