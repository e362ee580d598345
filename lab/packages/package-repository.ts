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

/** Inputs of the repository. */
export interface RepositoryProps {
  /** Directory that stores complete repositories. */
  readonly cache: string;
  /** Base system; its packages are not fetched again. */
  readonly base: BaseSystem;
  /** Packages and sources required by the payloads. */
  readonly wanted: PayloadPackages;
  /** Signs the lab's copies of vendors' repositories. */
  readonly key: RepositoryKey;
  /** Packages built by the lab, by the host name of the vendor repository that provides them. @default - none */
  readonly localPackages?: Readonly<Record<string, readonly string[]>>;
}

/**
 * Returns the package repository from the cache or builds it, which takes about 20 s and 100 MB. The cache key is a hash of its inputs.
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

/** Part of the cache key, because this file modifies MySQL's packages. */
const mysqlPackages = fileURLToPath(new URL("./mysql-packages.ts", import.meta.url));

async function keyOf({ base, wanted, key, localPackages = {} }: RepositoryProps): Promise<string> {
  const hash = createHash("sha256").update(JSON.stringify([base.key, wanted, Object.keys(localPackages)]));
  for (const file of [mysqlPackages, key.publicKey, ...Object.values(localPackages).flat()])
    hash.update(await readFile(file));
  return hash.digest("hex").slice(0, 16);
}
