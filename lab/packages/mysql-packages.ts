import { readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Mirror } from "../base/mirror.js";
import { run } from "../system/shell.js";
import type { Fetcher, FetchedPackage } from "./fetcher.js";

/** Packages that a real server gets from MySQL's own repository. */
export const isMysqlPackage = (name: string): boolean => name.startsWith("mysql-");

/** Packages for MySQL of Debian unstable that are newer than in the release: compiler runtime and a few libraries. */
const pins = `Package: *
Pin: release a=unstable
Pin-Priority: 90

Package: mysql-* libstdc++6 gcc-*-base libgcc-s1 libicu* libprotobuf* libgoogle-perftools4t64 libtcmalloc*
Pin: release a=unstable
Pin-Priority: 990
`;

/**
 * Downloads MySQL from Debian unstable, because MySQL's own repository is not a Debian mirror and unstable contains the same LTS series.
 */
export async function fetchMysql(
  fetcher: Fetcher,
  mirror: Mirror,
  packages: readonly string[],
): Promise<FetchedPackage[]> {
  await fetcher.addSource("unstable", `deb ${mirror.archive} sid main`, pins);
  await fetcher.update();
  const fetched = await fetcher.download("install", ...packages);
  for (const { fileName, file } of fetched) if (fileName.startsWith("mysql-server_")) await initializeToTheEnd(file);
  return fetched;
}

/**
 * SHUTDOWN statement with which the package's installation stops the server that initialises the data directory. That server exits by
 * itself anyway.
 */
const shutdown = 'echo "SHUTDOWN;" >> "$initfile"\n';

/**
 * Removes the SHUTDOWN statement from the package's installation. In about one of fifty installations it runs before the end of the
 * initialisation, so the initialisation and the first boot fail. @throws Error if the package no longer contains the statement, so that
 * this function can be deleted
 */
async function initializeToTheEnd(deb: string): Promise<void> {
  const folder = `${deb}.unpacked`;
  const script = path.join(folder, "DEBIAN/postinst");
  await run("dpkg-deb", ["--raw-extract", deb, folder]);
  const text = await readFile(script, "utf8");
  if (!text.includes(shutdown))
    throw new Error(
      `lab: ${deb}: no longer contains the SHUTDOWN statement; delete this step from lab/packages/mysql-packages.ts`,
    );
  await writeFile(script, text.replace(shutdown, ""));
  await run("dpkg-deb", ["--build", "-Zgzip", "-z1", folder, deb]);
  await rm(folder, { recursive: true });
}
