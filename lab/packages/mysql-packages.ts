import type { Mirror } from "../base/mirror.js";
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
  return fetcher.download("install", ...packages);
}
