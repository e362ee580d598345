import { readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Mirror } from "../base/mirror.js";
import { run } from "../system/shell.js";
import type { Fetcher, FetchedPackage } from "./fetcher.js";

/** Packages that MySQL's own repository brings on a real server. */
export const isMysqlPackage = (name: string): boolean => name.startsWith("mysql-");

/** What MySQL of Debian unstable needs newer than the release has: compiler runtime and a few libraries. */
const pins = `Package: *
Pin: release a=unstable
Pin-Priority: 90

Package: mysql-* libstdc++6 gcc-*-base libgcc-s1 libicu* libprotobuf* libgoogle-perftools4t64 libtcmalloc*
Pin: release a=unstable
Pin-Priority: 990
`;

/** Downloads MySQL from Debian unstable: MySQL's own repository is not a Debian mirror, and unstable carries the same LTS series. */
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

/** An order to shut down that the package's installation gives to the server that initialises its data directory, which ends by itself anyway. */
const shutdown = 'echo "SHUTDOWN;" >> "$initfile"\n';

/**
 * Removes the order to shut down from the package's installation. About one time in fifty it overtakes the initialisation, which then
 * fails, and with it the first boot. @throws Error when the package has no such order any more, so that this function can go
 */
async function initializeToTheEnd(deb: string): Promise<void> {
  const folder = `${deb}.unpacked`;
  const script = path.join(folder, "DEBIAN/postinst");
  await run("dpkg-deb", ["--raw-extract", deb, folder]);
  const text = await readFile(script, "utf8");
  if (!text.includes(shutdown))
    throw new Error(`lab: ${deb}: has no SHUTDOWN for its first start any more; drop this step`);
  await writeFile(script, text.replace(shutdown, ""));
  await run("dpkg-deb", ["--build", "-Zgzip", "-z1", folder, deb]);
  await rm(folder, { recursive: true });
}
